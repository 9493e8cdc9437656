"""The composition root: the one module that sees everything and wires it together; no logic of its own."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path

import structlog

from bmrepmon import __version__
from bmrepmon.config.installation import Backend, Installation
from bmrepmon.config.local_zone import local_zone
from bmrepmon.config.types import Trigger
from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.positions import Positions
from bmrepmon.model.readings import Source
from bmrepmon.model.series import sample
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import Durable, Key, State
from bmrepmon.model.verdict.gather import judge_all
from bmrepmon.model.verdict.thresholds import Thresholds
from bmrepmon.parse.fold import fold_core_log, fold_replication_log
from bmrepmon.publish.access import open_access, warn_of_strangers
from bmrepmon.publish.page import House
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web
from bmrepmon.runtime import deaths
from bmrepmon.runtime.clock import Clock, SystemClock
from bmrepmon.runtime.follower import A, Fold, Follower
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.log_loop import AnyFollower, LogLoop
from bmrepmon.runtime.log_past import LogPast
from bmrepmon.runtime.notify import Notifier
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.scheduler import SourceScheduler
from bmrepmon.runtime.store import Store
from bmrepmon.runtime.supervisor import Member, Supervisor
from bmrepmon.runtime.ticker import Ticker
from bmrepmon.runtime.waker import ManualWaker, WatchdogWaker
from bmrepmon.sources.backlog import BacklogSource
from bmrepmon.sources.database import Connection, DatabaseSource, References, ReplicaFolders
from bmrepmon.sources.folders import FolderSource, FolderTree, ProbeSource, RecordSource
from bmrepmon.sources.sessions import SessionSource
from bmrepmon.sources.spool import StoreSource
from bmrepmon.words.language import Language, load_language

SAVE_EVERY = 2.0  # seconds: what a kill -9 makes us read again, once
SAMPLE_EVERY = 60.0  # seconds between two points of a series
JUDGE_EVERY = 10.0  # seconds
PROBE = Trigger.every("1s")  # when the heartbeat is looked at
PAST = Trigger.every("1h")  # when the logs of past days are tried again, until they could be read
LOG_WITHIN = 10.0  # seconds that a comparison of folders waits for the log to be read
ONCE_WITHIN = 300.0  # seconds that `once` waits for its slowest source

log = structlog.get_logger()

Scheduled = tuple[Source, Trigger]
LogPositions = Callable[[], Positions | None]


def run_daemon(installation: Installation, listening: Callable[[tuple[str, ...]], None] = lambda _: None) -> int:
    """Run until a signal or the death of a part; return the exit code.

    ``listening`` is told the addresses once they answer. Raises Failure when the daemon cannot start.
    """
    threading.excepthook = deaths.tell
    clock = SystemClock()
    with Store(installation.state_directory) as store:
        keeper = Keeper(State(started_at=clock.now(), durable=store.load()))
        supervisor, web = build_daemon(installation, keeper, store, clock)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.request_stop())
        addresses = tuple(map(str, web.addresses))
        log.info("starting", version=__version__, listen=", ".join(addresses))
        for sentence in odd(installation, load_language("en", "doctor")):
            log.warning("not as expected", finding=sentence)
        return supervisor.run(lambda: listening(addresses))


def build_daemon(
    installation: Installation, keeper: Keeper, store: Store, clock: Clock
) -> tuple[Supervisor, WebServer]:
    """Wire the daemon's parts; only the listening sockets are opened."""
    logs = tuple(followers(installation, keeper.state.durable))
    log_loop = LogLoop(logs, WatchdogWaker(follower.path for follower in logs), keeper.apply, clock)
    scheduled = (
        *sources(installation, log_positions(installation, log_loop, keeper)),
        *past_logs(installation, keeper.state.durable),
    )
    snapshot = snapshots(installation, keeper, clock)
    limits = thresholds(installation)
    members: list[Member] = []
    supervisor = Supervisor(members, clock, Notifier(os.environ))
    settings = installation.settings
    access = open_access(settings.web, log.warning)
    awaited = expected(scheduled, logs)
    app = build_web(snapshot, supervisor.silent, awaited, settings.limits.series, access, house=house(installation))
    web = WebServer(app, settings.web.listen, clock.steady, access)
    warn_of_strangers(settings.web, access.rules, log.warning)
    members += [
        Ticker("saver", SAVE_EVERY, lambda: store.save(keeper.state.durable), clock),
        Ticker("judge", JUDGE_EVERY, lambda: pronounce(keeper, snapshot(), limits), clock),
        Ticker("sampler", SAMPLE_EVERY, lambda: keeper.apply(sample(snapshot())), clock),
        log_loop,
        SourceScheduler([(Poller(source, keeper.apply, clock), trigger) for source, trigger in scheduled], clock),
        web,
    ]
    return supervisor, web


def observe_once(installation: Installation, only: str | None = None) -> Snapshot:
    """Look once at every source, or ``only`` at those of a name, and read every log to its end; nothing is written."""
    clock = SystemClock()
    keeper = Keeper(State(started_at=clock.now()))
    loop = LogLoop(tuple(followers(installation, Durable())), ManualWaker(), keeper.apply, clock)
    loop.read_to_end()
    for source, _ in past_logs(installation, Durable()):
        Poller(source, keeper.apply, clock).run()
    known = sources(installation, log_positions(installation, loop, keeper))
    wanted = [(source, trigger) for source, trigger in known if only in (None, source.name)]
    scheduled = [(Poller(source, keeper.apply, clock), trigger) for source, trigger in wanted]
    SourceScheduler(scheduled, clock).run_once(ONCE_WITHIN)
    loop.stop(0)
    snapshot = snapshots(installation, keeper, clock)
    at_once = replace(thresholds(installation), warm_up=0.0, disconnected_after=0.0, core_down=0.0)
    keeper.apply(judge_all(snapshot(), at_once))
    return snapshot()


