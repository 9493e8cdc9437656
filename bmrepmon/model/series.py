"""The series whose last day is kept, as a table: what each is, and how it is read off a snapshot."""

from collections.abc import Callable, Iterator, Mapping

from bmrepmon.model.snapshot import BackendSnapshot, Snapshot
from bmrepmon.model.state import Sampled
from bmrepmon.model.verdict.states import VERDICT_STATES

BACKEND_SERIES: Mapping[str, Callable[[BackendSnapshot], float | None]] = {
    "spool_messages": lambda backend: backend.spool.messages if backend.spool else None,
    "archive_messages": lambda backend: backend.archive.messages if backend.archive else None,
    "bodies": lambda backend: backend.rows.bodies if backend.rows else None,
    "lag_messages": lambda backend: backend.lag.lag_messages if backend.lag else None,
    "lag_changes": lambda backend: backend.lag.lag_changes if backend.lag else None,
    "lag_folders": lambda backend: backend.lag.lag_folders if backend.lag else None,
    "lag_seconds": lambda backend: backend.lag_seconds,
    "passive_folders": lambda backend: backend.folders.passive_folders if backend.folders else None,
    "sync_log_entries": lambda backend: backend.backlog.entries if backend.backlog else None,
    "delta_messages": lambda backend: backend.delta_messages,
    "active_sessions": lambda backend: backend.active_sessions,
    "arrived_messages_total": lambda backend: backend.lag.uids if backend.lag else None,
    "missing_messages": lambda backend: (
        backend.lag.lag_messages + (backend.lag.passive_messages or 0) if backend.lag else None
    ),
    "verdict_rank": lambda backend: VERDICT_STATES.index(backend.verdict.finding.state) if backend.verdict else None,
}

SERVER_SERIES: Mapping[str, Callable[[Snapshot], float | None]] = {
    "apply_mailbox_total": lambda snapshot: sum(snapshot.state.durable.log.apply_mailbox.values()),
    "applied_messages_total": lambda snapshot: snapshot.state.durable.log.applied_messages,
    "refused_total": lambda snapshot: sum(snapshot.state.durable.log.refused.values()),
    "log_active_sessions": lambda snapshot: snapshot.state.durable.log.active_sessions,
    "core_probe_latency_seconds": lambda snapshot: snapshot.state.durable.core.probe_latency,
}


def heartbeat_lag(backend: BackendSnapshot, now: float) -> float | None:
    """Return the lag of the slowest probe of a backend, which grows while one is outstanding."""
    lags = [lag for probe in backend.heartbeats if (lag := probe.lag(now)) is not None]
    return max(lags, default=None)


def sample(snapshot: Snapshot) -> Sampled:
    """Read every series off ``snapshot``; what is not known gives no point."""
    return Sampled(snapshot.at, dict(_known(snapshot)))


def _known(snapshot: Snapshot) -> Iterator[tuple[str, float]]:
    if "log" in snapshot.state.durable.checkpoints:  # counters of a log that nobody reads are not zero, but unknown
        for name, read in SERVER_SERIES.items():
            if (value := read(snapshot)) is not None:
                yield name, value
    for backend in snapshot.backends:
        for name, read_backend in BACKEND_SERIES.items():
            if (value := read_backend(backend)) is not None:
                yield f"{name}/{backend.name}", value
        if (slowest := heartbeat_lag(backend, snapshot.at)) is not None:
            yield f"heartbeat_lag_seconds/{backend.name}", slowest
