"""Words that the page and the terminal share, beside the texts of the languages."""

from collections.abc import Mapping

from bmrepmon.publish.document import LogStatus, SourceStatus

MARKS: Mapping[str, str] = {"good": "✓", "failed": "✗", "empty": "○", "waiting": "…"}  # never colour alone


def state_of(source: SourceStatus) -> str:
    """Name the state of a source: good, failed, empty, waiting."""
    if source.success is None:
        return "waiting"
    if not source.success:
        return "failed"
    return "empty" if source.reason else "good"


def errors(log: LogStatus) -> str:
    """List the failures, the most frequent first."""
    return ", ".join(f"{reason}: {n}" for reason, n in sorted(log.errors.items(), key=lambda one: (-one[1], one[0])))
