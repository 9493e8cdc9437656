"""The tables of the state file: documents as wholes, points of the history one by one, positions piece by piece.

Points are sorted by time first: all that one sample adds or replaces lies on one or two pages of the file.
"""

import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from bmrepmon.model.carried import Carried
from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.frozen import frozen
from bmrepmon.model.history import Point, Window
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.positions import NO_POSITIONS, PIECES, Positions
from bmrepmon.model.state import Durable
from bmrepmon.model.verdict.states import Trail
from bmrepmon.model.waits import Waits
from bmrepmon.runtime.codec import decode, encode

VERSION = 2  # of the schema; a field that a document gains needs no new one
APPLICATION = (
    0x626D7265  # "bmre", in the header of every state file (https://sqlite.org/pragma.html#pragma_application_id)
)
FORMER_PIECES = 8192  # of positions, in schema 1
BUSY = 2.0  # seconds to wait for somebody who looks into the file

CACHE = 256  # KiB of the file in memory; a save touches a few pages, and without this two mebibytes would be kept

DOCUMENTS: Mapping[str, Any] = {
    "log": LogActivity,
    "core": CoreActivity,
    "checkpoints": Mapping[str, Checkpoint],
    "followers": Mapping[str, FollowerCounts],
    "waits": Mapping[str, Waits],
    "bodies": Mapping[str, Carried],
    "trails": Mapping[str, Trail],
}

# The first piece of each kind of positions in their table.
POSITIONS: Mapping[int, Callable[[Durable], Positions]] = {
    0: lambda durable: durable.log.positions,
    PIECES: lambda durable: durable.past,
}

