"""The difference as a waterfall: its parts in the order of the formula, and what they come to."""

from collections.abc import Iterator
from dataclasses import dataclass

from bmrepmon.model.delta import REASONS
from bmrepmon.publish.chart import bar, pile
from bmrepmon.publish.document import BackendStatus
from bmrepmon.words.language import Language


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the waterfall."""

    label: str
    note: str
    amount: int | None  # None: not known
    drawn: str  # SVG; empty where nothing is known


def waterfall(backend: BackendStatus, t: Language) -> tuple[Part, ...]:
    """Return the parts and last the sum; nothing at all while the parts are not known."""
    named = list(amounts(backend))
    known = [(name, amount) for name, amount in named if amount is not None]
    if backend.delta_messages is None or not known:
        return ()
    steps = dict(zip([name for name, _ in known], pile([amount for _, amount in known]), strict=False))
    parts = [
        _part(name, amount, bar(steps[name], _way(name, amount)) if name in steps else "", t) for name, amount in named
    ]
    total = bar(pile([amount for _, amount in known])[-1], "total")
    return (*parts, Part(t("delta"), t("delta_note"), backend.delta_messages, total))


def amounts(backend: BackendStatus) -> Iterator[tuple[str, int | None]]:
    """Yield each part; what they lack to the sum was counted at another moment, or is not told apart."""
    found = backend.delta_explained
    if found is None or backend.delta_messages is None:
        return
    parts = {reason: getattr(found, reason) for reason in (*REASONS, "unexplained")}
    yield from parts.items()
    rest = backend.delta_messages - sum(amount for amount in parts.values() if amount is not None)
    if rest:
        yield "rest", rest


def _part(name: str, amount: int | None, drawn: str, t: Language) -> Part:
    return Part(t(f"delta_{name}"), t(f"delta_{name}_note"), amount, drawn)


def _way(name: str, amount: int | None) -> str:
    """Return the class of a bar: what nobody can explain stands out, however small."""
    if name == "unexplained" and amount:
        return "odd"
    return "less" if (amount or 0) < 0 else "more"
