"""The distinct messages of a backend, over its stores: Cyrus links one file into several folders."""

import threading
from collections.abc import Iterable

from bmrepmon.model.inodes import Inodes
from bmrepmon.sources.spool.tree import Change


class UniqueMessages:
    """What the stores of one backend share; each of them has its own thread."""

    def __init__(self, stores: Iterable[str]) -> None:
        """Name the stores: nothing is known before each of them was counted."""
        self._awaited = set(stores)
        self._inodes = Inodes()
        self._lock = threading.Lock()

    def after(self, store: str, changes: Iterable[Change]) -> int | None:
        """Take the changes of a pass over one store; return the distinct messages of all."""
        with self._lock:
            for change in changes:
                before, now = numbers(change.before), numbers(change.now)
                self._inodes.add(change.device, now - before if before else now)
                self._inodes.remove(change.device, before - now)
            self._awaited.discard(store)
            return None if self._awaited else len(self._inodes)


def numbers(messages: bytes) -> set[int]:
    """Return the inodes of a directory, each once."""
    return set(memoryview(messages).cast("Q"))
