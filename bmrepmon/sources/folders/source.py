"""The folders of one backend on both sides: first as Cyrus has them, then as the replica does."""

import gc
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from bmrepmon.model.lag import FolderComparison, compare
from bmrepmon.model.positions import Positions
from bmrepmon.model.readings import SourceError
from bmrepmon.model.survey import FolderSurvey
from bmrepmon.parse.spool_path import path_of
from bmrepmon.sources.folders.tree import FolderTree

MOST_NAMED = 500  # folders of the sync log that are looked at out of turn


class ReplicaPositions(Protocol):
    """What reads the replica's side from the database."""

    def read(self) -> Positions:
        """Read every position, as of one moment. Raises SourceError."""

    def close(self) -> None:
        """End a reading that runs, and the connection."""


class FolderSource:
    """Surveys the metadata, then asks the replica, and compares: in this order what arrives meanwhile is no lag."""

    name = "folders"

    def __init__(
        self,
        backend: str,
        tree: FolderTree,
        database: ReplicaPositions | None,
        log: Callable[[], Positions | None] | None,
        named: Callable[[], Iterable[bytes]] = tuple,
    ) -> None:
        """Take both sides.

        Args:
            backend: its name.
            tree: Cyrus's side.
            database: the replica's; None: there is none.
            log: reads replication.log to its present end and returns the positions by then; None: there is none.
            named: returns the MBOXNAMEs of folders that wait in Cyrus's sync log.
        """
        self.backend = backend
        self._tree = tree
        self._database = database
        self._log = log
        self._named = named
        self._last: FolderComparison | None = None
        self._looked = threading.Event()

    def read(self) -> FolderComparison:
        """Compare once. A database that cannot be read leaves the log as the only witness.

        Raises:
            SourceError: the metadata cannot be read; or the database cannot, and there is no log.
        """
        try:
            with uncollected():
                self._last = self._compare()
        finally:
            self._looked.set()
        return self._last

    def latest(self, within: float) -> FolderComparison | None:
        """Return the last good comparison, after up to so many seconds in which the first round may end."""
        self._looked.wait(within)
        return self._last

    def close(self) -> None:
        """End a survey that runs, what is asked of the database, and the wait for either."""
        self._tree.stop()
        self._looked.set()
        if self._database:
            self._database.close()

    def _compare(self) -> FolderComparison:
        """Compare by way of those whose turn it is, or of everything where that leaves a doubt."""
        if self._last is None or not self._tree.numbers_last(self._last.survey):
            return self._against(self._tree.survey())
        known = set(self._last.unmatched)
        comparison = self._against(self._tree.survey(self._hot(self._last), whole=False))
        if all(self._tree.looked_at(number) or number in known for number in comparison.unmatched):
            return comparison
        # A folder that nobody knows may be one that has just gone, or moved; it was not its turn.
        return self._against(self._tree.survey())

    def _hot(self, last: FolderComparison) -> Iterator[int]:
        """Yield the numbers of folders that may have changed."""
        yield from last.moving
        yield from self._tree.nearest(path_of(os.fsdecode(name)) for name in islice(self._named(), MOST_NAMED))

    def _against(self, survey: FolderSurvey) -> FolderComparison:
        log = self._log() if self._log else None
        try:
            # After the log: bm-core stores before it answers, so that the database can only have more.
            return compare(survey, self._database.read() if self._database else None, log)
        except SourceError as error:
            if log is None:
                raise
            return compare(survey, None, log, str(error))


@contextmanager
def uncollected() -> Iterator[None]:
    """Spare the collector a hundred thousand new values, none of which is part of a circle: a sixth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
