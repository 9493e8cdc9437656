"""Keeps the state: one writer at a time, any number of readers that never wait."""

import threading

from bmrepmon.model.state import Event, State, reduce


class Keeper:
    """Holds the current state and applies events to it, one after the other, from any thread."""

    def __init__(self, state: State) -> None:
        """Start from ``state``."""
        self._state = state
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """The current state; frozen, so it can be used for as long as the reader likes."""
        return self._state

    def apply(self, event: Event) -> State:
        """Reduce ``event`` into the state and return the new one."""
        with self._lock:
            self._state = reduce(self._state, event)
            return self._state
