"""What the sources saw at the end of such a day."""

from array import array
from collections.abc import Iterator
from dataclasses import replace

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.folders import FolderHeader
from bmrepmon.model.frozen import frozen
from bmrepmon.model.health import SourceHealth
from bmrepmon.model.heartbeat import Heartbeat, ProbeStep
from bmrepmon.model.inodes import NO_INODES
from bmrepmon.model.lag import FolderComparison, compare
from bmrepmon.model.observations import PartitionCount, Store, StoreCount
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.survey import FolderSurvey, pack_folder, sign
from bmrepmon.model.verdict.states import Sample, Trail, Verdict
from pictured.day import Minute
from pictured.scenes import FOLDERS, LOGINS, NOW, Scene


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
    survey = FolderSurvey.of(names, array("I", parents), users)
    if scene.failed.keys() >= {"database", "log"}:  # nobody tells what has arrived
        return compare(survey, None, None)
    found = compare(survey, Positions.of(stored.items()), None)
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
