"""Everything the daemon knows, and the one function that changes it.

``reduce(state, event)`` is the only way from one state to the next. There is one writer at a time
(runtime.keeper); events carry their own times; readers take the frozen value and never wait.
"""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.carried import Carried
from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.delta import RecordLook
from bmrepmon.model.frozen import frozen
from bmrepmon.model.health import SourceHealth, finished, started
from bmrepmon.model.heartbeat import Heartbeats, ProbeFolders, beat, pair
from bmrepmon.model.history import Window
from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.observations import Observation, RowCounts, SessionCounts, StoreCount
from bmrepmon.model.positions import NO_POSITIONS, PastPositions, Positions
from bmrepmon.model.readings import Reading, RoundStarted
from bmrepmon.model.verdict.states import Trail
from bmrepmon.model.waits import Waits, still, wait_on

Key = tuple[str, str]  # source, backend
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class LogAdvanced:
    """A follower has read on: its whole new activity, counts and position, folded together or not at all."""

    source: str  # "log" or "core_log"
    activity: LogActivity | CoreActivity | None  # None: only the follower's own counts changed
    counts: FollowerCounts
    checkpoint: Checkpoint | None


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sample of every series whose value is known (model.series tells which), at a time (Unix seconds)."""

    at: float
    values: Mapping[str, float]  # by "name" or "name/backend"


@dataclass(frozen=True, slots=True)
class Judged:
    """Every backend has been judged."""

    trails: Mapping[str, Trail]


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """From now on just these are observed."""

    keys: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Durable:
    """What is saved and restored as one document: positions with the counters that they stand for."""

    log: LogActivity = field(default_factory=LogActivity)
    core: CoreActivity = field(default_factory=CoreActivity)
    checkpoints: Mapping[str, Checkpoint] = field(default_factory=frozen)
    followers: Mapping[str, FollowerCounts] = field(default_factory=frozen)
    past: Positions = NO_POSITIONS  # of folders, from logs that are older than the one that is followed
    waits: Mapping[str, Waits] = field(default_factory=frozen)  # by backend: what its folders wait for
    bodies: Mapping[str, Carried] = field(default_factory=frozen)  # by backend: their last exact count, and since then
    history: Mapping[str, Window] = field(default_factory=frozen)  # by series, "name" or "name/backend"
    trails: Mapping[str, Trail] = field(default_factory=frozen)  # by backend: its verdict, and what led to it


@dataclass(frozen=True, slots=True)
class State:
    """The daemon's whole knowledge at one moment. Last good observations stay, with their health telling their age."""

    started_at: float
    durable: Durable = Durable()
    observations: Mapping[Key, Observation] = field(default_factory=frozen)
    health: Mapping[Key, SourceHealth] = field(default_factory=frozen)
    disputes: Mapping[str, Mapping[str, float]] = field(default_factory=frozen)  # by backend and folder: since when
    heartbeats: Mapping[str, Heartbeats] = field(default_factory=frozen)  # by backend
    unique_messages: Mapping[str, int] = field(default_factory=frozen)  # by backend, over the stores known so far

    def store_count(self, store: str, backend: str) -> StoreCount | None:
        """Return the last good walk over a store."""
        observation = self.observations.get((store, backend))
        return observation if isinstance(observation, StoreCount) else None

    def rows(self, backend: str) -> RowCounts | None:
        """Return the last good count of bodies."""
        observation = self.observations.get(("database", backend))
        return observation if isinstance(observation, RowCounts) else None

    def folders(self, backend: str) -> FolderComparison | None:
        """Return the last good comparison of folders."""
        observation = self.observations.get(("folders", backend))
        return observation if isinstance(observation, FolderComparison) else None

    def records(self, backend: str) -> RecordLook | None:
        """Return the last good look at the records."""
        observation = self.observations.get(("records", backend))
        return observation if isinstance(observation, RecordLook) else None

    def backlog(self, backend: str) -> SyncBacklog | None:
        """Return the sync log as it was seen last."""
        observation = self.observations.get(("backlog", backend))
        return observation if isinstance(observation, SyncBacklog) else None

    def logged(self) -> Positions:
        """Return where each folder is by the log, that of past days included."""
        return self.durable.log.positions.over(self.durable.past)

    def sessions(self) -> SessionCounts | None:
        """Return the sessions that the kernel showed last."""
        observation = self.observations.get(("sessions", ""))
        return observation if isinstance(observation, SessionCounts) else None


Event = RoundStarted | Reading | LogAdvanced | Sampled | Judged | Reconfigured


