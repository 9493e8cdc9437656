"""What must survive a restart, in one SQLite file: positions, counters and history in one transaction.

Write-ahead journal with synchronous=FULL: a commit is one append and one fsync, a kill -9 never leaves half of one,
and a power cut takes at most what was saved last; as positions and counters go back together, the logs are simply
read again from there. Whatever is wrong with the file or its disk, monitoring goes on from memory, says so once, and
tries again with every save.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from bmrepmon.failures import Failure
from bmrepmon.model.state import Durable
from bmrepmon.runtime.logger import log
from bmrepmon.runtime.tables import Tables, Unusable, peek

FILE = "state.sqlite"


class StoreError(Failure):
    """Another daemon uses the state directory; one line for the operator."""


class Store:
    """The state file of one directory, and the directory's lock. One thread at a time may call it."""

    def __init__(self, directory: Path, now: Callable[[], float] = time.time) -> None:
        """Take the directory; nothing is touched before ``load``."""
        self.problem: str | None = None  # why nothing can be saved; None while all is well
        self.set_aside: Path | None = None  # the new name of the file that could not be used
        self.directory = directory
        self._path = directory / FILE
        self._now = now
        self._known = False  # whether the file's content is what this process began with
        self._lock: int | None = None
        self._tables: Tables | None = None

    def __enter__(self) -> Self:
        """Return the store, to be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def load(self) -> Durable:
        """Return what was saved last, or an empty state when there is nothing to be had.

        A file that is damaged, or of a newer bmrepmon, is moved aside. Raises StoreError when another daemon has the
        directory.
        """
        try:
            self._claim()
            self._tables = Tables(self._path)
            durable = self._tables.load()
        except Unusable as error:
            self._move_aside(error)
            durable = Durable()
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return self._peek()
        self._known = True
        return durable

    def save(self, durable: Durable) -> None:
        """Save all that changed since the last time; say once when that does not work, and once when it does again."""
        try:
            self._open().save(durable)
        except Unusable as error:
            self._move_aside(error)
        except (StoreError, sqlite3.Error, OSError) as error:
            self._failed(error)
        else:
            self._recovered()

    def close(self) -> None:
        """Close the file and give the directory free."""
        if self._tables:
            self._tables.close()
        if self._lock is not None:
            os.close(self._lock)
        self._tables = self._lock = None

    def _open(self) -> Tables:
        """Return the file, opened anew if it or its folder is no longer there."""
        if self._tables and self._tables.in_place():
            return self._tables
        self.close()
        self._claim()
        if not self._known and self._path.exists():
            self._move_aside(Unusable("unread", "could not be read at start, and counting began without it"))
        try:
            self._tables = Tables(self._path)
        except Unusable as error:
            self._move_aside(error)
            self._tables = Tables(self._path)
        self._known = True
        return self._tables

    def _claim(self) -> None:
        """Make the directory and lock it; the lock goes with the process, however that ends."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise StoreError(
                f"{self.directory} is in use by another bmrepmon; stop it, or give this one its own --state-dir"
            ) from error

    def _peek(self) -> Durable:
        """Read what cannot be written at the moment: on a full or read-only disk, counters still go on."""
        try:
            durable = peek(self._path)
        except (Unusable, sqlite3.Error, OSError):
            return Durable()
        self._known = True
        return durable

    def _move_aside(self, error: Unusable) -> None:
        """Keep a file that cannot be used under another name, with its journal, and let a new one be made."""
        if self._tables:
            self._tables.close()
        self._tables, self._known = None, True
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now()))
        aside = self._path.with_name(f"{FILE}.{error.fate}-{stamp}")
        try:
            for suffix in ("", "-wal", "-shm"):
                if (part := self._path.with_name(FILE + suffix)).exists():
                    part.rename(aside.with_name(aside.name + suffix))
        except OSError as failure:
            self._failed(failure)
            return
        self.set_aside = aside
        log.error("the state file is put aside and counting begins anew", file=FILE, why=str(error), kept_as=str(aside))

    def _failed(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if reason != self.problem:
            log.error(
                "the state cannot be saved; monitoring goes on from memory until it can",
                directory=str(self.directory),
                error=reason,
            )
        self.problem = reason

    def _recovered(self) -> None:
        if self.problem:
            log.info("the state is saved again", directory=str(self.directory))
        self.problem = None
