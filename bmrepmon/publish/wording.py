"""Words that the page and the terminal share, beside the texts of the languages."""

from collections.abc import Iterator, Mapping

from bmrepmon.publish.document import LogStatus, SourceStatus, Status, VerdictStatus
from bmrepmon.words.language import Language

MARKS: Mapping[str, str] = {"good": "✓", "failed": "✗", "empty": "○", "waiting": "…"}  # never colour alone

LINGERS = 5.0  # seconds; every round runs for a moment, and that is nothing to tell


SEVERITY_MARKS: Mapping[str, str] = {"ok": "✓", "info": "…", "warning": "!", "critical": "✗"}


def remedy(t: Language, reason: str) -> tuple[str, ...]:
    """Return what to type for a reason of a verdict, in the texts of ``verdict``."""
    return tuple(t.texts[f"remedy_{reason}"].splitlines())


def commands(lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each line of a remedy as what is typed, and what is said of it."""
    for line in lines:
        command, _, remark = line.partition("    # ")
        yield command, remark


def sentences(t: Language, reasons: tuple[str, ...]) -> str:
    """Return several reasons of a verdict, a sentence each."""
    return " ".join(t(f"reason_{reason}") for reason in reasons)


def otherwise(t: Language, verdict: VerdictStatus) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what would look the same as a verdict, and what to type then; each line is told once."""
    told = set(remedy(t, verdict.reason))
    for alike in verdict.alike:
        more = tuple(line for line in remedy(t, alike) if line not in told)
        told.update(more)
        if more:
            yield alike, more


def state_of(source: SourceStatus) -> str:
    """Name the state of a source: good, failed, empty, waiting."""
    if source.success is None:
        return "waiting"
    if not source.success:
        return "failed"
    return "empty" if source.reason else "good"


def why(t: Language, source: SourceStatus) -> str:
    """Say in a sentence why a source brings nothing, and the way out; empty for a reason without one."""
    damaged = t("why_damaged") if source.source == "probe" else ""  # in many ways, each a reason
    return t.texts.get(f"why_{source.reason}", damaged)


def lingers(source: SourceStatus, status: Status) -> float | None:
    """Return for how many seconds a round has been running, once that is long enough to be told."""
    if source.running_since is None:
        return None
    seconds = (status.at - source.running_since).total_seconds()
    return seconds if seconds >= LINGERS else None


def errors(log: LogStatus) -> str:
    """List the failures, the most frequent first."""
    return ", ".join(f"{reason}: {n}" for reason, n in sorted(log.errors.items(), key=lambda one: (-one[1], one[0])))
