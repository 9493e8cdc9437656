"""Lets a simulated server live in real time: one thread that hands it the seconds as they pass."""

import threading
from collections.abc import Callable

import psycopg

from bmrepmon.demo.server import SimulatedServer
from bmrepmon.failures import Failure
from bmrepmon.runtime.clock import Clock

TURN = 0.1  # seconds between two steps


class Driver:
    """Advances a server's simulated time by the plan's speed."""

    def __init__(self, server: SimulatedServer, clock: Clock, on_failure: Callable[[], None]) -> None:
        """Drive ``server``; ``on_failure`` is called, in this thread, when it cannot go on."""
        self.failure: str | None = None
        self._server = server
        self._clock = clock
        self._on_failure = on_failure
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo driver", daemon=True)

    def start(self) -> None:
        """Begin; the present of the simulation becomes that of the clock."""
        self._server.timeline.anchor(self._clock.now())
        self._thread.start()

    def stop(self) -> None:
        """End; the server stays as it is."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        last = self._clock.steady()
        while not self._stopping.wait(TURN):
            now = self._clock.steady()
            try:
                self._server.step((now - last) * self._server.plan.speed)
            except (OSError, psycopg.Error, Failure) as error:
                self.failure = f"the simulated server below {self._server.root} cannot go on: {error}"
                self._on_failure()
                return
            last = now
