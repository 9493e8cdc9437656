"""The folders that Cyrus's sync log and replication.log name as changed: a count with a limit looks at them first."""

import os
from collections.abc import Callable, Collection, Iterator

from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.positions import Positions
from bmrepmon.model.survey import KEY_BYTES
from bmrepmon.parse.spool_path import path_of


class ChangedFolders:
    """Tells of one backend which folders wait in the sync log, and to which bm-core has applied something lately."""

    def __init__(self) -> None:
        """Begin without witnesses; each is asked for what it saw last."""
        self.waiting: Callable[[], Collection[bytes]] = tuple  # by MBOXNAME
        self.compared: Callable[[], FolderComparison | None] = lambda: None
        self._applied: Positions | None = None  # by the log, when it was asked last

    def __call__(self) -> set[bytes]:
        """Return their directories below a partition, whichever one that is."""
        names = (os.fsdecode(name) for name in self.waiting())
        return {os.fsencode(path) for path in (*map(path_of, names), *self._moved())}

    def _moved(self) -> Iterator[str]:
        """Yield the directories of folders that bm-core has applied something to."""
        comparison, before = self.compared(), self._applied
        if comparison is None or comparison.log is None:
            return
        self._applied = comparison.log
        keys = set() if before is None else set(comparison.log.since(before))
        for number, packed in comparison.survey.positions() if keys else ():
            if packed[:KEY_BYTES] in keys:
                yield comparison.survey.path(number).partition("/")[2]
