"""Sources whose rounds a test steers by hand, and a clock that it sets."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from bmrepmon.model.observations import Observation, SessionCounts
from bmrepmon.model.readings import Reading, RoundStarted
from bmrepmon.model.state import Event

NOTHING = SessionCounts(())
WITHIN = 20.0  # seconds that a test waits for what must come


@dataclass
class HandClock:
    """Time that passes by hand; both clocks go alike."""

    moment: float = 1000.0

    def now(self) -> float:
        return 1_700_000_000.0 + self.moment

    def steady(self) -> float:
        return self.moment


@dataclass
class Scripted:
    """A source that does in each round what the test says."""

    action: Callable[[], Observation] = lambda: NOTHING
    name: str = "spool"
    backend: str = "bm-master"
    closed: int = 0

    def read(self) -> Observation:
        return self.action()

    def close(self) -> None:
        self.closed += 1


@dataclass
class Hanging(Scripted):
    """A source whose rounds last until they are let go, or until it is closed if it is polite."""

    polite: bool = True
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    let_go: threading.Event = field(default_factory=threading.Event)

    def read(self) -> Observation:
        self.began.release()
        assert self.let_go.wait(WITHIN)
        return NOTHING

    def close(self) -> None:
        super().close()
        if self.polite:
            self.let_go.set()


class Applied:
    """Keeps every event, and lets a test wait for readings."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def readings(self, source: str = "") -> list[Reading]:
        return [event for event in self.events if isinstance(event, Reading) and event.source.startswith(source)]

    def starts(self) -> list[RoundStarted]:
        return [event for event in self.events if isinstance(event, RoundStarted)]

    def await_readings(self, number: int, source: str = "") -> list[Reading]:
        """Wait until ``source`` (default any) has brought so many readings."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.readings(source)) >= number, WITHIN)
            return self.readings(source)