def reduce(state: State, event: Event) -> State:
    """Return the state after ``event``; pure, and total over every event."""
    match event:
        case RoundStarted():
            health = started(_health(state, event.source, event.backend), event)
            return replace(state, health=_with(state.health, (event.source, event.backend), health))
        case Reading():
            return _read(state, event)
        case LogAdvanced():
            return _paired(replace(state, durable=_advanced(state.durable, event)), event)
        case Sampled():
            return replace(state, durable=_sampled(state.durable, event))
        case Judged():
            return replace(state, durable=replace(state.durable, trails=event.trails))
        case Reconfigured():
            return _reconfigured(state, event.keys)


def _reconfigured(state: State, keys: frozenset[Key]) -> State:
    """Forget what is observed no longer; what the logs told and the history stay."""
    backends = {backend for _, backend in keys}
    durable = replace(
        state.durable,
        waits=_only(state.durable.waits, backends),
        bodies=_only(state.durable.bodies, backends),
        trails=_only(state.durable.trails, backends),
    )
    return replace(
        state,
        durable=durable,
        observations=_only(state.observations, keys),
        health=_only(state.health, keys),
        disputes=_only(state.disputes, backends),
        heartbeats=_only(state.heartbeats, backends),
        unique_messages=_only(state.unique_messages, backends),
    )


def _only(mapping: Mapping[K, V], keys: AbstractSet[K]) -> Mapping[K, V]:
    return frozen({key: value for key, value in mapping.items() if key in keys})


def _health(state: State, source: str, backend: str) -> SourceHealth:
    return state.health.get((source, backend)) or SourceHealth(source, backend)


def _with(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return frozen({**mapping, key: value})


def _read(state: State, reading: Reading) -> State:
    key = (reading.source, reading.backend)
    state = replace(state, health=_with(state.health, key, finished(_health(state, *key), reading)))
    if reading.observation is None:
        return state
    state = replace(state, observations=_with(state.observations, key, reading.observation))
    return _followed(state, reading.backend, reading.observation, reading.started_at)


def _followed(state: State, backend: str, observation: Observation, at: float) -> State:
    """Work out what is kept beside an observation."""
    match observation:
        case StoreCount():
            return _counted_once(state, backend, observation)
        case FolderComparison():
            return _waited(state, backend, observation, at)
        case RowCounts():
            bodies = _with(state.durable.bodies, backend, observation.carried)
            return replace(state, durable=replace(state.durable, bodies=bodies))
        case PastPositions():
            return replace(state, durable=replace(state.durable, past=observation.positions))
        case ProbeFolders():
            heartbeats = beat(state.heartbeats.get(backend, frozen()), observation, state.durable.log)
            return replace(state, heartbeats=_with(state.heartbeats, backend, heartbeats))
    return state


def _paired(state: State, event: LogAdvanced) -> State:
    """Let heartbeats find their answers in what the log has told."""
    if not (state.heartbeats and isinstance(event.activity, LogActivity)):
        return state
    log = event.activity
    return replace(state, heartbeats=frozen({name: pair(known, log) for name, known in state.heartbeats.items()}))


def _waited(state: State, backend: str, comparison: FolderComparison, at: float) -> State:
    """Note since when folders are behind, and since when the witnesses disagree."""
    waits = wait_on(state.durable.waits.get(backend, frozen()), comparison.behind, at)
    disputes = still(state.disputes.get(backend, frozen()), comparison.disputed, at)
    durable = replace(state.durable, waits=_with(state.durable.waits, backend, waits))
    return replace(state, durable=durable, disputes=_with(state.disputes, backend, disputes))


def _counted_once(state: State, backend: str, count: StoreCount) -> State:
    """Take the distinct messages of a backend from whichever of its stores was walked last."""
    if count.unique_messages is None:
        return state
    return replace(state, unique_messages=_with(state.unique_messages, backend, count.unique_messages))


def _advanced(durable: Durable, event: LogAdvanced) -> Durable:
    known = durable.followers.get(event.source)
    if event.source == "log" and known and event.counts.gaps > known.gaps:
        durable = replace(durable, past=NO_POSITIONS)  # what came after it may be missing
    durable = replace(durable, followers=_with(durable.followers, event.source, event.counts))
    if event.checkpoint is not None:
        durable = replace(durable, checkpoints=_with(durable.checkpoints, event.source, event.checkpoint))
    match event.activity:
        case LogActivity():
            return replace(durable, log=event.activity)
        case CoreActivity():
            return replace(durable, core=event.activity)
        case None:
            return durable


def _sampled(durable: Durable, event: Sampled) -> Durable:
    added = {name: durable.history.get(name, Window()).add(event.at, value) for name, value in event.values.items()}
    return replace(durable, history=frozen({**durable.history, **added}))
