"""What belongs to a verdict on the page: its mark, the runbook that ends it, and its evidence in words."""

from collections.abc import Iterator, Mapping

from bmrepmon.publish.document import VerdictStatus
from bmrepmon.publish.wording import SEVERITY_MARKS
from bmrepmon.words.language import Language

STATE_MARKS: Mapping[str, str] = {"unknown": "?", "catching_up": "»"}  # the others have the mark of their severity

# By reason, else by state. A state that needs nobody has none.
RUNBOOKS: Mapping[str, str] = {
    "session_missing": "BlueMindReplicationSessionsMissing",
    "hard_limit": "BlueMindReplicationLagCritical",
    "not_draining": "BlueMindReplicationLagHigh",
    "disputed": "BlueMindReplicationDrift",
    "bodies_lost": "BlueMindReplicationDrift",
    "probe_silent": "BlueMindReplicationProbeMissing",
    "database_unreadable": "BlueMindReplicationSourceFailing",
    "log_unreadable": "BlueMindReplicationSourceFailing",
    "unknown": "BlueMindReplicationMonitorBlind",
    "disconnected": "BlueMindReplicationDisconnected",
    "stalled": "BlueMindReplicationStalled",
    "stuck_folders": "BlueMindReplicationFolderPoisoned",
    "falling_behind": "BlueMindReplicationNotDraining",
    "catching_up": "BlueMindReplicationCatchingUp",
}
LABEL = "evidence_"  # how the keys of the labels begin; they stand in the order in which they are told
AGES = ("_age", "_waits")  # how the names of what is told in seconds end


def mark(verdict: VerdictStatus | None) -> str:
    """Return the symbol of a verdict."""
    if verdict is None:
        return "…"
    return STATE_MARKS.get(verdict.state, SEVERITY_MARKS[verdict.severity])


def runbook(verdict: VerdictStatus) -> str | None:
    """Return the name of the runbook, where there is one."""
    return RUNBOOKS.get(verdict.reason) or RUNBOOKS.get(verdict.state)


def evidence(verdict: VerdictStatus, t: Language) -> Iterator[tuple[str, str]]:
    """Yield the figures that the verdict rests on, as label and value; what is no number has no label."""
    figures = verdict.evidence
    if "expected" in figures:
        active, expected = t.number(figures.get("sessions", 0.0)), t.number(figures["expected"])
        yield t("sessions_short"), t("of_expected", active=active, expected=expected)
    for key in t.texts:
        name = key.removeprefix(LABEL)
        if key.startswith(LABEL) and name in figures:
            yield t(key), t.length(round(figures[name])) if name.endswith(AGES) else t.number(figures[name])
