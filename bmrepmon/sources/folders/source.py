"""The folders of one backend on both sides: first as Cyrus has them, then as the replica does."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from bmrepmon.model.lag import FolderComparison, compare
from bmrepmon.model.positions import Positions
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.folders.tree import FolderTree


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
    ) -> None:
        """Take both sides.

        Args:
            backend: its name.
            tree: Cyrus's side.
            database: the replica's; None: there is none.
            log: reads replication.log to its present end and returns the positions by then; None: there is none.
        """
        self.backend = backend
        self._tree = tree
        self._database = database
        self._log = log
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
        survey = self._tree.survey()
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