def pronounce(keeper: Keeper, snapshot: Snapshot, limits: Thresholds) -> None:
    """Judge every backend, and tell in the log whose state has changed."""
    judged = judge_all(snapshot, limits)
    before = snapshot.state.durable.trails
    keeper.apply(judged)
    for name, trail in judged.trails.items():
        was = before[name].verdict if name in before else None
        now = trail.verdict
        if now and (was is None or was.finding != now.finding):
            say = log.warning if now.severity in ("warning", "critical") else log.info
            say("verdict", backend=name, state=now.finding.state, reason=now.finding.reason, severity=now.severity)


def thresholds(installation: Installation) -> Thresholds:
    """Return what ``[verdict]`` says."""
    chosen = installation.settings.verdict
    zone = local_zone(installation.root, os.environ)
    limits = {field.name: float(getattr(chosen, field.name)) for field in fields(chosen) if field.name != "maintenance"}
    return Thresholds(**limits, maintenance=lambda at: any(window.holds(at, zone) for window in chosen.maintenance))


def house(installation: Installation) -> House:
    """Return what the page may name, and how its reader counts time."""
    settings = installation.settings
    return House(
        names=settings.privacy.names_in_metrics,
        top_folders=settings.limits.top_folders,
        soft_lag=float(settings.verdict.soft_lag),
        hard_lag=float(settings.verdict.hard_lag),
        zone=local_zone(installation.root, os.environ),
    )


def odd(installation: Installation, t: Language) -> Iterator[str]:
    """Say what discovery found that somebody should mend: else a source that it could not find is missed silently."""
    return (finding.sentence(t) for finding in installation.findings if not finding.usual)


def uncompared(snapshot: Snapshot, t: Language) -> tuple[str, ...]:
    """Tell of every backend why its folders could not be compared, or not with everything."""
    looks = [health for (source, _), health in snapshot.state.health.items() if source == "folders"]
    if not looks:
        return (t("no_metadata"),)
    problems = {backend.name: backend.folders.problem for backend in snapshot.backends if backend.folders}
    failures = {look.backend: look.error for look in looks if not look.success}
    return tuple(t("not_compared", backend=name, why=why) for name, why in (problems | failures).items() if why)


def sources(installation: Installation, log: LogPositions | None) -> Iterator[Scheduled]:
    """Yield every source that exists on this machine, with its schedule; ``log`` is one side of the folders."""
    schedule = installation.settings.schedule
    for backend in installation.backends:
        if backend.spool:
            yield StoreSource("spool", backend.name, backend.spool), schedule.spool
        if backend.archive:
            yield StoreSource("archive", backend.name, backend.archive), schedule.spool
        if backend.sync_log:
            yield BacklogSource(backend.name, backend.sync_log), schedule.backlog
        rows, references = None, None
        if backend.database:
            timeout = float(installation.settings.limits.database_timeout)
            connection = Connection(backend.name, backend.database.conninfo.reveal, timeout)
            yield DatabaseSource(backend.name, connection), schedule.database
            rows = ReplicaFolders(connection)
            if not shared(backend, installation.backends):
                references = References(connection)
        if meta := backend.meta or backend.spool:
            tree = FolderTree(backend.name, meta, dict(backend.metapartitions))
            folders = FolderSource(backend.name, tree, rows, log)
            yield folders, schedule.folders
            # As often as the files, which they explain.
            yield RecordSource(backend.name, tree, folders, references, SystemClock()), schedule.spool
            if installation.replication_log:  # without it nothing is known of answers
                yield ProbeSource(backend.name, meta, time.monotonic), PROBE
    if installation.replication_log:  # only the server that runs bm-core has the sync port
        yield SessionSource(installation.proc, installation.settings.core.sync_port), schedule.sessions


def shared(backend: Backend, backends: Sequence[Backend]) -> bool:
    """Tell whether another backend has its bodies in the same database, where nobody knows whose one is."""
    return any(other.database == backend.database for other in backends if other is not backend)


def past_logs(installation: Installation, durable: Durable) -> Iterator[Scheduled]:
    """Yield what reads the logs of past days, where no database tells of folders that are quiet since then."""
    told = all(backend.database for backend in installation.backends)
    if installation.replication_log and not told and not durable.past.pieces:
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
    follow = partial(_follower, durable, zone=installation.timezone, local=local_zone(installation.root, os.environ))
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
    )


def expected(scheduled: tuple[Scheduled, ...], logs: tuple[AnyFollower, ...]) -> tuple[Key, ...]:
    """Name what must have been looked at before the daemon is ready."""
    return (*((source.name, source.backend) for source, _ in scheduled), *((follower.source, "") for follower in logs))


def snapshots(installation: Installation, keeper: Keeper, clock: Clock) -> Callable[[], Snapshot]:
    """Return what gives publishers the present snapshot."""
    facts = tuple(map(fact, installation.backends))
    return lambda: derive(keeper.state, facts, clock.now())


def fact(backend: Backend) -> BackendFacts:
    """Pass on what the model may know of a backend."""
    return BackendFacts(backend.name, backend.addresses, backend.expected_sessions)
