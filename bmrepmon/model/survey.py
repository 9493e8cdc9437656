"""Every folder of a backend as its own files describe it, in some 150 bytes each: a server may have 100,000.

A folder is one packed row, shared between a survey and the next while its files stay as they are; its path is told by
the directories above it, which name their parents.
"""

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from struct import Struct
from typing import Literal, NamedTuple

from bmrepmon.model.folders import FolderHeader

Apart = Literal["", "deleted", "default"]  # why nobody replicates a folder; "" for those that are replicated

KEY_BYTES = 8
_APART: Sequence[Apart] = ("", "deleted", "default")
_ROOTS = {  # of what is set apart, by name: the level on which the name means that, and the kind
    "DELETED": (6, 1),  # <partition>/domain/<letter>/<domain>/<letter>/DELETED: BlueMind 4.9, CyrusFileSystemPathHelper
    "default": (1, 2),  # Cyrus's own partition, which bm-core does not replicate: BlueMind 4.9, ReplicationSession
}
# mtime (ns), inode and size of cyrus.index; then the folder's key, highest modseq, last uid and uid validity, packed as
# its position is on the other side; messages, records, and the checksum of cyrus.header. The unique id follows as text.
_SIGNATURE = Struct(">qQI")
_REST = Struct(">8sQIIIII")
_UNIQUE_ID = slice(_SIGNATURE.size + _REST.size, None)
_POSITION = slice(20, 44)
_NUMBERS = Struct(">q12x8sQIIII")
_COUNTED = slice(36, 52)  # last uid, uid validity, messages, records: 32 bits each
_BIG_ENDIAN = array("H", b"\0\1")[0] == 1  # as rows are: whether this machine's own numbers are so, too
_HEADER_CRC = Struct(">52xI")
_SIZE_MASK = 0xFFFFFFFF


class SurveyedFolder(NamedTuple):
    """One folder that could be read; the survey tells its path by its number."""

    number: int
    apart: Apart
    changed_at: float  # Unix seconds: the last write to its cyrus.index
    key: bytes
    highest_modseq: int
    last_uid: int
    uid_validity: int
    exists: int  # messages that a client sees
    num_records: int  # expunged ones included


@dataclass(frozen=True, slots=True)
class FolderSurvey:
    """One complete walk over the metadata: directories, parents before their children."""

    names: tuple[str, ...]  # of each directory, as the operating system gives them
    parents: bytes  # of each directory the number of its parent, native 32 bits; a partition is its own
    rows: tuple[bytes | str | None, ...]  # of each directory: a packed folder, why it is not known, or None: no folder
    apart: bytes  # of each directory: an index into the kinds of folders that are set apart

    @staticmethod
    def of(names: Sequence[str], parents: "array[int]", rows: Sequence[bytes | str | None]) -> "FolderSurvey":
        """Build from directories in any order that has parents first; parents has type code "I"."""
        return FolderSurvey(tuple(names), parents.tobytes(), tuple(rows), _set_apart(names, parents))

    def __iter__(self) -> Iterator[SurveyedFolder]:
        """Yield every folder that could be read."""
        return self.folders(bytes(len(self.rows)))

    def folders(self, leave: bytes) -> Iterator[SurveyedFolder]:
        """Yield every folder that could be read, and leave out those at whose numbers there is a mark."""
        read, apart = _NUMBERS.unpack_from, self.apart
        for number, row in enumerate(self.rows):
            if type(row) is bytes and not leave[number]:
                changed_at, *numbers = read(row)
                yield SurveyedFolder(number, _APART[apart[number]], changed_at / 1e9, *numbers)

    def positions(self) -> Iterator[tuple[int, bytes]]:
        """Yield of every folder that could be read and is replicated its number, and key and position, packed."""
        for number, row in enumerate(self.rows):
            if type(row) is bytes and not self.apart[number]:
                yield number, row[_POSITION]

    def counts(self, marked: bytes) -> tuple[int, int, int]:
        """Return how many messages, records and uids given out the folders have at whose numbers there is a mark."""
        columns = array("I")
        for row in compress(self.rows, marked):
            if type(row) is bytes:
                columns.frombytes(row[_COUNTED])
        if not _BIG_ENDIAN:
            columns.byteswap()
        return sum(columns[2::4]), sum(columns[3::4]), sum(columns[::4])

    def unknown(self) -> Iterator[tuple[int, Apart, str]]:
        """Yield number, kind and reason of every folder that could not be read."""
        for number, row in enumerate(self.rows):
            if type(row) is str:
                yield number, _APART[self.apart[number]], row

    def path(self, number: int) -> str:
        """Return a folder's path below the root of the metadata."""
        parents = memoryview(self.parents).cast("I")
        levels = [self.names[number]]
        while parents[number] != number:
            number = parents[number]
            levels.append(self.names[number])
        return "/".join(reversed(levels))

    def unique_id(self, number: int) -> str | None:
        """Return Cyrus's UNIQUEID of a folder; None where it could not be read."""
        row = self.rows[number]
        return unique_id_of(row) if type(row) is bytes else None


