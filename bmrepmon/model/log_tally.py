"""Folds the events of replication.log into an activity."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bmrepmon.model.durations import Durations
from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import BegunReply, Histogram, LogActivity, OpenCommand, ProbeApply
from bmrepmon.model.log_events import (
    AppliedFolder,
    BodiesMissing,
    Command,
    Continuation,
    Failure,
    LogEvent,
    Malformed,
    MessagesApplied,
    Notice,
    RecordsChanged,
    RecordsIndexed,
    Reply,
    SessionClosed,
    SessionsReported,
    SessionStarted,
    Unknown,
)
from bmrepmon.model.log_pairing import OpenCommands
from bmrepmon.model.positions import Position
from bmrepmon.model.survey import folder_key

MAX_PARTITIONS = 1000  # names that are kept apart; every further one is counted under the empty name
MAX_PROBES = 1000  # probes whose applies are kept; there is one for each partition
PROBE_APPLIES = 16  # of each: two minutes and a half of them, when bm-core's own probe works

_OUTCOMES: Mapping[type[LogEvent], str] = {Continuation: "continuation", Unknown: "unknown", Malformed: "malformed"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply whose status is known at last, with its command where that could be told."""

    at: float
    command: OpenCommand | None
    status: str  # ok, no, bad


class LogTally:
    """Counts events on top of an activity. However a log is cut into batches, the last activity is the same."""

    def __init__(self, activity: LogActivity) -> None:
        """Go on from ``activity``."""
        self._first_at, self._last_at = activity.first_event_at, activity.last_event_at
        self._lines, self._errors = Counter(activity.lines), Counter(activity.errors)
        self._commands, self._apply_mailbox = Counter(activity.commands), Counter(activity.apply_mailbox)
        self._replies, self._refused = Counter(activity.replies), Counter(activity.refused)
        self._record_changes = Counter(activity.record_changes)
        self._applied_messages = activity.applied_messages
        self._sized_messages, self._sized_bytes = activity.sized_messages, activity.sized_bytes
        self._indexed_seconds = activity.indexed_seconds
        self._indexed_records, self._missing_bodies = activity.indexed_records, activity.missing_bodies
        self._durations = {name: Durations(histogram) for name, histogram in activity.durations.items()}
        self._applied_at, self._probe_applied_at = dict(activity.last_apply_at), dict(activity.last_probe_apply_at)
        self._ok_at, self._apply_ok_at = dict(activity.last_ok_at), activity.last_apply_ok_at
        self._refused_in_row = activity.refused_in_row
        self._core_ready_at, self._session_at = activity.core_ready_at, activity.session_started_at
        self._positions, self._moved = activity.positions, dict[bytes, Position]()
        self._probe_applies = dict(activity.probe_applies)
        self._active, self._active_at = activity.active_sessions, activity.active_sessions_at
        self._started, self._closed = activity.sessions_started, activity.sessions_closed
        self._open = OpenCommands(activity.open_commands)
        self._begun = activity.begun_reply
        self._folds: Mapping[type[LogEvent], Callable[[Any], Answer | None]] = {
            Command: self._command,
            Reply: self._reply,
            SessionStarted: self._session_started,
            SessionClosed: self._session_closed,
            SessionsReported: self._sessions_reported,
            MessagesApplied: self._messages_applied,
            RecordsChanged: self._records_changed,
            RecordsIndexed: self._records_indexed,
            BodiesMissing: self._bodies_missing,
            Failure: self._failure,
            Notice: self._notice,
            Unknown: self._unknown,
        }

    def add(self, event: LogEvent) -> Answer | None:
        """Count one event; return the answer that is complete with it."""
        kind = type(event)
        self._lines[_OUTCOMES.get(kind, "event")] += 1
        if isinstance(event, Continuation):
            return self._continuation(event)
        self._begun = None
        at = event.at
        if at is not None:
            if self._first_at is None or at < self._first_at:
                self._first_at = at
            if self._last_at is None or at > self._last_at:
                self._last_at = at
        fold = self._folds.get(kind)
        return fold(event) if fold else None

    def oversized(self) -> None:
        """Count a line that was too long to be kept whole, beside its event."""
        self._lines["oversized"] += 1

    @property
    def blocked(self) -> bool:
        """Whether a command waits for its answer."""
        return bool(self._open)

    @property
    def last_event_at(self) -> float | None:
        """The time of the newest event."""
        return self._last_at

    @property
    def active_sessions(self) -> int | None:
        """Sessions as the log last said."""
        return self._active

    def activity(self) -> LogActivity:
        """Return what is known after the events so far."""
        return LogActivity(
            lines=frozen(self._lines),
            first_event_at=self._first_at,
            last_event_at=self._last_at,
            apply_mailbox=frozen(self._apply_mailbox),
            commands=frozen(self._commands),
            replies=frozen(self._replies),
            refused=frozen(self._refused),
            applied_messages=self._applied_messages,
            sized_messages=self._sized_messages,
            sized_bytes=self._sized_bytes,
            indexed_seconds=self._indexed_seconds,
            record_changes=frozen(self._record_changes),
            indexed_records=self._indexed_records,
            missing_bodies=self._missing_bodies,
            errors=frozen(self._errors),
            positions=self._positions.moved(self._moved),
            probe_applies=frozen(self._probe_applies),
            durations=frozen({name: durations.histogram() for name, durations in self._durations.items()}),
            last_apply_at=frozen(self._applied_at),
            last_probe_apply_at=frozen(self._probe_applied_at),
            last_ok_at=frozen(self._ok_at),
            last_apply_ok_at=self._apply_ok_at,
            refused_in_row=self._refused_in_row,
            core_ready_at=self._core_ready_at,
            session_started_at=self._session_at,
            active_sessions=self._active,
            active_sessions_at=self._active_at,
            sessions_started=self._started,
            sessions_closed=self._closed,
            open_commands=self._open.waiting(),
            begun_reply=self._begun,
        )

    def _command(self, event: Command) -> None:
        self._commands[event.name] += 1
        self._open.ask(event)
        if event.name == "APPLY MAILBOX":
            self._apply(event.at, event.folder)
        self._sized_messages += event.sized_messages
        self._sized_bytes += event.sized_bytes

    def _apply(self, at: float, folder: AppliedFolder | None) -> None:
        partition = (folder.partition if folder else None) or ""
        if partition not in self._apply_mailbox and len(self._apply_mailbox) >= MAX_PARTITIONS:
            partition = ""
        self._apply_mailbox[partition] += 1
        latest = self._probe_applied_at if folder and folder.probe else self._applied_at
        latest[partition] = max(at, latest.get(partition, at))

    def _reply(self, event: Reply) -> Answer | None:
        command = self._open.answer(event)
        if command is not None:
            durations = self._durations.setdefault(command.command, Durations(Histogram()))
            durations.add(max(0.0, event.at - command.at))  # threads race: an answer may be logged a little early
        if event.status is None:
            self._begun = BegunReply(event.at, command)
            return None
        return self._answered(event.at, command, event.status, event.reason)

    def _continuation(self, event: Continuation) -> Answer | None:
        begun = self._begun
        if begun is None or event.status is None:
            return None
        self._begun = None
        return self._answered(begun.at, begun.command, event.status, event.reason)

    def _answered(self, at: float, command: OpenCommand | None, status: str, reason: str | None) -> Answer:
        self._replies[status] += 1
        if status != "ok":
            self._refused[command.command if command else ""] += 1
        if reason is not None:
            self._errors[reason] += 1
        elif command and command.command.startswith("APPLY"):
            self._apply_ok_at = max(at, self._apply_ok_at or at)
        if command and command.command == "APPLY MAILBOX":
            self._refused_in_row = 0 if status == "ok" else self._refused_in_row + 1
        if status == "ok" and command and command.folder:
            partition = command.folder.partition or ""
            if partition in self._ok_at or len(self._ok_at) < MAX_PARTITIONS:
                self._ok_at[partition] = max(at, self._ok_at.get(partition, at))
            self._arrived(at, command.folder)
        return Answer(at, command, status)

    def _arrived(self, at: float, folder: AppliedFolder) -> None:
        """Note how far a folder is now; a command alone does not mean that: it may be refused."""
        modseq = folder.highest_modseq
        if modseq is None or folder.last_uid is None:
            return
        self._moved[folder_key(folder.unique_id)] = Position(modseq, folder.last_uid, folder.uid_validity or 0)
        if folder.probe and (folder.unique_id in self._probe_applies or len(self._probe_applies) < MAX_PROBES):
            applies = (*self._probe_applies.get(folder.unique_id, ()), ProbeApply(modseq, at))
            self._probe_applies[folder.unique_id] = applies[-PROBE_APPLIES:]

    def _session_started(self, event: SessionStarted) -> None:
        self._started += 1
        self._session_at = event.at
        if event.active is not None:
            self._sessions(event.at, event.active)
        elif self._active is not None:
            self._sessions(event.at, self._active + 1)

    def _session_closed(self, event: SessionClosed) -> None:
        self._closed += 1
        self._sessions(event.at, event.active)

    def _sessions_reported(self, event: SessionsReported) -> None:
        self._sessions(event.at, event.active)

    def _sessions(self, at: float, active: int) -> None:
        self._active, self._active_at = active, at
        if active == 0:
            self._open.abandon()

    def _messages_applied(self, event: MessagesApplied) -> None:
        self._applied_messages += event.messages

    def _records_changed(self, event: RecordsChanged) -> None:
        self._record_changes.update(create=event.created, update=event.updated, delete=event.deleted)

    def _records_indexed(self, event: RecordsIndexed) -> None:
        self._indexed_records += event.records
        self._indexed_seconds += event.seconds

    def _bodies_missing(self, event: BodiesMissing) -> None:
        self._missing_bodies += event.missing

    def _failure(self, event: Failure) -> None:
        self._errors[event.reason] += 1

    def _notice(self, event: Notice) -> None:
        if event.kind == "core_ready":
            self._core_ready_at = event.at
        if event.kind == "core_listening":  # a new bm-core: no session of the old one lives
            self._sessions(event.at, 0)

    def _unknown(self, event: Unknown) -> None:
        if event.severe:
            self._errors["unlisted_error"] += 1
