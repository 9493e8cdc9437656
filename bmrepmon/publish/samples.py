"""How samples are read off a snapshot: what the rows of the metrics table are made with.

Unknown is an absent sample. Kinds that are known beforehand are there from the first scrape, as zeros.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import nsmallest
from platform import python_version

from bmrepmon import __version__
from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.health import SourceHealth
from bmrepmon.model.heartbeat import Heartbeat
from bmrepmon.model.lag import Behind, FolderComparison
from bmrepmon.model.log_activity import CoreActivity, Histogram, LogActivity
from bmrepmon.model.observations import PartitionCount, StoreCount
from bmrepmon.model.snapshot import BackendSnapshot, Snapshot
from bmrepmon.parse.spool_path import parse_folder_path
from bmrepmon.publish.facts import backend_of, sole_backend, sources

Sample = tuple[tuple[str, ...], float | Histogram]  # label values in the order of the row's labels, and the value
Read = Callable[[Snapshot], Iterable[Sample]]

LINE_OUTCOMES = ("event", "continuation", "unknown", "malformed", "oversized")


def of_backends(read: Callable[[BackendSnapshot], float | None]) -> Read:
    """Read one sample a backend, where it is known."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for backend in snapshot.backends:
            if (value := read(backend)) is not None:
                yield (backend.name,), value

    return samples


def of_stores(read: Callable[[StoreCount], float]) -> Read:
    """Read one sample a backend and store that was walked."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for backend in snapshot.backends:
            for store in _stores(backend):
                yield (backend.name, store.store), read(store)

    return samples


def of_partitions(read: Callable[[PartitionCount], float]) -> Read:
    """Read one sample a backend, store and partition."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for backend in snapshot.backends:
            for store in _stores(backend):
                for partition in store.partitions:
                    yield (backend.name, store.store, partition.partition), read(partition)

    return samples


def of_lag(read: Callable[[FolderComparison], Mapping[str, float]], known: tuple[str, ...]) -> Read:
    """Read one sample a backend and kind of folder from its last comparison."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for backend in snapshot.backends:
            if backend.folders is not None:
                for kind, value in {**dict.fromkeys(known, 0), **read(backend.folders)}.items():
                    yield (backend.name, kind), value

    return samples


def of_worst_folders(read: Callable[[Behind], float]) -> Read:
    """Read one sample of each folder that lacks most and may be named; one whose path is not Cyrus's has no name."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for backend in snapshot.backends if snapshot.named_folders else ():
            if (lag := backend.lag) is None:
                continue
            for folder in nsmallest(snapshot.named_folders, lag.behind, key=_least_first):
                if name := parse_folder_path(lag.survey.path(folder.number)).name:
                    yield (backend.name, f"{name.mailbox}@{name.domain}", name.folder), read(folder)

    return samples


def of_heartbeats(read: Callable[[Heartbeat, float], float | None]) -> Read:
    """Read one sample a backend and partition that has a probe; ``read`` is given the time, too."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for backend in snapshot.backends:
            for heartbeat in backend.heartbeats:
                if (value := read(heartbeat, snapshot.at)) is not None:
                    yield (backend.name, heartbeat.partition), value

    return samples


def of_log(read: Callable[[LogActivity], Mapping[str, float | Histogram]], known: tuple[str, ...] = ()) -> Read:
    """Read one sample a kind from replication.log; counts of a log that was never read are not zero but unknown."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        if "log" in snapshot.state.durable.checkpoints:
            for kind, value in {**dict.fromkeys(known, 0), **read(snapshot.state.durable.log)}.items():
                yield (kind,), value

    return samples


def of_log_total(read: Callable[[LogActivity], float]) -> Read:
    """Read one sample off the log, once it was read."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        if "log" in snapshot.state.durable.checkpoints:
            yield (), read(snapshot.state.durable.log)

    return samples


def of_logged_partitions(read: Callable[[LogActivity], Mapping[str, float]]) -> Read:
    """Read one sample a partition from replication.log, with the backend it belongs to."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for partition, value in read(snapshot.state.durable.log).items():
            yield (backend_of(snapshot, partition), partition), value

    return samples


