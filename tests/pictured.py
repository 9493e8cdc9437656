"""Hand-built snapshots of every verdict with a day behind them: a mail server in miniature, minute by minute."""

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.delta import BodyReferences, Reckoning, RecordLook
from bmrepmon.model.folders import FolderHeader
from bmrepmon.model.frozen import frozen
from bmrepmon.model.health import SourceHealth
from bmrepmon.model.heartbeat import Heartbeat, ProbeStep
from bmrepmon.model.history import Point, Window
from bmrepmon.model.inodes import NO_INODES
from bmrepmon.model.lag import FolderComparison, compare
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.observations import PartitionCount, PeerSessions, RowCounts, SessionCounts, Store, StoreCount
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.records import RecordCensus
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import Durable, State
from bmrepmon.model.survey import FolderSurvey, folder_key, pack_folder, sign
from bmrepmon.model.verdict.states import VERDICT_STATES, Finding, Sample, Severity, Trail, Verdict, VerdictState
from bmrepmon.model.waits import Step

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
        evidence={"entries": 12, "lag_messages": 0},
        failed={
            "log": ("permission", "/var/log/bm/replication.log may not be read: start bmrepmon by its systemd unit"),
            "database": ("refused", "bj-data on localhost:5432 refuses connections: is PostgreSQL running?"),
        },
    ),
}  # fmt: skip


def picture(name: str, backend: str = "bm-master", later: float = 0.0) -> Snapshot:
    """Return the snapshot of a scene, of one backend; ``later`` by some seconds with a few more messages behind."""
    scene, _ = lived(SCENES[name])
    scene = replace(scene, lag=scene.lag + round(later / 60))
    return derive(state_of(scene, backend), (BackendFacts(backend, (), 4),), NOW + later)


def many(count: int) -> Snapshot:
    """Return so many backends, each in another state."""
    names = list(SCENES)
    backends = {f"mail{n:02}.example.net": SCENES[names[n % len(names)]] for n in range(count)}
    facts = tuple(BackendFacts(name, (f"192.0.2.{n}",), 4) for n, name in enumerate(backends))
    states = [state_of(backends[fact.name], fact.name, fact.addresses[0]) for fact in facts]
    peers = tuple(state.sessions().peers[0] for state in states)  # type: ignore[union-attr]
    merged = replace(
        states[0],
        durable=replace(
            states[0].durable,
            history=frozen({k: v for state in states for k, v in state.durable.history.items()}),
            trails=frozen({k: v for state in states for k, v in state.durable.trails.items()}),
            waits=frozen({k: v for state in states for k, v in state.durable.waits.items()}),
        ),
        observations=frozen(
            {
                **{k: v for state in states for k, v in state.observations.items()},
                ("sessions", ""): SessionCounts(peers, listening=True),
            }
        ),
        health=frozen({k: v for state in states for k, v in state.health.items()}),
        heartbeats=frozen({k: v for state in states for k, v in state.heartbeats.items()}),
        unique_messages=frozen({k: v for state in states for k, v in state.unique_messages.items()}),
    )
    return derive(merged, facts, NOW)


@dataclass(slots=True)
class Minute:
    """What was true at the end of a minute."""

    at: float
    arrived: float
    waiting: float
    lag: float
    phase: Phase


def minutes(scene: Scene) -> Iterator[Minute]:
    """Live a day: mail comes in as people work, waits when it is not applied, and is applied oldest first."""
    arrived = applied = 0.0
    came: list[float] = []  # how much had arrived by each minute
    for n in range(MINUTES + 1):
        ago = MINUTES - n
        phase = next(p for p in reversed(scene.phases) if ago <= p.since)
        arrived += arrivals(NOW - 60 * ago, n) * (not (scene.quiet and ago < 250))
        came.append(arrived)
        applied = min(arrived, applied + phase.pace)
        waited = next((k for k, total in enumerate(came) if total > applied), n) if arrived - applied > 1 else n
        yield Minute(NOW - 60 * ago, round(arrived), arrived - applied, 60.0 * (n - waited), phase)


def arrivals(at: float, n: int) -> float:
    """Return messages a minute: many by day, few by night, never quite the same."""
    hour = datetime.fromtimestamp(at, UTC).hour + datetime.fromtimestamp(at, UTC).minute / 60
    day = max(0.06, math.exp(-((hour - 10.5) ** 2) / 8) + 0.9 * math.exp(-((hour - 15) ** 2) / 7))
    return 26 * day * (1 + 0.35 * math.sin(n * 12.9898) * math.sin(n * 78.233))


