"""From a snapshot to the evidence of each backend: the one place where the rules' numbers are read off the state."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bmrepmon.model.frozen import frozen
from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.lag_age import LASTING, unanswered_since
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.snapshot import BackendSnapshot, Snapshot
from bmrepmon.model.state import Judged, State
from bmrepmon.model.verdict.evidence import Evidence
from bmrepmon.model.verdict.judge import judge
from bmrepmon.model.verdict.states import Trail
from bmrepmon.model.verdict.thresholds import Thresholds

FRESH = 300.0  # seconds for which a look tells of now


def judge_all(snapshot: Snapshot, t: Thresholds) -> Judged:
    """Judge every backend."""
    before = snapshot.state.durable.trails
    return Judged(
        frozen(
            {
                backend.name: judge(gather(snapshot, backend, t), before.get(backend.name, Trail()), t, snapshot.at)
                for backend in snapshot.backends
            }
        )
    )


def gather(snapshot: Snapshot, backend: BackendSnapshot, t: Thresholds) -> Evidence:
    """Read the evidence of one backend off a snapshot."""
    state, now = snapshot.state, snapshot.at
    sole = len(snapshot.backends) == 1
    log = Logged(state.durable.log, None if sole else backend.name.replace(".", "_"))
    sessions = state.sessions() if seen(state, "sessions", "", now) else None
    backlog = backend.backlog if seen(state, "backlog", backend.name, now) else None
    folders = backend.lag if seen(state, "folders", backend.name, now) else None
    waits = sort_behind(folders, state, backend.name, t, now)
    return Evidence(
        log=seen(state, "log", "", now),
        folders=None if seen(state, "folders", backend.name, now) is None else folders is not None,
        backlog=seen(state, "backlog", backend.name, now),
        database=seen(state, "database", backend.name, now),
        sessions=backend.active_sessions if sessions else log.activity.active_sessions if sole else None,
        expected=backend.expected_sessions,
        listening=sessions.listening if sessions else None,
        core_ready_age=age(log.activity.core_ready_at, now),
        reconnected=(log.activity.session_started_at or 0.0) >= (log.activity.core_ready_at or 0.0),
        entries=backlog.entries if backlog else None,
        backlog_age=age(backlog.oldest_at, now) if backlog else None,
        batch_age=age(backlog.batch_since, now) if backlog else None,
        lag_messages=waits.messages if folders else None,
        lag_folders=waits.folders if folders else None,
        lag_age=age(waits.since, now),
        stuck_folders=waits.stuck,
        residual_folders=waits.residual,
        remaining=folders.lag_messages + (folders.passive_messages or 0) if folders else None,
        messages=folders.messages if folders else None,
        probes=len(backend.heartbeats),
        probe_waits=age(min(unanswered_since(state, backend.name), default=None), now),
        probe_age=age(log.latest(log.activity.last_probe_apply_at), now),
        apply_age=age(log.latest(log.activity.last_apply_at), now),
        ok_age=age(log.last_ok, now),
        refused_in_row=log.activity.refused_in_row if sole else 0,
        command_waits=age(log.oldest_command, now),
        errors=log.activity.errors,
        passive_folders=(folders.passive_folders or 0) if folders else 0,
        default_folders=folders.states.get("default", 0) if folders else 0,
        disputed_folders=backend.disputed_folders or 0,
    )


class Logged(NamedTuple):
    """What replication.log says of one backend; ``server`` is None where it is the only one."""

    activity: LogActivity
    server: str | None

    def latest(self, times: Mapping[str, float]) -> float | None:
        """Return the latest of times by partition."""
        return max((at for partition, at in times.items() if self.owns(partition)), default=None)

    def owns(self, partition: str) -> bool:
        """Whether a partition belongs to the backend."""
        return self.server is None or partition.partition("__")[0] == self.server

    @property
    def last_ok(self) -> float | None:
        """When bm-core last answered OK; other commands than APPLY MAILBOX name no partition."""
        return self.activity.last_apply_ok_at if self.server is None else self.latest(self.activity.last_ok_at)

    @property
    def oldest_command(self) -> float | None:
        """Since when the oldest command waits for its answer."""
        waiting: Iterable[float] = (
            command.at
            for command in self.activity.open_commands
            if self.server is None or (command.folder and self.owns(command.folder.partition or ""))
        )
        return min(waiting, default=None)


class SortedBehind(NamedTuple):
    """The folders that are behind, sorted by what can be expected of them."""

    messages: int = 0  # that are under way
    folders: int = 0
    since: float | None = None
    stuck: int = 0
    residual: int = 0


def sort_behind(
    comparison: FolderComparison | None, state: State, backend: str, t: Thresholds, now: float
) -> SortedBehind:
    """Tell those that are under way from those that have waited for too long, and those that nobody writes to."""
    waits, disputes = state.durable.waits.get(backend, {}), state.disputes.get(backend, {})
    messages = folders = stuck = residual = 0
    since = list[float]()
    for folder in comparison.behind if comparison else ():
        steps = waits.get(folder.key.hex())
        at = steps[0].at if steps else folder.changed_at
        if now - disputes.get(folder.key.hex(), now) >= LASTING:
            continue  # bm-core said that it has it: it is lost, and not late
        if now - folder.changed_at > t.residue_after:
            residual += 1
        elif now - at > t.stuck_after:
            stuck += 1
        else:
            messages += max(0, folder.last_uid - folder.position.last_uid)
            folders += 1
            since.append(at)
    return SortedBehind(messages, folders, min(since, default=None), stuck, residual)


def seen(state: State, source: str, backend: str, now: float) -> bool | None:
    """Return whether a source tells of now; None where there is none, or it has not been read yet."""
    health = state.health.get((source, backend))
    if health is None or health.success is None:
        return None
    if health.reason == "no_data" and source == "folders":
        return None
    fresh = source in ("log", "database") or now - (health.last_success_at or 0.0) <= FRESH
    return bool(health.success) and fresh


def age(at: float | None, now: float) -> float | None:
    """Return how long ago something was."""
    return None if at is None else max(0.0, now - at)
