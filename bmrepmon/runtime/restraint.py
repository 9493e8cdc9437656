"""How often the log says the same thing."""

import threading
import time
from collections.abc import Callable

PER_MINUTE = 20  # lines of one kind
KINDS = 200  # that are told apart; the rest share one allowance


class Restraint:
    """Lets so many lines of a kind pass a minute, and says with the first of the next how many did not."""

    def __init__(self, per_minute: int = PER_MINUTE, steady: Callable[[], float] = time.monotonic) -> None:
        """Begin with every allowance unused."""
        self._per_minute = per_minute
        self._steady = steady
        self._lock = threading.Lock()
        self._minute = 0
        self._seen: dict[str, int] = {}
        self._held: dict[str, int] = {}

    def admit(self, kind: str) -> int | None:
        """Return None for a line that is to be left out, else how many of its kind were since the last one."""
        with self._lock:
            self._turn()
            kind = kind if kind in self._seen or len(self._seen) < KINDS else ""
            self._seen[kind] = seen = self._seen.get(kind, 0) + 1
            if seen <= self._per_minute:
                return self._held.pop(kind, 0)
            self._held[kind] = self._held.get(kind, 0) + 1
            return None

    def _turn(self) -> None:
        """Begin a new minute."""
        minute = int(self._steady() // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, dict.fromkeys(self._held, 0)
