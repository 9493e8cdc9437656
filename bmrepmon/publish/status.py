"""From a snapshot to the status document."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from bmrepmon import __version__
from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.health import SourceHealth
from bmrepmon.model.history import Window
from bmrepmon.model.lag import FOLDER_STATES
from bmrepmon.model.observations import RowCounts, StoreCount
from bmrepmon.model.snapshot import BackendSnapshot, Snapshot
from bmrepmon.model.verdict.states import Verdict
from bmrepmon.publish.document import (
    BackendStatus,
    CoreStatus,
    DatabaseRows,
    DeltaStatus,
    EtaStatus,
    FolderCounts,
    FollowerStatus,
    HeartbeatStatus,
    History,
    LogStatus,
    PartitionActivity,
    PartitionFiles,
    RecordChanges,
    Replies,
    Sessions,
    SourceStatus,
    Status,
    StoreFiles,
    SyncLog,
    VerdictStatus,
)
from bmrepmon.publish.facts import backend_of, sole_backend, sources
from bmrepmon.publish.wording import remedy
from bmrepmon.words.language import Language, load_language


def render_status(snapshot: Snapshot) -> dict[str, Any]:
    """Return the document as the plain values that a reader of the JSON gets."""
    document: dict[str, Any] = msgspec.json.decode(encode_status(snapshot))
    return document


def encode_status(snapshot: Snapshot) -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(describe(snapshot))


def describe(snapshot: Snapshot) -> Status:
    """Build the document."""
    return Status(
        at=moment(snapshot.at),
        version=__version__,
        started_at=moment(snapshot.state.started_at),
        backends=tuple(_backend(snapshot, backend) for backend in snapshot.backends),
        other_sessions=snapshot.other_sessions,
        log=_log(snapshot),
        core=_core(snapshot),
        sources=tuple(_source(health) for health in sources(snapshot)),
    )


def history(series: str, window: Window, since: float) -> History:
    """Return the points of a series that are not older than ``since`` (Unix seconds)."""
    return History(series, tuple((moment(p.at), p.value) for p in window.points if p.at >= since))


def moment(at: float) -> datetime:
    """Return Unix seconds as a time in UTC, to the millisecond.

    >>> moment(1.5).isoformat()
    '1970-01-01T00:00:01.500000+00:00'
    """
    return datetime.fromtimestamp(round(at, 3), UTC)


def _maybe(at: float | None) -> datetime | None:
    return None if at is None else moment(at)


def _backend(snapshot: Snapshot, backend: BackendSnapshot) -> BackendStatus:
    logged = snapshot.state.durable.log.active_sessions if sole_backend(snapshot) else None
    return BackendStatus(
        name=backend.name,
        verdict=_verdict(backend.verdict) if backend.verdict else None,
        progress_ratio=backend.progress,
        eta=EtaStatus(backend.eta.likely, backend.eta.earliest, backend.eta.latest) if backend.eta else None,
        spool=_store(snapshot, backend.name, backend.spool),
        archive=_store(snapshot, backend.name, backend.archive),
        unique_messages=backend.unique_messages,
        database=_rows(backend.rows),
        folders=_folders(snapshot, backend),
        sync_log=_sync_log(backend),
        heartbeats=tuple(
            HeartbeatStatus(known.partition, moment(known.last.sent_at), known.lag(snapshot.at), len(known.outstanding))
            for known in backend.heartbeats
        ),
        delta_messages=backend.delta_messages,
        delta_explained=_explained(backend),
        sessions=Sessions(active=backend.active_sessions, expected=backend.expected_sessions, logged=logged),
    )


def _verdict(verdict: Verdict) -> VerdictStatus:
    finding, t = verdict.finding, _english()
    return VerdictStatus(
        state=finding.state,
        reason=finding.reason,
        sentence=t(f"reason_{finding.reason}"),
        remedy=remedy(t, finding.reason),
        alike=finding.alike,
        severity=verdict.severity,
        since=moment(verdict.since),
        at=moment(verdict.at),
        rule=verdict.rule,
        evidence={name: round(value, 3) for name, value in sorted(verdict.evidence.items())},
    )


@cache
def _english() -> Language:
    return load_language("en", "verdict")


def _store(snapshot: Snapshot, backend: str, count: StoreCount | None) -> StoreFiles | None:
    if count is None:
        return None
    return StoreFiles(
        counted_at=_last_success(snapshot, count.store, backend),
        files=count.files,
        messages=count.messages,
        folders=count.folders,
        unreadable=count.unreadable,
        partitions=tuple(PartitionFiles(p.partition, p.files, p.messages, p.folders) for p in count.partitions),
    )


def _rows(rows: RowCounts | None) -> DatabaseRows | None:
    if rows is None:
        return None
    return DatabaseRows(
        bodies=rows.bodies,
        doubt=rows.carried.error,
        exact=rows.carried.exact.rows,
        counted_at=moment(rows.carried.exact.at),
        drift=rows.carried.exact.drift,
        problem=rows.problem,
        server_version=rows.server_version,
    )


def _folders(snapshot: Snapshot, backend: BackendSnapshot) -> FolderCounts | None:
    folders, lag = backend.folders, backend.lag
    if folders is None:
        return None
    return FolderCounts(
        compared_at=_last_success(snapshot, "folders", backend.name),
        lag_messages=lag.lag_messages if lag else None,
        lag_changes=lag.lag_changes if lag else None,
        lag_folders=lag.lag_folders if lag else None,
        lag_seconds=backend.lag_seconds,
        passive_folders=folders.passive_folders,
        passive_messages=folders.passive_messages,
        disputed_folders=backend.disputed_folders,
        states={state: folders.states.get(state, 0) for state in FOLDER_STATES},
        unknown=dict(sorted(folders.unknown.items())),
        database=folders.database is not None,
        log=folders.log is not None,
        problem=folders.problem,
    )


def _explained(backend: BackendSnapshot) -> DeltaStatus | None:
    found, look = backend.explained, backend.records
    if look is None:
        return None
    return DeltaStatus(
        duplicate=found.duplicate,
        expunged=found.expunged,
        passive=found.passive,
        lagging=found.lagging,
        orphan=found.orphan,
        unexplained=found.unexplained,
        reckoned_at=moment(look.reckoning.at) if look.reckoning else None,
        problem=look.problem,
    )


def _sync_log(backend: BackendSnapshot) -> SyncLog | None:
    backlog = backend.backlog
    if backlog is None:
        return None
    return SyncLog(
        entries=backlog.entries,
        folders=backlog.folders,
        users=backlog.users,
        bytes=backlog.bytes,
        complete=backlog.complete,
        oldest=_maybe(backlog.oldest_at),
        batch_since=_maybe(backlog.batch_since),
    )


def _last_success(snapshot: Snapshot, source: str, backend: str) -> datetime | None:
    health = snapshot.state.health.get((source, backend))
    return _maybe(health.last_success_at) if health else None


def _log(snapshot: Snapshot) -> LogStatus | None:
    durable = snapshot.state.durable
    if "log" not in durable.checkpoints:
        return None
    log = durable.log
    return LogStatus(
        follower=_follower(durable.followers.get("log"), log.lines),
        first_event=_maybe(log.first_event_at),
        last_event=_maybe(log.last_event_at),
        apply_mailbox=sum(log.apply_mailbox.values()),
        applied_messages=log.applied_messages,
        record_changes=RecordChanges(*(log.record_changes.get(op, 0) for op in ("create", "update", "delete"))),
        replies=Replies(*(log.replies.get(status, 0) for status in ("ok", "no", "bad"))),
        errors={reason: n for reason, n in sorted(log.errors.items()) if n},
        active_sessions=log.active_sessions,
        active_sessions_at=_maybe(log.active_sessions_at),
        partitions=tuple(_partitions(snapshot)),
    )


def _partitions(snapshot: Snapshot) -> Iterator[PartitionActivity]:
    log = snapshot.state.durable.log
    for partition in sorted({*log.apply_mailbox, *log.last_apply_at, *log.last_probe_apply_at}):
        yield PartitionActivity(
            partition=partition,
            backend=backend_of(snapshot, partition),
            apply_mailbox=log.apply_mailbox.get(partition, 0),
            last_apply=_maybe(log.last_apply_at.get(partition)),
            last_heartbeat=_maybe(log.last_probe_apply_at.get(partition)),
        )


def _core(snapshot: Snapshot) -> CoreStatus | None:
    durable = snapshot.state.durable
    if "core_log" not in durable.checkpoints:
        return None
    core = durable.core
    return CoreStatus(
        follower=_follower(durable.followers.get("core_log"), core.lines),
        last_event=_maybe(core.last_event_at),
        probe_latency_seconds=core.probe_latency,
        probe_at=_maybe(core.probe_at),
        probe_failures=core.probe_failures,
        probe_failure_reason=core.probe_failure_reason,
        circuit_breaker_errors=core.circuit_breaker_errors,
    )


def _follower(known: FollowerCounts | None, lines: Mapping[str, int]) -> FollowerStatus:
    counts = known or FollowerCounts()
    return FollowerStatus(
        exists=counts.exists,
        reason=counts.reason,
        error=counts.error,
        unread_bytes=counts.unread_bytes,
        rotations=counts.rotations,
        truncations=counts.truncations,
        gaps=counts.gaps,
        lines=dict(lines),
    )


def _source(health: SourceHealth) -> SourceStatus:
    return SourceStatus(
        source=health.source,
        backend=health.backend,
        success=health.success,
        running_since=_maybe(health.running_since),
        last_success=_maybe(health.last_success_at),
        duration=health.last_duration,
        progress=health.progress,
        reason=health.reason,
        error=health.error,
    )
