"""One store of a backend, spool or archives, as a source."""

import os
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

from bmrepmon.model.observations import PartitionCount, Store, StoreCount
from bmrepmon.model.readings import Partial, SourceError
from bmrepmon.sources.spool.pace import Pace
from bmrepmon.sources.spool.printable import printable
from bmrepmon.sources.spool.tree import NOT_CYRUS, StoreTree, Tally
from bmrepmon.sources.spool.unique import UniqueMessages

EXAMPLES = 5
LIMIT = "[limits] spool_files_per_second lets no more be looked at in this one"
REASONS = {FileNotFoundError: "missing", NotADirectoryError: "not_a_directory", PermissionError: "permission"}
WAYS_OUT = {
    "missing": "set {store} of this [[backend]], or leave it empty if there is none",
    "not_a_directory": "set {store} of this [[backend]] to the directory that holds the partitions",
    "permission": "run bmrepmon as cyrus or root, or with CAP_DAC_READ_SEARCH",
    "io": "check the disk",
}


class StoreSource:
    """Counts one store of a backend. Its ``root`` may be a symbolic link; below it none is followed."""

    def __init__(
        self, store: Store, backend: str, root: Path, unique: UniqueMessages | None = None, pace: Pace | None = None
    ) -> None:
        """Take the directory that holds the partitions, what this store shares, and its limit; nothing is looked at."""
        self.name: Store = store
        self.backend = backend
        self._root = root
        self._tree = StoreTree(os.fsencode(root), alone=pace is not None)
        self._pace = pace
        self._going: Generator[int] | None = None  # a pass that takes several rounds
        self._unique = unique or UniqueMessages([store])
        self._stopping = threading.Event()

    def read(self) -> StoreCount:
        """Count what there is: by listing everything the first time, and then what has changed.

        Files that lie in the root itself belong to no partition and are counted under the name "".

        Raises:
            Partial: the limit let this round look at a part of it.
            SourceError: about the root: ``missing``, ``not_a_directory``, ``permission``, ``io``; or ``stopped``.
        """
        try:
            self._go_on()
        except OSError as error:
            raise self._failed(error) from error
        unreadable = self._tree.unreadable
        changes, self._tree.changes = self._tree.changes, []
        return StoreCount(
            store=self.name,
            partitions=tuple(sorted(self._partitions(), key=lambda partition: partition.partition)),
            unique_messages=self._unique.after(self.name, changes),
            unreadable=len(unreadable),
            unreadable_examples=tuple(printable(path) for path in unreadable[:EXAMPLES]),
        )

    def _go_on(self) -> None:
        """Go on with the pass that the last round began, or begin one; to its end, unless there is a limit."""
        wait = self._stopping.wait
        may = self._pace is None or self._pace.begin(wait)
        going, self._going = self._going or self._tree.refresh(), None
        while may:
            looked_at = next(going, None)
            if looked_at is None:
                return
            if self._stopping.is_set():
                going.close()
                raise SourceError("stopped", f"{self.name} of {self.backend}: bmrepmon is ending")
            may = self._pace is None or self._pace.spend(looked_at, wait)
        self._going = going
        raise Partial(
            f"{self.name} of {self.backend}: {self._tree.waiting} folders or more wait for the next round; {LIMIT}"
        )

    def close(self) -> None:
        """End a pass that runs; nothing is held open between two."""
        self._stopping.set()

    def _partitions(self) -> Iterator[PartitionCount]:
        for name, tally in self._tree.partitions():
            if tally != Tally() or name not in (b"", NOT_CYRUS):
                yield PartitionCount(printable(name), tally.files, tally.messages, tally.folders)

    def _failed(self, error: OSError) -> SourceError:
        reason = REASONS.get(type(error), "io")
        way_out = WAYS_OUT[reason].format(store=self.name)
        return SourceError(reason, f"{self.name} {self._root}: {error.strerror}; its messages are unknown; {way_out}")
