"""One store of a backend, spool or archives, as a source."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from bmrepmon.model.observations import PartitionCount, Store, StoreCount
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.spool.printable import printable
from bmrepmon.sources.spool.tree import NOT_CYRUS, StoreTree, Tally
from bmrepmon.sources.spool.unique import UniqueMessages

EXAMPLES = 5
REASONS = {FileNotFoundError: "missing", NotADirectoryError: "not_a_directory", PermissionError: "permission"}
WAYS_OUT = {
    "missing": "set {store} of this [[backend]], or leave it empty if there is none",
    "not_a_directory": "set {store} of this [[backend]] to the directory that holds the partitions",
    "permission": "run bmrepmon as cyrus or root, or with CAP_DAC_READ_SEARCH",
    "io": "check the disk",
}


class StoreSource:
    """Counts one store of a backend. Its ``root`` may be a symbolic link; below it none is followed."""

    def __init__(self, store: Store, backend: str, root: Path, unique: UniqueMessages | None = None) -> None:
        """Take the directory that holds the partitions, and what this store shares; nothing is looked at yet."""
        self.name: Store = store
        self.backend = backend
        self._root = root
        self._tree = StoreTree(os.fsencode(root))
        self._unique = unique or UniqueMessages([store])
        self._stopping = threading.Event()

    def read(self) -> StoreCount:
        """Count what there is: by listing everything the first time, and then what has changed.

        Files that lie in the root itself belong to no partition and are counted under the name "".

        Raises:
            SourceError: about the root: ``missing``, ``not_a_directory``, ``permission``, ``io``; or ``stopped``.
        """
        try:
            for _ in self._tree.refresh():
                if self._stopping.is_set():
                    raise SourceError("stopped", f"{self.name} of {self.backend}: bmrepmon is ending")
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