def history(scene: Scene, backend: str) -> Mapping[str, Window]:
    """Sample the day as the daemon does."""
    found: dict[str, list[Point]] = {}
    blind = {"lag_seconds", "lag_messages", "heartbeat_lag_seconds", "arrived_messages_total", "missing_messages"}
    for minute in minutes(scene):
        stopped = minute.phase.pace == 0
        probe = (NOW - 60 * minute.phase.since, minute.at)[not stopped]
        values = {
            "spool_messages": FILES + minute.arrived,
            "archive_messages": ARCHIVED,
            "bodies": BODIES + round(0.72 * (minute.arrived - minute.waiting)),
            "lag_messages": round(minute.waiting),
            "lag_seconds": minute.lag if minute.waiting > 1 else 0.0,
            "active_sessions": minute.phase.sessions,
            "arrived_messages_total": 300_000 + minute.arrived,
            "missing_messages": round(minute.waiting) + scene.passive,
            "heartbeat_lag_seconds": minute.at - probe if stopped else 0.3 + 0.2 * math.sin(minute.at) ** 2,
            "verdict_rank": VERDICT_STATES.index(minute.phase.state),
        }
        for name, value in values.items():
            if not (minute.phase.state == "unknown" and name in blind):
                found.setdefault(f"{name}/{backend}", []).append(Point(minute.at, float(value)))
    return frozen({name: Window(tuple(points)) for name, points in found.items()})


def lived(scene: Scene) -> tuple[Scene, Minute]:
    """Return a scene with what its day has left to be done, and the last minute of that."""
    *_, last = minutes(scene)
    if scene.lag or last.waiting < 1:
        return scene, last
    left = round(last.waiting)
    return replace(scene, lag=left, evidence={**scene.evidence, "lag_messages": left, "lag_age": last.lag}), last


def state_of(scene: Scene, backend: str, address: str = "127.0.0.1") -> State:
    """Build the state of a scene."""
    scene, last = lived(scene)
    spool, bodies = FILES + int(last.arrived), BODIES + round(0.72 * (last.arrived - last.waiting))
    partition = f"{backend.replace('.', '_')}__example_net"
    stopped = NOW - 60 * scene.phases[-1].since
    late = scene.phases[-1].pace == 0
    oldest = NOW - last.lag if last.waiting > 1 else stopped
    files = spool + ARCHIVED
    passive, unexplained = round(0.9 * scene.passive), 0
    distinct = (bodies - 2_650, round(0.8 * scene.lag), passive, 3_120, 0)
    census = RecordCensus(files - 212, distinct, 0)
    reckoning = Reckoning(census, BodyReferences(bodies, distinct[0] - unexplained), NOW - 900)
    return State(
        started_at=NOW - 3 * 86_400,
        durable=Durable(
            log=LogActivity(
                lines=frozen({"event": 812_300}), first_event_at=NOW - 3 * 86_400,
                last_event_at=stopped if late else NOW - 1, apply_mailbox=frozen({partition: 41_207}),
                replies=frozen({"ok": 88_410, "no": 6}), applied_messages=last_applied(last),
                errors=frozen({"missing_subtree": 6} if scene.behind == 3 else {}),
                last_apply_at=frozen({partition: stopped if late else NOW - 4}),
                last_probe_apply_at=frozen({partition: stopped if late else NOW - 6}),
                active_sessions=last.phase.sessions, active_sessions_at=NOW - 8,
            ),
            core=CoreActivity(
                lines=frozen({"event": 9_000}), last_event_at=NOW - 9, probe_latency=0.25, probe_at=NOW - 9
            ),
            checkpoints=frozen({"log": Checkpoint(1, 2, 3, "", 0), "core_log": Checkpoint(1, 5, 3, "", 0)}),
            followers=frozen({"log": FollowerCounts(exists=True), "core_log": FollowerCounts(exists=True)}),
            trails=frozen({backend: trail(scene)}),
            waits=frozen({backend: frozen({
                folder_key(identity(n)).hex(): (Step(oldest + 7 * n, 100, 40),) for n in range(scene.behind)
            })}),
            history=history(scene, backend),
        ),
        observations=frozen({
            ("spool", backend): store("spool", PartitionCount(partition, spool + 950, spool, 2_410)),
            ("archive", backend): store("archive", PartitionCount(partition, ARCHIVED, ARCHIVED, 390)),
            ("database", backend): RowCounts(bodies, 140_004),
            ("folders", backend): comparison(scene, partition),
            ("records", backend): RecordLook(census, reckoning),
            ("backlog", backend): backlog(scene),
            ("sessions", ""): SessionCounts((PeerSessions(address, last.phase.sessions),), listening=True),
        }),
        health=frozen({(health.source, health.backend): health for health in healths(scene, backend)}),
        heartbeats=frozen({backend: frozen({"probe": heartbeat(partition, stopped if late else None)})}),
        unique_messages=frozen({backend: spool + ARCHIVED - 31_004}),
    )  # fmt: skip


def store(name: Store, partition: PartitionCount) -> StoreCount:
    return StoreCount(name, (partition,), NO_INODES, 0, ())


