"""One store of a backend, spool or archives, as a source."""

import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from bmrepmon.model.observations import PartitionCount, Store, StoreCount
from bmrepmon.model.readings import Partial, SourceError
from bmrepmon.sources.spool.pace import Pace
from bmrepmon.sources.spool.printable import printable
from bmrepmon.sources.spool.tree import NOT_CYRUS, StoreTree, Tally
from bmrepmon.sources.spool.unique import UniqueMessages

EXAMPLES = 5
PARTIAL = (
    "{store} of {backend}: {done:.0%} of this pass is done, {waiting} folders or more wait for the next round; "
    "[limits] spool_files_per_second lets no more be looked at in this one"
)
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
        self,
        store: Store,
        backend: str,
        root: Path,
        unique: UniqueMessages | None = None,
        pace: Pace | None = None,
        *,
        first: Callable[[], Iterable[bytes]] = tuple,
    ) -> None:
        """Take the directory that holds the partitions, what this store shares, and its limit; nothing is looked at.

        ``first`` tells what is known to have changed, as paths below a partition: where there is a limit, each round
        begins with it, so that a pass that takes many rounds does not keep back what it would find at its end.
        """
        self.name: Store = store
        self.backend = backend
        self._root = root
        self._tree = StoreTree(os.fsencode(root), alone=pace is not None)
        self._pace = pace
        self._first = first
        self._going: Generator[int] | None = None  # a pass that takes several rounds
        self._owed = (
            0  # names that were looked at ahead of the pass, which is to look at as many before it happens again
        )
        self._counted = False  # whether one pass has come to its end
        self._unique = unique or UniqueMessages([store])
        self._stopping = threading.Event()

    def read(self) -> StoreCount:
        """Count what there is: by listing everything the first time, and then what has changed.

        Files that lie in the root itself belong to no partition and are counted under the name "".

        Raises:
            Partial: the limit let this round look at a part; after the first whole pass the others count as they were.
            SourceError: about the root: ``missing``, ``not_a_directory``, ``permission``, ``io``; or ``stopped``.
        """
        try:
            whole = self._go_on()
        except OSError as error:
            raise self._failed(error) from error
        self._counted = self._counted or whole
        count = self._count() if self._counted else None
        if whole and count:
            return count
        done, waiting = self._tree.progress.ratio, self._tree.progress.waiting
        message = PARTIAL.format(store=self.name, backend=self.backend, done=done, waiting=waiting)
        raise Partial(message, done, count)

    def _count(self) -> StoreCount:
        """Add up what is known of every directory."""
        unreadable = self._tree.unreadable
        changes, self._tree.changes = self._tree.changes, []
        return StoreCount(
            store=self.name,
            partitions=tuple(sorted(self._partitions(), key=lambda partition: partition.partition)),
            unique_messages=self._unique.after(self.name, changes),
            unreadable=len(unreadable),
            unreadable_examples=tuple(printable(path) for path in unreadable[:EXAMPLES]),
        )

    def _go_on(self) -> bool:
        """Go on with the pass that the last round began, or begin one; tell whether it came to its end."""
        may = self._pace is None or self._pace.begin(self._stopping.wait)
        if self._pace:
            may = may and self._hurry(self._pace)
        going, self._going = self._going or self._tree.refresh(), None
        while may:
            looked_at = next(going, None)
            if looked_at is None:
                self._owed = 0
                return True
            self._owed -= looked_at
            try:
                may = self._spend(looked_at)
            except SourceError:
                going.close()
                raise
        self._going = going
        return False

    def _hurry(self, pace: Pace) -> bool:
        """Look at what has changed, for half of the time, so that the pass goes on; tell whether the round may."""
        may = True
        for path in self._first() if self._owed <= 0 else ():
            for looked_at in self._tree.hurry(path):
                self._owed = max(0, self._owed) + looked_at
                may = self._spend(looked_at)
            if self._owed >= pace.names / 2:
                break
        return may

    def _spend(self, names: int) -> bool:
        """Note how many names were looked at; tell whether the round may go on."""
        if self._stopping.is_set():
            raise SourceError("stopped", f"{self.name} of {self.backend}: bmrepmon is ending")
        return self._pace is None or self._pace.spend(names, self._stopping.wait)

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
