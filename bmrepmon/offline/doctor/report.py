"""The checks, for people and for programs."""

from collections import Counter
from collections.abc import Mapping

import msgspec
from rich.console import Console
from rich.text import Text

from bmrepmon.offline.doctor.check import Check, Status

STYLES: Mapping[Status, tuple[str, str]] = {
    "ok": ("ok", "green"),
    "note": ("note", "yellow"),
    "absent": ("-", "dim"),
    "failed": ("FAILED", "bold red"),
}


def render_text(checks: tuple[Check, ...], console: Console) -> None:
    """Print a line per check, and below it what to do; commands are never wrapped, so that they can be copied."""
    width = max((len(check.subject) for check in checks), default=0)
    for check in checks:
        word, style = STYLES[check.status]
        line = Text.assemble((f"{word:<7}", style), f"{check.subject:<{width}}  ", check.found)
        console.print(line, soft_wrap=True)
        for step in check.remedy:
            console.print(Text(f"{'':7}{'':{width}}  > {step}"), soft_wrap=True)
    console.print(Text(f"\n{_summary(checks)}"), soft_wrap=True)


def _summary(checks: tuple[Check, ...]) -> str:
    counts = Counter(check.status for check in checks)
    failed = f"{counts['failed']} to mend" if counts["failed"] else "nothing to mend"
    return f"{failed}, {counts['ok'] + counts['note']} fine, {counts['absent']} not on this machine"


def render_json(checks: tuple[Check, ...]) -> str:
    """Return ``{"good": ..., "checks": [...]}``."""
    document = {"good": all(check.good for check in checks), "checks": checks}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
