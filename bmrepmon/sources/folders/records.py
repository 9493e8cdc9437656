"""What has become of every message, by the records of each cyrus.index; only those that changed are read again."""

import threading
from collections.abc import Iterator, Mapping
from typing import Protocol

from bmrepmon.model.delta import BodyReferences, Reckoning, RecordLook
from bmrepmon.model.folders import Damage
from bmrepmon.model.lag import FolderComparison, Standing, moved_positions, standings
from bmrepmon.model.readings import NoData, SourceError
from bmrepmon.model.records import (
    GUID_BYTES,
    RecordCensus,
    footing,
    messages_of,
    pack_records,
    sort_records,
    take_census,
)
from bmrepmon.model.survey import key_of, settled
from bmrepmon.sources.folders.columns import read_blocks
from bmrepmon.sources.folders.reading import INDEX, LOOKS
from bmrepmon.sources.folders.tree import FolderTree

COMPARED_WITHIN = 50.0  # seconds in which the folders are to be compared for the first time
REST = 49  # times what a count of references took, before the next: 2 % of the time of a database is for this


class Comparisons(Protocol):
    """Who compares the folders."""

    def latest(self, within: float) -> FolderComparison | None:
        """Return the last good comparison, after up to so many seconds in which the first may be made."""


class Clock(Protocol):
    """Both kinds of time."""

    def now(self) -> float:
        """Return Unix seconds."""

    def steady(self) -> float:
        """Return seconds that never go backwards."""


class References(Protocol):
    """What counts the bodies that are somebody's."""

    def read(self) -> BodyReferences:
        """Count, as of one moment. Raises SourceError."""

    def close(self) -> None:
        """End a count that runs, and the connection."""


class RecordSource:
    """Reads the records of one backend's folders, and counts their messages by what has become of them."""

    name = "records"

    def __init__(
        self, backend: str, tree: FolderTree, folders: Comparisons, references: References | None, clock: Clock
    ) -> None:
        """Look at the folders that ``folders`` has compared, where ``tree`` says that they lie.

        ``references`` are asked after that; None: there are none, or others share the database.
        """
        self.backend = backend
        self._tree = tree
        self._folders = folders
        self._references = references
        self._clock = clock
        self._ask_at = float("-inf")  # steady seconds
        self._reckoning: Reckoning | None = None
        self._problem: str | None = None
        self._known: dict[bytes, bytes] = {}  # by the packed folder: its packed records
        self._unmoved: set[bytes] = set()  # the packed folders that need no other look until one of their sides moves
        self._compared: FolderComparison | None = None  # that these were taken from
        self._census: RecordCensus | None = None
        self._stopping = threading.Event()

    def read(self) -> RecordLook:
        """Count once.

        Raises:
            NoData: the folders could not be compared, which they tell themselves.
            SourceError: ``stopped``.
        """
        census = self._count()
        if self._references is not None and census.placed and self._clock.steady() >= self._ask_at:
            self._reckon(census, self._references)
        return RecordLook(census, self._reckoning, self._problem)

    def close(self) -> None:
        """End a round that runs."""
        self._stopping.set()
        if self._references is not None:
            self._references.close()

    def _reckon(self, census: RecordCensus, references: References) -> None:
        """Hold the messages against the bodies, which takes the database a while; then let it rest for many such."""
        begun, self._problem = self._clock.steady(), None
        try:
            self._reckoning = Reckoning(census, references.read(), self._clock.now())
        except SourceError as error:
            self._problem = str(error)
        ended = self._clock.steady()
        self._ask_at = ended + REST * (ended - begun)

    def _count(self) -> RecordCensus:
        comparison = self._folders.latest(COMPARED_WITHIN)
        if comparison is None:
            raise NoData(f"records of {self.backend}: the folders are not known yet; see folders")
        before, unread = self._known, 0
        for stand in standings(comparison.survey, comparison.database, comparison.log, self._carry_over(comparison)):
            if self._stopping.is_set():
                raise SourceError("stopped", f"records of {self.backend}: bmrepmon is ending")
            unread += not self._look(stand, comparison, before)
        self._compared = comparison
        # Flags change all the time, those of the probe every few seconds; where only they did, the census is the same.
        if (
            self._census is None
            or self._census.unread != unread
            or moved(self._known, before) != moved(before, self._known)
        ):
            self._census = take_census(self._known.values(), unread)
        return self._census

    def _carry_over(self, comparison: FolderComparison) -> bytes:
        """Keep what is known of the folders that are on both sides as they were, and mark them by their numbers."""
        survey, before, unmoved = comparison.survey, self._known, self._unmoved
        known, still = dict[bytes, bytes](), set[bytes]()
        self._known, self._unmoved = known, still
        marks = bytearray(len(survey.rows))
        moved_keys = None if self._compared is None else moved_positions(self._compared, comparison)
        if moved_keys is None:
            return bytes(marks)
        for number, row in enumerate(survey.rows):
            if isinstance(row, bytes) and row in unmoved and not survey.apart[number] and key_of(row) not in moved_keys:
                marks[number] = 1
                still.add(row)
                if row in before:
                    known[row] = before[row]
        return bytes(marks)

    def _look(self, stand: Standing, comparison: FolderComparison, before: dict[bytes, bytes]) -> bool:
        """Keep the records of one folder; tell whether they are known."""
        row = comparison.survey.rows[stand.number]
        if stand.folder is None or not isinstance(row, bytes):
            return False
        if stand.folder.num_records:
            standing = footing(stand, comparison.database)
            known = before.get(row) if settled(row) else None
            if known is None or not known.startswith(standing):
                known = read_records(f"{self._tree.place(comparison.survey, stand.number)}/{INDEX}", standing)
            if known is None:
                return False
            self._known[row] = known
        if settled(row) and not stand.folder.apart:
            self._unmoved.add(row)
        return True


def moved(known: Mapping[bytes, bytes], other: Mapping[bytes, bytes]) -> list[bytes]:
    """Return the messages of folders that are not in the ``other`` look as they are in this one."""
    return sorted(messages_of(packed) for row, packed in known.items() if other.get(row) is not packed)


def read_records(path: str, standing: bytes) -> bytes | None:
    """Read the records of a cyrus.index, and pack them; a folder that is gone has none, None: they cannot be read."""
    try:
        for _ in range(LOOKS):
            parts = list(_parts(path, standing))
            if None not in parts:
                return pack_records(standing, filter(None, parts))
    except (FileNotFoundError, NotADirectoryError):
        return pack_records(standing, ())
    except OSError:
        pass
    return None


def _parts(path: str, standing: bytes) -> Iterator[tuple[bytes, ...] | None]:
    """Yield the guids of block after block, by class; None, and nothing more, where one is damaged."""
    for part in read_blocks(path, GUID_BYTES):
        yield None if isinstance(part, Damage) else sort_records(*part[1], standing)
