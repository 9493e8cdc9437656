"""What can be pictured: every verdict, with what led to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bmrepmon.model.verdict.states import Finding, Severity, VerdictState

NOW = datetime(2026, 3, 10, 10, 42, 20, tzinfo=UTC).timestamp()
MINUTES = 24 * 60
FILES, ARCHIVED, BODIES = 184_320, 61_440, 171_900  # a day ago
LOGINS = ("alice", "bruno", "chloe", "david", "emma", "farid", "gilles", "hugo", "ines", "jeanne")
FOLDERS = ("", "Sent", "Drafts", "Trash", "Outbox", "Projets")
ENOUGH = 1e9  # messages a minute that replication can take at its best


@dataclass(frozen=True, slots=True)
class Phase:
    """From some minutes ago on: the verdict, how many messages a minute are applied, how many sessions there are."""

    since: float
    state: VerdictState
    pace: float = ENOUGH
    sessions: int = 4


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture."""

    finding: Finding
    phases: Sequence[Phase]
    evidence: Mapping[str, float]
    behind: int = 0  # folders
    passive: int = 0  # messages that were never replicated
    lag: int = 0  # messages behind by now; else as many as the day has left
    quiet: bool = False  # nothing has arrived for a while
    failed: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # of a source: why, in a word and a line


def scene(state: VerdictState, reason: str, severity: Severity, *phases: Phase, **more: object) -> Scene:
    """Build a scene."""
    alike = more.pop("alike", ())
    evidence = {"sessions": phases[-1].sessions, "expected": 4, "messages": 245_760, "probes": 1}
    evidence |= more.pop("evidence", {})  # type: ignore[call-overload]
    return Scene(Finding(state, reason, severity, alike), phases, evidence, **more)  # type: ignore[arg-type]


FINE = Phase(MINUTES, "in_sync")
SCENES: Mapping[str, Scene] = {
    "in_sync": scene(
        "in_sync", "replicating", "ok", Phase(MINUTES, "idle"), Phase(280, "in_sync"),
        evidence={"apply_age": 4, "ok_age": 1, "probe_age": 6, "entries": 12},
    ),
    "idle": scene(
        "idle", "quiet", "ok", FINE, Phase(250, "idle"), quiet=True,
        evidence={"apply_age": 1630, "ok_age": 4, "probe_age": 4},
    ),
    "residue": scene(
        "residue", "passive_mailboxes", "ok", Phase(MINUTES, "residue"), passive=8_412,
        evidence={"passive_folders": 57, "remaining": 8412, "apply_age": 3, "ok_age": 1, "probe_age": 5},
    ),
    "catching_up": scene(
        "catching_up", "draining", "info", FINE, Phase(120, "stalled", 0), Phase(62, "catching_up", 36),
        behind=31,
        evidence={"lag_folders": 31, "batch_age": 14, "entries": 6320,
                  "probe_age": 22, "ok_age": 0.4, "apply_age": 1},
    ),
    "falling_behind": scene(
        "falling_behind", "arrivals_outrun", "warning", FINE, Phase(62, "falling_behind", 9),
        behind=24,
        evidence={"lag_folders": 24, "batch_age": 48, "entries": 2790,
                  "probe_waits": 44, "ok_age": 2, "apply_age": 2},
    ),
    "stuck_folders": scene(
        "stuck_folders", "missing_subtree", "warning", FINE, Phase(47, "stuck_folders"), behind=3, lag=41,
        evidence={"stuck_folders": 3, "probe_age": 4, "ok_age": 1, "apply_age": 2, "entries": 40},
    ),
    "stalled": scene(
        "stalled", "sync_client_hung", "critical", FINE, Phase(26, "stalled", 0), behind=38,
        alike=("core_wedged",),
        evidence={"lag_folders": 38, "batch_age": 1549, "entries": 1960,
                  "backlog_age": 1555, "probe_waits": 1548, "ok_age": 1562, "apply_age": 1570},
    ),
    "disconnected": scene(
        "disconnected", "sync_client_dead", "critical", FINE, Phase(12, "disconnected", 0, 0), behind=29,
        alike=("link_cut",),
        evidence={"sessions": 0, "lag_folders": 29, "entries": 905,
                  "backlog_age": 717, "probe_waits": 719, "ok_age": 722, "apply_age": 724},
    ),
    "starting": scene(
        "starting", "core_restarted", "info", FINE, Phase(4, "starting", 0, 0), behind=12,
        evidence={"sessions": 0, "core_ready_age": 95, "lag_folders": 12, "entries": 260, "backlog_age": 230},
    ),
    "unknown": scene(
        "unknown", "log_unreadable", "warning", FINE, Phase(18, "unknown"),
        evidence={"entries": 12},
        failed={
            "log": ("permission", "/var/log/bm/replication.log may not be read: start bmrepmon by its systemd unit"),
            "database": ("refused", "bj-data on localhost:5432 refuses connections: is PostgreSQL running?"),
        },
    ),
}  # fmt: skip
