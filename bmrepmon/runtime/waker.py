"""When to look at the logs again."""

import threading
from typing import Protocol


class Waker(Protocol):
    """Tells whoever reads when to look. It only wakes: the reader looks for himself, and a timeout wakes too."""

    def wait(self, timeout: float) -> bool:
        """Return after an event or ``wake`` (True), or after ``timeout`` seconds at most (False); then look."""

    def rest(self, seconds: float) -> None:
        """Return after ``seconds`` or ``wake``, whatever the logs do."""

    def wake(self) -> None:
        """End the wait or rest that runs, or else the next one; from any thread."""

    def close(self) -> None:
        """Give back what is held; every wait ends at once from now on."""


class ManualWaker:
    """Woken by hand only: for tests, where nothing may depend on time."""

    def __init__(self) -> None:
        """Sleep until woken."""
        self._woken = threading.Event()
        self._closed = False

    def wait(self, timeout: float) -> bool:  # noqa: ARG002 - by hand only
        """Return after ``wake``."""
        self._woken.wait()
        if not self._closed:
            self._woken.clear()
        return True

    def rest(self, seconds: float) -> None:
        """Return at once: time does not pass here."""

    def wake(self) -> None:
        """End one wait."""
        self._woken.set()

    def close(self) -> None:
        """End every wait."""
        self._closed = True
        self._woken.set()