def folder_key(unique_id: str) -> bytes:
    """Return the eight bytes that stand for a UNIQUEID: two of a million folders meet once in 30 million servers.

    They are those of a SHA-256, which PostgreSQL can make too.
    """
    return bytes_key(unique_id.encode())


def bytes_key(unique_id: bytes) -> bytes:
    """Return the same of a UNIQUEID that was not decoded."""
    return hashlib.sha256(unique_id).digest()[:KEY_BYTES]


def pack_folder(signature: bytes, header: FolderHeader, unique_id: str, key: bytes | None = None) -> bytes:
    """Pack what the files of a folder say; ``signature`` is what ``sign`` returned for its cyrus.index."""
    h = header
    numbers = (h.highest_modseq, h.last_uid, h.uid_validity, h.exists, h.num_records, h.header_file_crc)
    return signature + _REST.pack(key or folder_key(unique_id), *numbers) + unique_id.encode()


def sign(mtime_ns: int, inode: int, size: int) -> bytes:
    """Return what a cyrus.index is recognised by while it does not change; inode 0 is that of none."""
    return _SIGNATURE.pack(mtime_ns, inode, size & _SIZE_MASK)


def settled(row: bytes) -> bool:
    """Tell whether a packed folder stays as it is until its cyrus.index changes; read too soon after, it may not."""
    return row[8:16] != bytes(8)


def key_of(row: bytes) -> bytes:
    """Return the key of a packed folder."""
    return row[20:28]


def header_crc_of(row: bytes) -> int:
    """Return the checksum of the cyrus.header that a packed folder was made with."""
    crc: int = _HEADER_CRC.unpack_from(row)[0]
    return crc


def modseq_of(row: bytes) -> tuple[int, float]:
    """Return the highest modseq of a packed folder, and when its index was written (Unix seconds)."""
    changed_at, _, modseq, *_ = _NUMBERS.unpack_from(row)
    return modseq, changed_at / 1e9


def unique_id_of(row: bytes) -> str:
    """Return the UNIQUEID of a packed folder."""
    return row[_UNIQUE_ID].decode()


def _set_apart(names: Sequence[str], parents: "array[int]") -> bytes:
    """Mark what lies in the partition that bm-core does not replicate, and what Cyrus has deleted."""
    marks = {number: _kind(number, name, parents) for number, name in enumerate(names) if name in _ROOTS}
    apart = bytearray(len(names))
    if any(marks.values()):
        for number, parent in enumerate(parents):
            apart[number] = apart[parent] or marks.get(number, 0)
    return bytes(apart)


def _kind(number: int, name: str, parents: "array[int]") -> int:
    """Return the kind of a directory with one of the two names, which mean something in one place only."""
    level = 1
    while parents[number] != number:
        number, level = parents[number], level + 1
    return _ROOTS[name][1] if level == _ROOTS[name][0] else 0
