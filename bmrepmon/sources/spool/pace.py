"""What a pass over a store may take from a server that has little to spare."""

import ctypes
import platform
import time
from collections.abc import Callable

ROUND = 30.0  # seconds; a pass that takes longer goes on in the next round
# Linux: the number of ioprio_set by machine; the calling thread, and the class that gets the disk when nobody wants it.
IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
THIS_THREAD, IDLE = (1, 0), 3 << 13

Wait = Callable[[float], object]


class Pace:
    """Lets so many names be looked at in a second."""

    def __init__(self, per_second: int, steady: Callable[[], float] = time.monotonic, seconds: float = ROUND) -> None:
        """Take the limit, and how long a round may take."""
        self._per_second = per_second
        self._steady = steady
        self._seconds = seconds
        self._due = self._end = 0.0  # steady seconds: when the next name may be looked at, and when the round ends

    @property
    def names(self) -> float:
        """How many names a round may look at."""
        return self._per_second * self._seconds

    def begin(self, wait: Wait) -> bool:
        """Begin a round, in the thread that runs it; tell whether it may look at anything."""
        stand_back()
        now = self._steady()
        self._due, self._end = max(self._due, now), now + self._seconds
        return self._may_go_on(wait)

    def spend(self, names: int, wait: Wait) -> bool:
        """Make up for ``names`` that were looked at by waiting; tell whether the round may go on."""
        self._due += names / self._per_second
        return self._may_go_on(wait)

    def _may_go_on(self, wait: Wait) -> bool:
        pause = min(self._due, self._end) - self._steady()
        if pause > 0:
            wait(pause)
        return self._due < self._end


def stand_back() -> None:
    """Let this thread read the disk only while nobody else does; where that may not be chosen, it reads as others."""
    if number := IOPRIO_SET.get(platform.machine()):
        ctypes.CDLL(None).syscall(number, *THIS_THREAD, IDLE)
