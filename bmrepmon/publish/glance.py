"""What is told first: the backend that needs somebody, what it misses, since when, and whether that is still so."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bmrepmon.model.verdict.states import SEVERITIES, VERDICT_STATES
from bmrepmon.publish.document import BackendStatus, SourceStatus, Status
from bmrepmon.words.language import UNKNOWN, Language

HOUR, MINUTES = 3600.0, 300.0
# Seconds without a good round after which what a source said is old; the others speak when there is something to say.
OLD: Mapping[str, float] = {
    **dict.fromkeys(("spool", "archive", "records", "database"), HOUR),  # large ones may be counted seldom
    **dict.fromkeys(("folders", "backlog", "probe", "sessions", "log", "core_log"), MINUTES),
}


def old_look(status: Status, backend: str) -> SourceStatus | None:
    """Return the look at the folders of a backend when it is so old that its figures are no longer those of now."""
    looks = (s for s in status.sources if (s.source, s.backend) == ("folders", backend))
    return next((source for source in looks if is_stale(source, status.at)), None)


def is_stale(source: SourceStatus, now: datetime) -> bool:
    """Tell whether the last good round was long ago, whatever the state of the source."""
    if source.last_success is None or source.source not in OLD:
        return False
    return (now - source.last_success).total_seconds() > OLD[source.source]


def missing(backend: BackendStatus) -> int | None:
    """Count the messages that have not arrived, those included whose folders were never replicated."""
    folders = backend.folders
    if folders is None or folders.lag_messages is None:
        return None
    return folders.lag_messages + (folders.passive_messages or 0)


def missing_note(backend: BackendStatus, status: Status, t: Language) -> str:
    """Say of when that number is, unless of now, and where the messages lie."""
    old, folders = old_look(status, backend.name), backend.folders
    parts = [t("last_seen", age=t.age(old.last_success, status.at))] if old else []
    if folders and missing(backend):
        parts += [t("missing_folders", n=t.number(folders.lag_folders))] if folders.lag_folders else []
        parts += [t("never", n=t.number(folders.passive_messages))] if folders.passive_messages else []
    return ", ".join(parts)


def lateness(backend: BackendStatus, status: Status, t: Language) -> tuple[str, str]:
    """Return the age of the oldest change that is missing, and what is to be said of it.

    While the folders are not compared, only the sync log and the probe have an age: it is at least that, and as long
    as that is little, it tells nothing.
    """
    folders = backend.folders
    if folders is None or folders.lag_seconds is None:
        return UNKNOWN, ""
    if folders.lag_messages is None or old_look(status, backend.name):
        return UNKNOWN, t("late_at_least", time=t.length(round(folders.lag_seconds)))
    return t.length(round(folders.lag_seconds)) if folders.lag_seconds else t("late_none"), ""


def urgency(backend: BackendStatus) -> tuple[int, int]:
    """Return what sorts backends, those first that need somebody; one that was not judged yet comes last."""
    verdict = backend.verdict
    if verdict is None:
        return 1, 0
    states: Sequence[str] = VERDICT_STATES
    severities: Sequence[str] = SEVERITIES
    return -severities.index(verdict.severity), states.index(verdict.state)
