"""How old the oldest change is that is known not to be replicated: the age of the lag."""

from collections.abc import Iterator

from bmrepmon.model.health import SourceHealth
from bmrepmon.model.heartbeat import Heartbeats
from bmrepmon.model.state import State
from bmrepmon.model.waits import oldest_wait

FRESH = 300.0  # seconds for which a look proves something; sources look more often than that unless told otherwise
LASTING = 60.0  # seconds after which it is no matter of time that witnesses disagree


def lag_seconds(state: State, backend: str, now: float) -> float | None:
    """Return the age; 0 only when it is proven that nothing waits, None when it cannot be told.

    Proven means: every folder was compared a short while ago and had everything, and the sync log, where there is
    one, was empty.
    """
    waiting_since = list(_waiting_since(state, backend, now))
    if waiting_since:
        return max(0.0, now - min(waiting_since))
    return 0.0 if _proven(state, backend, now) else None


def disputed_folders(state: State, backend: str) -> int | None:
    """Return of how many folders the database lacks, for long, what bm-core said that it has."""
    comparison = state.folders(backend)
    health = state.health.get(("folders", backend))
    if comparison is None or comparison.database is None or comparison.log is None or health is None:
        return None
    looked_at = health.last_success_at or 0.0
    return sum(looked_at - since >= LASTING for since in state.disputes.get(backend, {}).values())


def heartbeats(state: State, backend: str) -> Heartbeats:
    """Return the heartbeats of a backend while the log can be read, which alone knows the answers."""
    log = state.health.get(("log", ""))
    return state.heartbeats.get(backend, {}) if log and log.success else {}


def unanswered_since(state: State, backend: str) -> Iterator[float]:
    """Yield when each probe sent what has not come back, though the log was read since."""
    log = state.health.get(("log", ""))
    for known in heartbeats(state, backend).values():
        if known.outstanding and log and known.outstanding[0].sent_at < (log.last_success_at or 0.0):
            yield known.outstanding[0].sent_at


def _waiting_since(state: State, backend: str, now: float) -> Iterator[float]:
    if _fresh(state.health.get(("folders", backend)), now):
        since = oldest_wait(state.durable.waits.get(backend, {}))
        if since is not None:
            yield since
    yield from unanswered_since(state, backend)
    backlog = state.backlog(backend)
    if backlog and backlog.oldest_at is not None and _fresh(state.health.get(("backlog", backend)), now):
        yield backlog.oldest_at


def _proven(state: State, backend: str, now: float) -> bool:
    comparison = state.folders(backend)
    if comparison is None or comparison.unknown or comparison.behind:
        return False
    looks = [state.health[key] for key in (("folders", backend), ("backlog", backend)) if key in state.health]
    return all(look.success and _fresh(look, now) for look in looks)


def _fresh(health: SourceHealth | None, now: float) -> bool:
    return health is not None and health.last_success_at is not None and now - health.last_success_at <= FRESH
