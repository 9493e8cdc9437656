"""How far each folder is replicated, in 24 bytes a folder: frozen, and cheap to change in a few places.

The folders are spread over many small pieces. A change makes the pieces anew that it touches, shares all others, and
so tells whoever saves it which ones to write.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from struct import Struct, error
from typing import NamedTuple, TypeAlias

from bmrepmon.model.survey import KEY_BYTES, folder_key

PIECES = 1024  # a hundred folders each on a large server: found at once, and a row of 2,400 bytes to save
_ENTRY = Struct(f">{KEY_BYTES}sQII")
_SIZE = _ENTRY.size

PlainPosition: TypeAlias = tuple[int, int, int]  # a Position without its names, which take three times as long to make


class Position(NamedTuple):
    """What of a folder has arrived."""

    highest_modseq: int
    last_uid: int
    uid_validity: int  # 0: not told


@dataclass(frozen=True, slots=True)
class Positions:
    """The position of every folder that is known."""

    pieces: tuple[bytes, ...] = ()  # PIECES of them, or none at all

    @staticmethod
    def of(positions: Iterable[tuple[str, Position]]) -> "Positions":
        """Build from UNIQUEIDs; of equal ones the last counts.

        >>> Positions.of([("5596488a58661ddc", Position(25, 7, 1))]).get("5596488a58661ddc")
        Position(highest_modseq=25, last_uid=7, uid_validity=1)
        """
        return NO_POSITIONS._with((folder_key(unique_id), position) for unique_id, position in positions)

    @staticmethod
    def packed(entries: bytes) -> "Positions":
        """Build from entries as they are kept: key, highest modseq, last uid and UIDVALIDITY, 24 bytes, big-endian."""
        found = {entries[at : at + KEY_BYTES]: entries[at : at + _SIZE] for at in range(0, len(entries), _SIZE)}
        pieces = [b""] * PIECES
        for key, entry in found.items():
            pieces[_piece(key)] += entry
        return Positions(tuple(pieces) if found else ())

    def sharing(self, older: "Positions") -> "Positions":
        """Return the same, in memory that is shared with ``older`` ones where these were the same."""
        if not (self.pieces and older.pieces):
            return self
        return Positions(tuple(old if new == old else new for new, old in zip(self.pieces, older.pieces, strict=True)))

    def moved(self, positions: Mapping[bytes, PlainPosition]) -> "Positions":
        """Return these with other or further positions, by key. One that Cyrus could not have is left out."""
        return self._with(positions.items()) if positions else self

    def _with(self, positions: Iterable[tuple[bytes, PlainPosition]]) -> "Positions":
        pieces = list(self.pieces or (b"",) * PIECES)
        for key, position in positions:
            try:
                entry = _ENTRY.pack(key, *position)
            except error:  # out of range: uids and UIDVALIDITY are 32-bit values (RFC 3501, 2.3.1.1)
                continue
            number = _piece(key)
            piece = pieces[number]
            offset = _find(piece, key)
            pieces[number] = piece + entry if offset < 0 else piece[:offset] + entry + piece[offset + _SIZE :]
        return Positions(tuple(pieces)) if any(pieces) else NO_POSITIONS

    def over(self, older: "Positions") -> "Positions":
        """Return these, and of every folder that they do not have the ``older`` position."""
        if not (self.pieces and older.pieces):
            return self if self.pieces else older
        pieces = zip(self.pieces, older.pieces, strict=True)
        return Positions(tuple(_joined(newer, old) if newer and old else newer or old for newer, old in pieces))

    def since(self, older: "Positions") -> Iterator[bytes]:
        """Yield the key of each folder that has another position than in ``older``, or had none."""
        for new, old in zip(self.pieces, older.pieces or (b"",) * PIECES, strict=False):
            if new != old:
                entries = (new[at : at + _SIZE] for at in range(0, len(new), _SIZE))
                yield from (entry[:KEY_BYTES] for entry in entries if _find(old, entry) < 0)

    def at(self, key: bytes) -> Position | None:
        """Return the position of a folder by its key."""
        if not self.pieces:
            return None
        piece = self.pieces[_piece(key)]
        offset = _find(piece, key)
        return None if offset < 0 else Position._make(_ENTRY.unpack_from(piece, offset)[1:])

    def get(self, unique_id: str) -> Position | None:
        """Return the position of a folder by its UNIQUEID."""
        return self.at(folder_key(unique_id))

    def __iter__(self) -> Iterator[tuple[bytes, Position]]:
        """Yield every key with its position."""
        for piece in self.pieces:
            for key, *position in _ENTRY.iter_unpack(piece):
                yield key, Position._make(position)

    def __len__(self) -> int:
        return sum(map(len, self.pieces)) // _SIZE


NO_POSITIONS = Positions()


@dataclass(frozen=True, slots=True)
class PastPositions:
    """Positions that were read of logs older than the one that is followed."""

    positions: Positions


def agreeing(folders: Iterable[tuple[int, bytes]], stored: Positions, said: Positions = NO_POSITIONS) -> Iterator[int]:
    """Yield the number of each folder whose position is ``stored``, and whose position as ``said`` is no other.

    Folders come with key and position, packed, as a survey tells them. Every folder goes through this loop at every
    look, so that it calls nothing for most of them.
    """
    if not stored.pieces:
        return
    witnesses = [pieces for pieces in (stored.pieces, said.pieces) if pieces]
    for number, packed in folders:
        piece_of = (packed[0] << 8 | packed[1]) % PIECES
        for pieces in witnesses:
            piece = pieces[piece_of]
            offset = piece.find(packed)
            if offset >= 0 and (offset % _SIZE == 0 or _find(piece, packed) >= 0):
                continue
            if pieces is stored.pieces or _find(piece, packed[:KEY_BYTES]) >= 0:
                break
        else:
            yield number


def _piece(key: bytes) -> int:
    return (key[0] << 8 | key[1]) % PIECES


def _find(piece: bytes, key: bytes) -> int:
    """Return where the entry begins that begins with ``key``, or -1; the same may also stand across two entries."""
    offset = piece.find(key)
    while offset > 0 and offset % _SIZE:
        offset = piece.find(key, offset + 1)
    return offset


def _joined(newer: bytes, older: bytes) -> bytes:
    kept = (older[n : n + _SIZE] for n in range(0, len(older), _SIZE) if _find(newer, older[n : n + KEY_BYTES]) < 0)
    return newer + b"".join(kept)