SCHEMA = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE document (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE position (piece INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE point (at REAL, series TEXT, value REAL NOT NULL, PRIMARY KEY (at, series)) WITHOUT ROWID;
    PRAGMA application_id = {APPLICATION};
    PRAGMA user_version = {VERSION};
    COMMIT;
"""


class Unusable(Exception):  # noqa: N818 - a finding about a file
    """The file holds no state that this bmrepmon understands; ``fate`` is the word for its new name."""

    def __init__(self, fate: str, message: str) -> None:
        """Keep the word beside the sentence."""
        super().__init__(message)
        self.fate = fate


@contextmanager
def _damage_told() -> Iterator[None]:
    """Tell damage (a malformed file, a document that is none) from trouble with the disk, which may pass."""
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except (sqlite3.DatabaseError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise Unusable("corrupt", f"is damaged ({error})") from error


class Tables:
    """One open state file. Raises Unusable, sqlite3.OperationalError and OSError."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, readable for its owner alone."""
        self._path = path
        self._saved: Durable | None = None  # what the file holds; None: not known, so all is written
        self._bodies: dict[str, bytes] = {}
        self._identity = _owned(path)
        self._db = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            with _damage_told():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def in_place(self) -> bool:
        """Tell whether the file still stands under its name, so that the next process will find it."""
        try:
            status = self._path.stat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def close(self) -> None:
        """Close the file; SQLite folds its journal into it."""
        with suppress(sqlite3.Error):  # the journal stays, and is found by whoever opens the file next
            self._db.close()

    def load(self) -> Durable:
        """Return what was saved last."""
        with _damage_told():
            self._saved = read(self._db)
        return self._saved

    def save(self, durable: Durable) -> None:
        """Write what is different from what the file holds, all or nothing."""
        if durable is self._saved:
            return
        plain = _without_positions(durable)
        bodies = {name: encode(getattr(plain, name)) for name in DOCUMENTS}
        with _damage_told(), self._transaction():
            if self._saved is None:
                self._db.execute("DELETE FROM document")
                self._db.execute("DELETE FROM position")
                self._db.execute("DELETE FROM point")
            changed = [item for item in bodies.items() if self._bodies.get(item[0]) != item[1]]
            self._db.executemany("REPLACE INTO document VALUES (?, ?)", changed)
            for first, read in POSITIONS.items():
                self._write_positions(first, read(self._saved) if self._saved else NO_POSITIONS, read(durable))
            self._write_points(self._saved.history if self._saved else {}, durable.history)
        self._saved, self._bodies = durable, bodies

    def _write_positions(self, first: int, before: Positions, after: Positions) -> None:
        if after is before:
            return
        nothing = (b"",) * PIECES
        pairs = zip(before.pieces or nothing, after.pieces or nothing, strict=True)
        moved = [(first + n, piece) for n, (had, piece) in enumerate(pairs) if piece is not had]
        self._db.executemany("REPLACE INTO position VALUES (?, ?)", moved)

    def _write_points(self, before: Mapping[str, Window], after: Mapping[str, Window]) -> None:
        for series in before.keys() | after.keys():
            old, new = before.get(series, Window()), after.get(series, Window())
            if old is not new:
                had, have = _values(old), _values(new)
                gone = [(at, series) for at in had.keys() - have.keys()]
                added = [(at, series, value) for at, value in have.items() if had.get(at) != value]
                self._db.executemany("DELETE FROM point WHERE at = ? AND series = ?", gone)
                self._db.executemany("REPLACE INTO point VALUES (?, ?, ?)", added)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # some failures have rolled back already
                self._db.execute("ROLLBACK")
            raise

    def _prepare(self) -> None:
        if not _number(self._db, "user_version") and not _number(self._db, "schema_version"):
            self._db.executescript(SCHEMA)
        check(self._db)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA cache_size = -{CACHE}")
        if _number(self._db, "user_version") == 1:
            with self._transaction():
                pieces = _pieces(self._db)
                self._db.execute("DELETE FROM position")
                self._db.executemany("INSERT INTO position VALUES (?, ?)", pieces.items())
                self._db.execute(f"PRAGMA user_version = {VERSION}")


def check(db: sqlite3.Connection) -> None:
    """Raise Unusable unless the file is one of ours, of a known version, and sound."""
    if _number(db, "application_id") != APPLICATION:
        raise Unusable("corrupt", "is no state file of bmrepmon")
    if (version := _number(db, "user_version")) > VERSION:
        raise Unusable("newer", f"was written by a newer bmrepmon (schema {version}, known is {VERSION})")
    (sound,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise Unusable("corrupt", "is damaged")


def read(db: sqlite3.Connection) -> Durable:
    """Read the whole state."""
    rows = db.execute("SELECT series, at, value FROM point ORDER BY series, at")
    history = {
        series: Window(tuple(Point(at, value) for _, at, value in points))
        for series, points in groupby(rows, itemgetter(0))
    }
    bodies = dict(db.execute("SELECT name, body FROM document"))
    documents = {name: decode(bodies[name], shape) for name, shape in DOCUMENTS.items() if name in bodies}
    durable = Durable(**documents, history=frozen(history))
    pieces = _pieces(db)
    past, present = (_positions(pieces, first) for first in (PIECES, 0))
    return replace(durable, past=past, log=replace(durable.log, positions=present))


def _positions(pieces: Mapping[int, bytes], first: int) -> Positions:
    found = tuple(pieces.get(first + n, b"") for n in range(PIECES))
    return Positions(found) if any(found) else NO_POSITIONS


def _pieces(db: sqlite3.Connection) -> Mapping[int, bytes]:
    """Return every piece by its number; those of schema 1, of which each is a part of one, are put together."""
    rows = db.execute("SELECT piece, body FROM position")
    if _number(db, "user_version") > 1:
        return dict(rows)
    pieces = defaultdict[int, bytes](bytes)
    for former, body in rows:
        kind, number = divmod(former, FORMER_PIECES)
        pieces[kind * PIECES + number % PIECES] += body
    return pieces


def _without_positions(durable: Durable) -> Durable:
    """Leave out what has a table of its own."""
    return replace(durable, log=replace(durable.log, positions=NO_POSITIONS))


def peek(path: Path) -> Durable:
    """Read the state of a file that cannot be written, with what its journal holds if SQLite can tell."""
    try:
        return _peek(path, "mode=ro&readonly_shm=1")
    except sqlite3.OperationalError:  # without its index the journal needs a disk: as of when it was last folded in
        return _peek(path, "mode=ro&immutable=1")


def _peek(path: Path, how: str) -> Durable:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY)
    try:
        with _damage_told():
            check(db)
            return read(db)
    finally:
        db.close()


def _number(db: sqlite3.Connection, pragma: str) -> int:
    (number,) = db.execute(f"PRAGMA {pragma}").fetchone()
    return int(number)


def _values(window: Window) -> dict[float, float]:
    return {point.at: point.value for point in window.points}


def _owned(path: Path) -> tuple[int, int]:
    """Make sure that the file is there for its owner alone, and return its device and inode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return status.st_dev, status.st_ino
