"""What is observed: the sources and logs that a configuration asks for, each with its schedule."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path

from bmrepmon.app.changed import ChangedFolders
from bmrepmon.config.installation import Backend, Installation
from bmrepmon.config.local_zone import local_zone
from bmrepmon.config.types import Trigger
from bmrepmon.model.carried import Carried
from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.frozen import frozen
from bmrepmon.model.observations import Store
from bmrepmon.model.positions import Positions
from bmrepmon.model.readings import Source
from bmrepmon.model.state import Durable, Key
from bmrepmon.parse.fold import fold_core_log, fold_replication_log
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.follower import A, Begin, Fold, Follower
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.log_loop import AnyFollower, LogLoop
from bmrepmon.runtime.log_past import LogPast
from bmrepmon.runtime.log_start import last_hour, whole
from bmrepmon.sources.backlog import BacklogSource
from bmrepmon.sources.folders import FolderSource, FolderTree, ProbeSource, RecordSource
from bmrepmon.sources.sessions import SessionSource
from bmrepmon.sources.spool import Pace, StoreSource, UniqueMessages

PROBE = Trigger.every("5s")  # when the heartbeat is looked at, which bm-core lets beat every ten seconds
ALL_FOLDERS_WITHIN = 180.0  # seconds in which every folder is looked at; one that is known to change, at each look
MOST_TURNS = 6  # looks for that
PAST = Trigger.every("1h")  # when the logs of past days are tried again, until they could be read
LOG_WITHIN = 10.0  # seconds that a comparison of folders waits for the log to be read

Scheduled = tuple[Source, Trigger]
LogPositions = Callable[[], Positions | None]


def sources(
    installation: Installation, log: LogPositions | None, clock: Clock, known: Mapping[str, Carried] = frozen()
) -> Iterator[Scheduled]:
    """Yield every source that exists on this machine, with its schedule.

    ``log`` is one side of the folders, ``known`` the bodies of each backend as they were counted last.
    """
    schedule, quiet = installation.settings.schedule, quiet_hours(installation)
    for backend in installation.backends:
        pace, changed = installation.settings.limits.spool_files_per_second, ChangedFolders()
        yield from ((store, schedule.spool) for store in stores(backend, pace, changed))
        if backend.sync_log:
            backlog = BacklogSource(backend.name, backend.sync_log)
            changed.waiting = backlog.named
            yield backlog, schedule.backlog
        rows, references = None, None
        if backend.database:
            # Without a database, its driver is not needed, which takes longer to import than all the rest.
            from bmrepmon.sources.database import Connection, DatabaseSource, References, ReplicaFolders

            timeout = float(installation.settings.limits.database_timeout)
            connection = Connection(backend.name, backend.database.conninfo.reveal, timeout, clock.steady)
            bodies = DatabaseSource(
                backend.name,
                connection,
                clock,
                known=known.get(backend.name),
                due=partial(due, schedule.exact_count),
                quiet=quiet,
            )
            yield bodies, schedule.database
            rows = ReplicaFolders(connection)
            if not shared(backend, installation.backends):
                references = References(connection, lambda: quiet(clock.now()))
        if meta := backend.meta or backend.spool:
            tree = FolderTree(backend.name, meta, dict(backend.metapartitions), turns=turns(schedule.folders))
            folders = FolderSource(backend.name, tree, rows, log, changed.waiting)
            changed.compared = partial(folders.latest, 0.0)
            yield folders, schedule.folders
            # As often as the files, which they explain.
            yield RecordSource(backend.name, tree, folders, references, clock), schedule.spool
            if installation.replication_log:  # without it nothing is known of answers
                yield ProbeSource(backend.name, meta, clock.steady), PROBE
    if installation.replication_log:  # only the server that runs bm-core has the sync port
        yield SessionSource(installation.proc, installation.settings.core.sync_port), schedule.sessions


def turns(trigger: Trigger) -> int:
    """Return in how many looks at the folders each of them has its turn."""
    return max(1, min(MOST_TURNS, int(ALL_FOLDERS_WITHIN / (trigger.seconds or ALL_FOLDERS_WITHIN))))


def due(trigger: Trigger, since: float, now: float) -> bool:
    """Tell whether a time of a trigger lies between two moments (Unix seconds)."""
    from bmrepmon.runtime.scheduler import passed  # what looks once never asks, and needs no scheduler

    return passed(trigger, since, now)


def quiet_hours(installation: Installation) -> Callable[[float], bool]:
    """Return what tells whether large tables are to be left alone at a time (Unix seconds)."""
    windows, zone = installation.settings.limits.database_quiet_hours, local_zone(installation.root, os.environ)
    return lambda at: any(window.holds(at, zone) for window in windows)


def stores(backend: Backend, files_per_second: int, changed: ChangedFolders) -> Iterator[StoreSource]:
    """Yield the spool and the archives of a backend, which may have messages in common; mail comes to the spool."""
    places: dict[Store, Path | None] = {"spool": backend.spool, "archive": backend.archive}
    roots = {store: root for store, root in places.items() if root is not None}
    unique = UniqueMessages(roots)
    for store, root in roots.items():
        pace = Pace(files_per_second) if files_per_second else None
        yield StoreSource(store, backend.name, root, unique, pace, first=changed if store == "spool" else tuple)


def shared(backend: Backend, backends: Sequence[Backend]) -> bool:
    """Tell whether another backend has its bodies in the same database, where nobody knows whose one is."""
    return any(other.database == backend.database for other in backends if other is not backend)


def rows_tell(installation: Installation) -> bool:
    """Tell whether a database knows where every folder is; else all that the logs still tell of them is needed."""
    return all(backend.database for backend in installation.backends)


def past_logs(installation: Installation, durable: Durable) -> Iterator[Scheduled]:
    """Yield what reads the logs of past days, where no database tells of folders that are quiet since then."""
    if installation.replication_log and not rows_tell(installation) and not durable.past.pieces:
        yield LogPast(installation.replication_log), PAST


def log_positions(installation: Installation, loop: LogLoop, keeper: Keeper) -> LogPositions | None:
    """Return what reads replication.log to its present end and tells how far each folder is by then."""

    def read_on() -> Positions | None:
        read = loop.reach(LOG_WITHIN)
        health = keeper.state.health.get(("log", ""))
        return keeper.state.logged() if read and health and health.success else None

    return read_on if installation.replication_log else None


def followers(installation: Installation, durable: Durable) -> Iterator[AnyFollower]:
    """Yield a follower for each log of this machine, going on from where it was."""
    core, local = installation.settings.core, local_zone(installation.root, os.environ)
    begin = last_hour if core.from_ == "end" and rows_tell(installation) else whole
    follow = partial(_follower, durable, zone=installation.timezone, local=local, begin=begin)
    if installation.replication_log:
        yield follow("log", installation.replication_log, durable.log, fold_replication_log)
    if installation.core_log:
        yield follow("core_log", installation.core_log, durable.core, fold_core_log)


def _follower(
    durable: Durable,
    source: str,
    path: Path,
    activity: A,
    fold_for: Callable[[tzinfo], Fold[A]],
    *,
    zone: tzinfo | None,
    local: tzinfo,
    begin: Begin,
) -> Follower[A]:
    return Follower(
        source,
        path,
        activity=activity,
        checkpoint=durable.checkpoints.get(source),
        counts=durable.followers.get(source, FollowerCounts()),
        fold_for=fold_for,
        zone=zone,
        local_zone=local,
        begin=begin,
    )


def expected(scheduled: tuple[Scheduled, ...], logs: tuple[AnyFollower, ...]) -> tuple[Key, ...]:
    """Name what must have been looked at before the daemon is ready."""
    return (*((source.name, source.backend) for source, _ in scheduled), *((follower.source, "") for follower in logs))