def last_applied(last: Minute) -> int:
    return 212_000 + round(last.arrived - last.waiting)


def trail(scene: Scene) -> Trail:
    """Build what led to the verdict; what drains, drains by 19 messages a minute."""
    down = 0.16 if scene.finding.state == "catching_up" else 0.0
    left = scene.lag + scene.passive
    samples = tuple(
        Sample(NOW - 30 * n, scene.lag, left + round(30 * down * n) + 3 * (n % 2)) for n in range(30, -1, -1)
    )
    since = NOW - 60 * scene.phases[-1].since
    rule = {
        "unknown": 2,
        "starting": 3,
        "disconnected": 4,
        "stalled": 5,
        "stuck_folders": 7,
        "falling_behind": 8,
        "catching_up": 9,
    }
    verdict = Verdict(scene.finding, since, NOW - 3, rule.get(scene.finding.state, 12), frozen(scene.evidence))
    return Trail(replace(verdict, severity=scene.finding.severity), samples=samples if down else ())


def backlog(scene: Scene) -> SyncBacklog:
    entries = int(scene.evidence.get("entries", 0))
    age, batch = scene.evidence.get("backlog_age"), scene.evidence.get("batch_age")
    return SyncBacklog(
        1, 61 * entries, entries, min(entries, 40), 1 if entries else 0, 0, complete=True,
        oldest_at=NOW - (age or 2.0) if entries else None, batch_since=NOW - batch if batch else None,
    )  # fmt: skip


def heartbeat(partition: str, silent_since: float | None) -> Heartbeat:
    if silent_since is None:
        return Heartbeat(partition, ProbeStep(70, NOW - 6), (), 0.31)
    return Heartbeat(partition, ProbeStep(70, NOW - 6), tuple(ProbeStep(n, silent_since + n) for n in range(5)), 0.31)


def identity(number: int) -> str:
    """Return a UNIQUEID as Cyrus makes them, the same in every run."""
    return f"{(number + 1) * 0x9E3779B1 % 2**32:08x}-5cf2-4b1e-9a44-{number:012x}"


def comparison(scene: Scene, partition: str) -> FolderComparison:
    """Build ten users with six folders each, of whom the first are behind, the busiest most."""
    names, parents, rows = [partition, "domain", "e", "example.net"], [0, 0, 1, 2], [None, None, None, None]
    stored: dict[str, Position] = {}
    weights = [1 / (n + 1) for n in range(scene.behind)]
    users: list[bytes | str | None] = [*rows]
    for n in range(len(LOGINS) * len(FOLDERS)):
        login, folder = LOGINS[n % len(LOGINS)], FOLDERS[n // len(LOGINS)]
        letter = (folder or login)[0].lower()
        above = len(names)
        names += [letter, "user", login, *([folder] if folder else [])]
        parents += [3, above, above + 1, *([above + 2] if folder else [])]
        header = FolderHeader(13, 128, 104, 3200, None, 5000, 0, 7, 0, 9000, 3000, 0)
        packed = pack_folder(sign(int(NOW - 45) * 10**9, 1, 1), header, identity(n))
        users += [None, None, *([None] if folder else []), packed]
        lacks = max(1, round(scene.lag * weights[n] / sum(weights))) if n < scene.behind else 0
        stored[identity(n)] = Position(9000 - 2 * lacks, 5000 - lacks, 7)
    found = compare(FolderSurvey.of(names, array("I", parents), users), Positions.of(stored.items()), None)
    passive = {"passive": int(scene.evidence.get("passive_folders", 0))} if scene.passive else {}
    return replace(
        found, lag_messages=scene.lag, messages=245_760, messages_never_sent=scene.passive,
        states=frozen({**found.states, **passive, "replicated": 2_740 - scene.behind}),
    )  # fmt: skip


def healths(scene: Scene, backend: str) -> Iterator[SourceHealth]:
    """Yield the health of every source; those that failed have not succeeded since the scene began."""
    took = {
        "spool": 2.4,
        "archive": 0.8,
        "database": 1.1,
        "records": 3.7,
        "folders": 0.6,
        "backlog": 0.002,
        "probe": 0.001,
    }
    ages = {"spool": 31, "archive": 29, "database": 14, "records": 33, "folders": 12, "backlog": 3, "probe": 1}
    for source, seconds in took.items():
        yield healthy(scene, source, backend, ages[source], seconds)
    for source in ("sessions", "log", "core_log"):
        yield healthy(scene, source, "", 2, 0.001)


def healthy(scene: Scene, source: str, backend: str, age: float, took: float) -> SourceHealth:
    if source not in scene.failed:
        return SourceHealth(source, backend, None, NOW - age, took, NOW - age)
    reason, error = scene.failed[source]
    return SourceHealth(source, backend, None, NOW - age, took, NOW - 60 * scene.phases[-1].since, reason, error, 30)
