"""The messages of all folders by what has become of them, in eight bytes each, and how many of them are distinct.

A message is known by the beginning of its guid, the SHA-1 of its content, which is also the key of its body: one body
serves all copies of a message, in whatever folders they lie.

What lies in a folder that Cyrus has deleted is ``expunged``: its files stay until the nightly purge, as those of
expunged messages do, and bm-core drops its records when it hears of it (BlueMind 4.9, ApplyRename). As long as it has
not heard of it, its messages are compared as ever. Cyrus's own partition ``default``, which bm-core leaves out
(BlueMind 4.9, ApplyMailbox), is ``passive``.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Literal, NamedTuple

from bmrepmon.model.folders import EXPUNGED, UNLINKED
from bmrepmon.model.lag import Standing
from bmrepmon.model.positions import Positions

RecordClass = Literal[
    "replicated",  # the replica has its record; or it had, and has not yet heard that it was expunged
    "lagging",  # the replica has its folder, and not this message
    "passive",  # its folder was never replicated
    "expunged",  # gone for clients, and for the replica; its file is kept for a while
    "unknown",  # what the replica has of its folder is not known
]
RECORD_CLASSES: tuple[RecordClass, ...] = ("replicated", "lagging", "passive", "expunged", "unknown")
REPLICATED, LAGGING, PASSIVE, GONE, UNKNOWN = range(len(RECORD_CLASSES))
NO_FILE = -1
GUID_BYTES = 8  # of the 20 of a SHA-1: two of ten million messages are taken for one on one server in 400,000

PIECE = 1 << 18  # messages that are told apart at a time, as numbers of Python: 20 MiB
_FOOTING = Struct(">BxxxIQ")
_COUNTS = Struct(f">{len(RECORD_CLASSES)}I4x")
_GUIDS_AT = _FOOTING.size + _COUNTS.size


@dataclass(frozen=True, slots=True)
class RecordCensus:
    """All messages that have a file, by the indexes of all folders."""

    records: int  # copies counted
    distinct: tuple[int, ...]  # each message once, in the first of ``RECORD_CLASSES`` that any of its copies is in
    unread: int  # folders whose records could not be read

    def messages(self, kind: RecordClass) -> int | None:
        """Return the distinct messages of a class; None when some of another might belong to it."""
        return self.distinct[RECORD_CLASSES.index(kind)] if self.placed else None

    @property
    def complete(self) -> bool:
        """Whether all folders could be read."""
        return self.unread == 0

    @property
    def placed(self) -> bool:
        """Whether it is known, too, what the replica has of each message."""
        return self.complete and not self.distinct[UNKNOWN]


class Footing(NamedTuple):
    """What the class of a folder's messages depends on, beside what its index says."""

    kind: int  # of ``RECORD_CLASSES``
    last_uid: int  # that the replica has
    modseq: int  # that the replica has

    def class_of(self, uid: int, flags: int, modseq: int) -> int:
        """Tell the class of one record."""
        if flags & UNLINKED:
            return NO_FILE
        if self.kind == UNKNOWN:
            return UNKNOWN
        if self.kind == REPLICATED and uid <= self.last_uid:
            return GONE if flags & EXPUNGED and modseq <= self.modseq else REPLICATED
        if flags & EXPUNGED:
            return GONE
        return LAGGING if self.kind == REPLICATED else self.kind


def footing(stand: Standing, database: Positions | None) -> bytes:
    """Pack the footing of a folder."""
    position = stand.position
    if stand.state == "deleted" and stand.folder is not None and database is not None:
        stored = database.at(stand.folder.key)
        position = stored if stored and stored.uid_validity in (0, stand.folder.uid_validity) else None
    if position is not None:
        return _FOOTING.pack(REPLICATED, position.last_uid, position.highest_modseq)
    apart = {"passive": PASSIVE, "default": PASSIVE, "deleted": GONE}
    return _FOOTING.pack(apart.get(stand.state, UNKNOWN), 0, 0)


def sort_records(
    uids: Sequence[int], flags: Sequence[int], modseqs: Sequence[int], guids: bytes, standing: bytes
) -> tuple[bytes, ...]:
    """Part the guids of records, ``GUID_BYTES`` each, by class; records without a file are left out."""
    known = Footing(*_FOOTING.unpack_from(standing))
    if max(flags, default=0) < UNLINKED and (known.kind != REPLICATED or max(uids, default=0) <= known.last_uid):
        return tuple(guids if kind == known.kind else b"" for kind in range(len(RECORD_CLASSES)))
    kinds = list(map(known.class_of, uids, flags, modseqs))
    size = GUID_BYTES
    return tuple(
        b"".join(guids[size * n : size * (n + 1)] for n, found in enumerate(kinds) if found == kind)
        for kind in range(len(RECORD_CLASSES))
    )


def pack_records(standing: bytes, parts: Iterable[Sequence[bytes]]) -> bytes:
    """Pack the guids of a folder, that came in ``parts``, sorted and by class, behind its footing."""
    classes = [b"".join(found) for found in zip(*parts, strict=True)] or [b""] * len(RECORD_CLASSES)
    counts = _COUNTS.pack(*(len(found) // GUID_BYTES for found in classes))
    return standing + counts + b"".join(map(_sorted, classes))


def messages_of(packed: bytes) -> bytes:
    """Return what a census sees of a packed folder."""
    return packed[_FOOTING.size :]


def _sorted(guids: bytes) -> bytes:
    return array("Q", sorted(memoryview(guids).cast("Q"))).tobytes()


def take_census(folders: Iterable[bytes], unread: int, piece_size: int = PIECE) -> RecordCensus:
    """Count the messages of packed folders, piece by piece, so that a large server needs no more than a small one."""
    lying = tuple(_Lying() for _ in RECORD_CLASSES)
    for packed in folders:
        end = _GUIDS_AT // GUID_BYTES
        for found, count in zip(lying, _COUNTS.unpack_from(packed, _FOOTING.size), strict=True):
            begin, end = end, end + count
            if count:
                found.add(packed, begin, end)
    records = sum(map(len, lying))
    pieces = records // piece_size + 1
    distinct = [0] * len(lying)
    for piece in range(1, pieces + 1):
        seen = set[int]()
        for number, found in enumerate(lying):
            before = len(seen)
            found.take((piece << 64) // pieces, seen)
            distinct[number] += len(seen) - before
    return RecordCensus(records, tuple(distinct), unread)


class _Lying:
    """Where the messages of one class lie in packed folders, in columns: a view of each would take 200 bytes."""

    def __init__(self) -> None:
        self._folders: list[bytes] = []
        self._begins = array("I")
        self._ends = array("I")

    def __len__(self) -> int:
        return sum(self._ends) - sum(self._begins)

    def add(self, packed: bytes, begin: int, end: int) -> None:
        self._folders.append(packed)
        self._begins.append(begin)
        self._ends.append(end)

    def take(self, bound: int, seen: set[int]) -> None:
        """Add to ``seen`` what is below ``bound``, and was not taken before."""
        for number, (packed, begin, end) in enumerate(zip(self._folders, self._begins, self._ends, strict=True)):
            if begin < end:
                guids = memoryview(packed).cast("Q")
                until = self._begins[number] = bisect_left(guids, bound, begin, end)
                seen.update(guids[begin:until])
