"""Sessions of sync_client, from the lines that begin and end them; no line says which belong together."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

from bmrepmon.model.log_events import Command, LogEvent, Notice, SessionClosed, SessionStarted

Ending = Literal["exit", "cut", "core_restart", "open"]

MOST_SESSIONS = 10_000  # the newest ones are kept
SLACK = 2.0  # seconds between the start of a connection and the line about its session
EXIT_TO_CLOSE = 5.0  # seconds between the EXIT of a session and its end
RESTART_OLD = 30.0  # seconds: bm-core opens its port several times at a start, and sessions may begin in between


@dataclass(frozen=True, slots=True)
class SessionSpan:
    """One session; times are Unix seconds. ``end`` is None while it is open."""

    start: float
    end: float | None
    peer: str | None
    closed: Ending


class SessionLedger:
    """Joins the begin and the end of sessions by the duration that the end tells."""

    def __init__(self) -> None:
        """Know no session."""
        self._open: list[SessionSpan] = []
        self._exits: dict[str, float] = {}  # by thread
        self.count = 0
        self.ended: deque[SessionSpan] = deque(maxlen=MOST_SESSIONS)

    def add(self, event: LogEvent) -> None:
        """Note an event."""
        match event:
            case SessionStarted():
                self.count += 1
                self._open.append(SessionSpan(event.at, None, event.peer, "open"))
                del self._open[:-MOST_SESSIONS]
            case SessionClosed():
                self._close(event)
            case Command(name="EXIT"):
                self._exits[event.thread] = event.at
            case Notice(kind="core_listening"):
                self._restart(event.at)
            case _:
                pass

    def all(self) -> tuple[SessionSpan, ...]:
        """Return the sessions in the order of their begin."""
        return tuple(sorted((*self.ended, *self._open), key=lambda session: session.start))

    def _close(self, event: SessionClosed) -> None:
        start = event.at - event.seconds
        session = min(self._open, key=lambda other: abs(other.start - start), default=None)
        if session is None or abs(session.start - start) > SLACK:
            self.count += 1
            session = SessionSpan(start, None, None, "open")
        else:
            self._open.remove(session)
        said_exit = event.at - self._exits.pop(event.thread, float("-inf")) <= EXIT_TO_CLOSE
        self.ended.append(replace(session, end=event.at, closed="exit" if said_exit else "cut"))

    def _restart(self, at: float) -> None:
        left = [session for session in self._open if session.start < at - RESTART_OLD]
        self.ended.extend(replace(session, end=at, closed="core_restart") for session in left)
        self._open = [session for session in self._open if session not in left]
