"""What the rolled-over logs still tell of folders in which nothing has happened since: their positions.

Only where no database tells them. It is read once, when the daemon begins with a log, and beside everything else: a
week of logs takes minutes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.positions import PastPositions
from bmrepmon.model.readings import NoData, SourceError
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.parse.lines import LineSplitter
from bmrepmon.runtime.log_archives import Archive, close_all, open_archives
from bmrepmon.runtime.log_file import LogStream, open_log

DAYS = 8  # logback keeps seven files (BlueMind 4.9, packaging/bm-core/logback.xml)


class LogPast:
    """Reads the files that were rolled over before the one that is followed; the second time there is nothing to do."""

    name = "past"
    backend = ""

    def __init__(self, path: Path, now: Callable[[], float] = time.time, days: int = DAYS) -> None:
        """Take the log; files that were last written more than ``days`` ago are left alone."""
        self._path = path
        self._now = now
        self._days = days
        self._read = False
        self._stopping = threading.Event()

    def read(self) -> PastPositions:
        """Read the archives, oldest first.

        Raises:
            NoData: there is none, or they were read before.
            SourceError: the log itself cannot be opened; or ``stopped``.
        """
        if self._read:
            raise NoData("the logs of the past days were read already")
        live = open_log(self._path)
        try:
            archives = open_archives(self._path, live)
        finally:
            live.close()
        try:
            return self._fold(archives)
        finally:
            close_all(archives)

    def close(self) -> None:
        """End a reading that runs."""
        self._stopping.set()

    def _fold(self, archives: list[Archive]) -> PastPositions:
        oldest = self._now() - self._days * 86400
        kept = [a for a in archives if a.rolled and a.stream.modified_at() >= oldest]
        if not kept:
            raise NoData(f"{self._path}: there are no logs of the past days beside it")
        fold = fold_replication_log(UTC)  # whatever the zone: the order is enough
        activity = fold(LogActivity(), self._lines(kept))
        self._read = True
        return PastPositions(activity.positions)

    def _lines(self, archives: list[Archive]) -> Iterator[list[bytes]]:
        for archive in sorted(archives, key=lambda a: (a.date, a.stream.modified_at())):
            for lines in _lines(archive.stream):
                if self._stopping.is_set():
                    raise SourceError("stopped", f"{self._path}: bmrepmon is ending")
                yield lines


def _lines(stream: LogStream) -> Iterator[list[bytes]]:
    """Read a file from its beginning; a damaged one tells what it can."""
    splitter = LineSplitter()
    with suppress(SourceError):
        while block := stream.read(splitter.fed):
            yield splitter.feed(block)
    yield splitter.finish()
