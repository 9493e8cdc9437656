"""Folds the events of replication.log into an activity."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bmrepmon.model.frame_tally import FrameTally
from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import LogActivity, OpenCommand
from bmrepmon.model.log_events import (
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
from bmrepmon.model.log_pairing import Asked, frame_digits, open_command

_OUTCOMES: Mapping[type[LogEvent], str] = {Continuation: "continuation", Unknown: "unknown", Malformed: "malformed"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply whose status is known at last, with its command where that could be told."""

    at: float
    command: OpenCommand | None
    status: str  # ok, no, bad


class Told:
    """What a message tells: the numbers that one method of a tally adds up. No two are equal."""

    __slots__ = ("method", "numbers")

    def __init__(self, method: str, *numbers: int) -> None:
        """Take ``applied``, ``changed`` or ``indexed``, with the numbers that it takes."""
        self.method = method
        self.numbers = numbers


class LogTally:
    """Counts events on top of an activity. However a log is cut into batches, the last activity is the same."""

    def __init__(self, activity: LogActivity) -> None:
        """Go on from ``activity``."""
        self._base = activity
        self._first_at, self._last_at = activity.first_event_at, activity.last_event_at
        self._lines, self._errors = Counter(activity.lines), Counter(activity.errors)
        self._record_changes = Counter(activity.record_changes)
        self._applied_messages = activity.applied_messages
        self._indexed_millis = round(activity.indexed_seconds * 1000)  # whole numbers: their order does not matter
        self._indexed_records, self._missing_bodies = activity.indexed_records, activity.missing_bodies
        self._core_ready_at, self._session_at = activity.core_ready_at, activity.session_started_at
        self._active, self._active_at = activity.active_sessions, activity.active_sessions_at
        self._started, self._closed = activity.sessions_started, activity.sessions_closed
        self.told: list[Told] = []  # that wait to be counted, those that tell the same together
        self.frames = FrameTally(activity, self._errors)
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
        if kind is not Command and kind is not Reply:
            self.frames.begun = None
        if event.at is not None:
            self.saw(event.at, event.at)
        fold = self._folds.get(kind)
        return fold(event) if fold else None

    def add_plain(self, events: int) -> None:
        """Count events that were folded as plain values."""
        self._lines["event"] += events

    def saw(self, first_at: float, last_at: float) -> None:
        """Take note of the times of events."""
        if self._first_at is None or first_at < self._first_at:
            self._first_at = first_at
        if self._last_at is None or last_at > self._last_at:
            self._last_at = last_at

    def go_on(self, status: str | None) -> None:
        """Count a line that belongs to the event before it, with the status if it tells one that needs no reason."""
        self._lines["continuation"] += 1
        self.frames.go_on(status, None)

    def oversized(self) -> None:
        """Count a line that was too long to be kept whole, beside its event."""
        self._lines["oversized"] += 1

    @property
    def blocked(self) -> bool:
        """Whether a command waits for its answer."""
        return self.frames.blocked

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
        self.settle()
        known = replace(
            self._base,
            lines=frozen(self._lines),
            first_event_at=self._first_at,
            last_event_at=self._last_at,
            applied_messages=self._applied_messages,
            indexed_seconds=self._indexed_millis / 1000,
            record_changes=frozen(self._record_changes),
            indexed_records=self._indexed_records,
            missing_bodies=self._missing_bodies,
            errors=frozen(self._errors),
            core_ready_at=self._core_ready_at,
            session_started_at=self._session_at,
            active_sessions=self._active,
            active_sessions_at=self._active_at,
            sessions_started=self._started,
            sessions_closed=self._closed,
        )
        return self.frames.onto(known)

    def settle(self) -> None:
        """Count what waits to be counted; to be called now and then, or it takes more and more memory."""
        for told, times in Counter(self.told).items():
            getattr(self, told.method)(*[number * times for number in told.numbers])
        self.told.clear()
        self.frames.settle()

    def applied(self, messages: int) -> None:
        """Count messages that were stored."""
        self._applied_messages += messages

    def changed(self, created: int, updated: int, deleted: int) -> None:
        """Count changes of records."""
        changes = self._record_changes
        changes["create"] += created
        changes["update"] += updated
        changes["delete"] += deleted

    def indexed(self, records: int, millis: int) -> None:
        """Count records that were indexed."""
        self._indexed_records += records
        self._indexed_millis += millis

    def _command(self, event: Command) -> None:
        at, thread, frame = event.at, event.thread, frame_digits(event.frame)
        if event.name == "APPLY MAILBOX":
            self.frames.apply(at, thread, frame, event.folder)
        elif event.name == "APPLY MESSAGE":
            self.frames.send(at, thread, frame, event.sized_messages, event.sized_bytes)
        else:
            self.frames.ask(at, thread, frame, event.name)

    def _reply(self, event: Reply) -> Answer | None:
        asked = self.frames.reply(event.at, event.thread, frame_digits(event.frame), event.status, event.reason)
        self.frames.settle()
        return _answer(event.at, asked, event.status) if event.status else None

    def _continuation(self, event: Continuation) -> Answer | None:
        begun = self.frames.go_on(event.status, event.reason)
        return _answer(*begun, event.status) if begun and event.status else None

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
            self.frames.abandon()

    def _messages_applied(self, event: MessagesApplied) -> None:
        self.applied(event.messages)

    def _records_changed(self, event: RecordsChanged) -> None:
        self.changed(event.created, event.updated, event.deleted)

    def _records_indexed(self, event: RecordsIndexed) -> None:
        self.indexed(event.records, round(event.seconds * 1000))

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


def _answer(at: float, asked: Asked | None, status: str) -> Answer:
    return Answer(at, asked and open_command(asked), status)
