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

    def lease(self) -> "Lease":
        """Return a way in that can be closed."""
        return Lease(self)


class Lease:
    """What applies events until it ends; then they are dropped, and what they told is to be found anew.

    Positions and counters come in one event, so nothing is lost and nothing counted twice by that.
    """

    def __init__(self, keeper: Keeper) -> None:
        """Lead to ``keeper``."""
        self._keeper = keeper
        self._lock = threading.Lock()
        self._ended = False

    def apply(self, event: Event) -> State:
        """Reduce ``event`` into the state, if that is still wanted; return the state."""
        with self._lock:
            return self._keeper.state if self._ended else self._keeper.apply(event)

    def end(self) -> None:
        """Let nothing more through; what is being applied is waited for."""
        with self._lock:
            self._ended = True