def of_core(read: Callable[[CoreActivity], float | None]) -> Read:
    """Read one sample from core.log, where it was read and tells."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        durable = snapshot.state.durable
        if "core_log" in durable.checkpoints and (value := read(durable.core)) is not None:
            yield (), value

    return samples


def of_followers(read: Callable[[FollowerCounts], float | None]) -> Read:
    """Read one sample a followed log."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for log, counts in snapshot.state.durable.followers.items():
            if (value := read(counts)) is not None:
                yield (log,), value

    return samples


def of_sources(read: Callable[[SourceHealth], float | None]) -> Read:
    """Read one sample a source, where it is known."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for health in sources(snapshot):
            if (value := read(health)) is not None:
                yield (health.source, health.backend), value

    return samples


def of_configuration(read: Callable[[SourceHealth], float | None]) -> Read:
    """Read the one sample of the configuration, which is told of as of a source."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        health = snapshot.state.health.get(("configuration", ""))
        if health and (value := read(health)) is not None:
            yield (), value

    return samples


def active_sessions(snapshot: Snapshot) -> Iterator[Sample]:
    """Read the sessions of every backend that can be told, and the rest without a backend.

    The rest is shown when there is any, and when a backend cannot be told: then 0 says that nobody is connected.
    """
    untold = not snapshot.backends
    for backend in snapshot.backends:
        if backend.active_sessions is None:
            untold = True
        else:
            yield (backend.name,), backend.active_sessions
    if snapshot.other_sessions is not None and (snapshot.other_sessions or untold):
        yield ("",), snapshot.other_sessions


def log_active_sessions(snapshot: Snapshot) -> Iterator[Sample]:
    """Read what replication.log last said."""
    if (sessions := snapshot.state.durable.log.active_sessions) is not None:
        yield (), sessions


def applied_messages(snapshot: Snapshot) -> Iterator[Sample]:
    """Read the bodies that were applied; the lines name no backend, so only a sole one can be told."""
    durable = snapshot.state.durable
    if "log" in durable.checkpoints:
        yield (sole_backend(snapshot),), durable.log.applied_messages


def last_apply(snapshot: Snapshot) -> Iterator[Sample]:
    """Read the youngest apply of each backend over its partitions."""
    latest: dict[str, float] = {}
    for partition, at in snapshot.state.durable.log.last_apply_at.items():
        backend = backend_of(snapshot, partition)
        latest[backend] = max(at, latest.get(backend, at))
    for backend, at in latest.items():
        yield (backend,), at


def log_lines(snapshot: Snapshot) -> Iterator[Sample]:
    """Read the lines of each log by what became of them."""
    durable = snapshot.state.durable
    for log, activity in (("log", durable.log), ("core_log", durable.core)):
        if log in durable.checkpoints:
            for outcome, lines in {**dict.fromkeys(LINE_OUTCOMES, 0), **activity.lines}.items():
                yield (log, outcome), lines


def last_events(snapshot: Snapshot) -> Iterator[Sample]:
    """Read the time of the last event of each log."""
    durable = snapshot.state.durable
    for log, at in (("log", durable.log.last_event_at), ("core_log", durable.core.last_event_at)):
        if at is not None:
            yield (log,), at


def build(_snapshot: Snapshot) -> Iterator[Sample]:
    """Read what runs."""
    yield (__version__, python_version()), 1


def success(health: SourceHealth) -> float | None:
    """Return 1 after a good round, 0 after a bad one."""
    return None if health.success is None else float(health.success)


def _least_first(folder: Behind) -> tuple[int, int, bytes]:
    return -folder.messages, -folder.changes, folder.key


def _stores(backend: BackendSnapshot) -> Iterator[StoreCount]:
    return (store for store in (backend.spool, backend.archive) if store is not None)
