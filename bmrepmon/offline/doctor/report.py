"""The checks, for people and for programs."""

from collections import Counter
from collections.abc import Mapping

import msgspec
from rich.console import Console
from rich.text import Text

from bmrepmon.offline.doctor.check import Check, Status
from bmrepmon.words.language import Language

STYLES: Mapping[Status, str] = {"ok": "green", "note": "yellow", "absent": "dim", "failed": "bold red"}


def render_text(checks: tuple[Check, ...], console: Console, t: Language) -> None:
    """Print a line per check, and below it what to do; commands are never wrapped, so that they can be copied."""
    width = max((len(check.subject) for check in checks), default=0)
    for check in checks:
        line = Text.assemble(
            (f"{t(check.status):<7}", STYLES[check.status]), f"{check.subject:<{width}}  ", check.found
        )
        console.print(line, soft_wrap=True)
        for step in check.remedy:
            console.print(Text(f"{'':7}{'':{width}}  > {step}"), soft_wrap=True)
    console.print(Text(f"\n{_summary(checks, t)}"), soft_wrap=True)


def _summary(checks: tuple[Check, ...], t: Language) -> str:
    counts = Counter(check.status for check in checks)
    key = "summary_failed" if counts["failed"] else "summary_good"
    return t(key, failed=counts["failed"], good=counts["ok"] + counts["note"], absent=counts["absent"])


def render_json(checks: tuple[Check, ...]) -> str:
    """Return ``{"good": ..., "checks": [...]}``."""
    document = {"good": all(check.good for check in checks), "checks": checks}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
