"""What has become of every message, by the records of each cyrus.index; only those that changed are read again."""

import threading
from collections.abc import Iterable, Iterator, Sequence
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
from bmrepmon.model.survey import FolderSurvey, key_of, settled
from bmrepmon.sources.folders.columns import read_blocks
from bmrepmon.sources.folders.reading import INDEX, LOOKS
from bmrepmon.sources.folders.tree import FolderTree

COMPARED_WITHIN = 50.0  # seconds in which the folders are to be compared for the first time
NO_RECORDS = b""  # of a folder that has none
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
        self._compared: FolderComparison | None = None  # that was looked at last
        self._known: Sequence[bytes | None] = ()  # by the numbers of that: the packed records of each folder
        self._unmoved = b""  # by the same, marks of those that need no other look until one of their sides moves
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
        known, unmoved = self._carry_over(comparison)
        unread = 0
        for stand in standings(comparison.survey, comparison.database, comparison.log, bytes(unmoved)):
            if self._stopping.is_set():
                raise SourceError("stopped", f"records of {self.backend}: bmrepmon is ending")
            number = stand.number
            known[number], unmoved[number] = self._look(stand, comparison, known[number])
            unread += known[number] is None
        # Flags change all the time, those of the probe every few seconds; where only they did, the census is the same.
        if self._census is None or self._census.unread != unread or not self._same(comparison, known):
            self._census = take_census(filter(None, known), unread)
        self._compared, self._known, self._unmoved = comparison, known, bytes(unmoved)
        return self._census

    def _carry_over(self, comparison: FolderComparison) -> tuple[list[bytes | None], bytearray]:
        """Return what is known of the folders that are as they were, and mark those that are so on both sides."""
        survey, compared = comparison.survey, self._compared
        known: list[bytes | None] = [None] * len(survey.rows)
        unmoved = bytearray(len(survey.rows))
        if compared is None:
            return known, unmoved
        moved_keys = moved_positions(compared, comparison)
        for number, before, row in unchanged(compared.survey, survey):
            known[number] = self._known[before]
            if self._unmoved[before] and moved_keys is not None and not survey.apart[number]:
                unmoved[number] = key_of(row) not in moved_keys
        return known, unmoved

    def _look(self, stand: Standing, comparison: FolderComparison, known: bytes | None) -> tuple[bytes | None, bool]:
        """Return the records of one folder, None where they cannot be read, and whether it needs no other look soon."""
        row = comparison.survey.rows[stand.number]
        if stand.folder is None or not isinstance(row, bytes):
            return None, False
        if not stand.folder.num_records:
            records: bytes | None = NO_RECORDS
        else:
            standing = footing(stand, comparison.database)
            records = known if known and settled(row) and known.startswith(standing) else None
            if records is None:
                records = read_records(f"{self._tree.place(comparison.survey, stand.number)}/{INDEX}", standing)
        return records, records is not None and settled(row) and not stand.folder.apart

    def _same(self, comparison: FolderComparison, known: Sequence[bytes | None]) -> bool:
        """Tell whether a census would count the same messages as the last one did."""
        if self._compared is None or self._compared.survey.names is not comparison.survey.names:
            return False
        changed = [(old, new) for old, new in zip(self._known, known, strict=True) if old is not new]
        return messages(old for old, _ in changed) == messages(new for _, new in changed)


def unchanged(last: FolderSurvey, survey: FolderSurvey) -> Iterator[tuple[int, int, bytes]]:
    """Yield the number of each folder that is as it was, the number that it had in the ``last`` survey, and its row."""
    if survey.names is last.names:
        for number, (row, before) in enumerate(zip(survey.rows, last.rows, strict=True)):
            if row == before and isinstance(row, bytes):
                yield number, number, row
    else:
        places = {row: number for number, row in enumerate(last.rows) if isinstance(row, bytes)}
        for number, row in enumerate(survey.rows):
            if isinstance(row, bytes) and row in places:
                yield number, places[row], row


def messages(folders: Iterable[bytes | None]) -> list[bytes]:
    """Return what a census sees of packed folders."""
    return sorted(messages_of(packed) for packed in folders if packed)


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
