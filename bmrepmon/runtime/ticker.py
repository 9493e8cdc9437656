"""A thread that does one thing again and again, and shows that it lives."""

import threading
from collections.abc import Callable

from bmrepmon.runtime.clock import Clock


class Ticker:
    """Runs ``action`` every ``period`` seconds, once more at the end.

    An action deals with the failures that it foresees. One that it does not foresee ends the thread, which
    the supervisor sees, rather than going on with a state that nobody understands.
    """

    def __init__(self, name: str, period: float, action: Callable[[], object], clock: Clock) -> None:
        """Prepare; nothing runs before ``start``."""
        self.name = name
        self._period = period
        self._action = action
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = self._new_thread()
        self.last_beat = clock.steady()

    def start(self) -> None:
        """Begin; the first run comes after one period. Again, when the thread has died."""
        if self._thread.ident is not None and not self._thread.is_alive():
            self._thread = self._new_thread()
            self.last_beat = self._clock.steady()
        self._thread.start()

    def stop(self, deadline: float) -> bool:
        """Ask for the end and wait up to ``deadline`` seconds; tell whether the thread has ended."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(deadline)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name=self.name, daemon=True)

    def _run(self) -> None:
        while not self._stopping.wait(self._period):
            self._action()
            self.last_beat = self._clock.steady()
        self._action()
