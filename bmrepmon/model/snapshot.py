"""What is published: the state and what follows from it, per backend, at one moment."""

from dataclasses import dataclass

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.delta import DeltaExplained, RecordLook, explain
from bmrepmon.model.heartbeat import Heartbeat
from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.lag_age import disputed_folders, heartbeats, lag_seconds
from bmrepmon.model.observations import RowCounts, SessionCounts, StoreCount
from bmrepmon.model.state import State
from bmrepmon.model.verdict.drain import Eta, remaining_time
from bmrepmon.model.verdict.states import Trail, Verdict


@dataclass(frozen=True, slots=True)
class BackendFacts:
    """What configuration and discovery know of a backend."""

    name: str
    addresses: tuple[str, ...]  # from which its sync_client connects; empty when not known
    expected_sessions: int


@dataclass(frozen=True, slots=True)
class BackendSnapshot:
    """One backend; ``None`` is "not known", and is published as nothing at all."""

    name: str
    spool: StoreCount | None
    archive: StoreCount | None
    unique_messages: int | None  # distinct (device, inode) over both stores
    rows: RowCounts | None
    folders: FolderComparison | None
    lag_seconds: float | None  # age of the oldest change known not to be replicated; 0 only when proven
    disputed_folders: int | None  # whose rows lack, for long, what bm-core said that it has
    backlog: SyncBacklog | None
    heartbeats: tuple[Heartbeat, ...]  # of its partitions that have a probe, while the log can be read
    delta_messages: int | None  # spool + archive message files minus bodies, signed
    records: RecordLook | None
    explained: DeltaExplained  # what it is made of
    active_sessions: int | None
    expected_sessions: int
    verdict: Verdict | None = None  # None before the first judgement
    eta: Eta | None = None  # None while it does not drain

    @property
    def progress(self) -> float | None:
        """The share of all messages that is replicated, 0 to 1; what was never replicated is missing from it."""
        if self.lag is None or not self.lag.messages:
            return None
        missing = self.lag.lag_messages + (self.lag.passive_messages or 0)
        return min(1.0, max(0.0, 1.0 - missing / self.lag.messages))

    @property
    def lag(self) -> FolderComparison | None:
        """The comparison of folders, once it can say anything about lag."""
        return self.folders if self.folders and self.folders.told else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole, for publishers: they render it and compute nothing."""

    at: float  # Unix seconds
    state: State
    backends: tuple[BackendSnapshot, ...]
    other_sessions: int | None  # from addresses that belong to no known backend
    named_folders: int = 0  # of each backend, the worst, that may be named in metrics


def derive(state: State, facts: tuple[BackendFacts, ...], now: float, named_folders: int = 0) -> Snapshot:
    """Work out what follows from ``state``; pure and cheap, so it may be called for every request.

    ``named_folders`` is how many folders of a backend metrics may name.
    """
    sessions = state.sessions()
    by_backend = assign_sessions(sessions, facts)
    return Snapshot(
        at=now,
        state=state,
        backends=tuple(_backend(state, fact, by_backend.get(fact.name), now) for fact in facts),
        other_sessions=None if sessions is None else sessions.total - sum(by_backend.values()),
        named_folders=named_folders,
    )


def assign_sessions(sessions: SessionCounts | None, facts: tuple[BackendFacts, ...]) -> dict[str, int]:
    """Tell how many sessions each backend has; a backend whose addresses are not known is left out.

    The only backend of an installation with a single server owns every session, wherever it comes from.
    """
    if sessions is None:
        return {}
    if len(facts) == 1 and not facts[0].addresses:
        return {facts[0].name: sessions.total}
    return {
        fact.name: sum(peer.sessions for peer in sessions.peers if peer.address in fact.addresses)
        for fact in facts
        if fact.addresses
    }


def _backend(state: State, fact: BackendFacts, active: int | None, now: float) -> BackendSnapshot:
    spool, archive = state.store_count("spool", fact.name), state.store_count("archive", fact.name)
    records = state.records(fact.name)
    rows, files = state.rows(fact.name), _files(state, fact.name, spool, archive)
    trail = state.durable.trails.get(fact.name, Trail())
    return BackendSnapshot(
        name=fact.name,
        spool=spool,
        archive=archive,
        unique_messages=None if _awaited(state, fact.name) else state.unique_messages.get(fact.name),
        rows=rows,
        folders=state.folders(fact.name),
        lag_seconds=lag_seconds(state, fact.name, now),
        disputed_folders=disputed_folders(state, fact.name),
        backlog=state.backlog(fact.name),
        heartbeats=tuple(heartbeats(state, fact.name).values()),
        delta_messages=_delta(files, rows),
        records=records,
        explained=explain(_whole(files, spool, archive), records),
        active_sessions=active,
        expected_sessions=fact.expected_sessions,
        verdict=trail.verdict,
        eta=remaining_time(trail),
    )


def _delta(files: int | None, rows: RowCounts | None) -> int | None:
    """Files minus rows."""
    return None if files is None or rows is None or rows.bodies is None else files - rows.bodies


def _files(state: State, backend: str, spool: StoreCount | None, archive: StoreCount | None) -> int | None:
    """Count message files, once every store that this backend has was walked at least once."""
    if not (spool or archive) or _awaited(state, backend):
        return None
    return sum(store.messages for store in (spool, archive) if store)


def _whole(files: int | None, *stores: StoreCount | None) -> int | None:
    """Return the files where none could hide in a directory that could not be listed."""
    return None if any(store and store.unreadable for store in stores) else files


def _awaited(state: State, backend: str) -> bool:
    """Whether a store of this backend is observed but has no good count yet."""
    return any(
        (store, backend) in state.health and state.store_count(store, backend) is None for store in ("spool", "archive")
    )
