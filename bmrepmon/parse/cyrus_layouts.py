"""Where the fields of a cyrus.index lie, by minor version, as tables.

All numbers are big-endian; the last four bytes of the header and of each record are the CRC32 of what is before them.
Cyrus 2.5 and 3.0 (BlueMind 4) write version 13, 3.2 version 16, 3.4 to 3.8 version 17, 3.10 and 3.12 version 19.
Offsets: imap/mailbox.h of those releases. Versions 13 and 17 were compared with what a running Cyrus 3.6 says;
the others are known from its sources alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from struct import Struct, calcsize
from typing import Any

Offsets = Mapping[str, tuple[int, str]]  # field -> offset and struct code, listed in the order of the value they make
Order = Callable[[Sequence[Any]], tuple[Any, ...]]  # from the order in which fields lie to that of the value


@dataclass(frozen=True, slots=True)
class Layout:
    """How to unpack headers and records of some versions, and to put the fields in their values' order."""

    header: Struct
    header_fields: Order
    record: Struct
    record_fields: Order
    places: Offsets  # of the fields of a record


_HEADER_12: Offsets = {
    "minor_version": (8, "I"),
    "start_offset": (12, "I"),
    "record_size": (16, "I"),
    "num_records": (20, "I"),
    "last_append_at": (24, "I"),
    "last_uid": (28, "I"),
    "quota_used": (32, "Q"),
    "uid_validity": (44, "I"),
    "options": (60, "I"),
    "highest_modseq": (68, "Q"),
    "exists": (84, "I"),
    "header_file_crc": (96, "I"),
}
_HEADER_19: Offsets = {**_HEADER_12, "options": (64, "I"), "highest_modseq": (72, "Q"), "exists": (60, "I")}
_HEADER_20: Offsets = {**_HEADER_19, "last_append_at": (24, "q"), "last_uid": (88, "I"), "uid_validity": (92, "I")}

_RECORD_12: Offsets = {
    "uid": (0, "I"),
    "size": (12, "I"),
    "last_updated": (28, "I"),
    "flags": (32, "I"),
    "guid": (60, "20s"),
    "modseq": (80, "Q"),
}
_RECORD_20: Offsets = {**_RECORD_12, "size": (24, "Q"), "last_updated": (112, "q"), "flags": (36, "I")}


def _struct(size: int, offsets: Offsets) -> Struct:
    """Write the format of a block of ``size`` bytes in which only these fields and the checksum at its end are read."""
    return Struct(">" + "".join(_parts([*sorted(offsets.values()), (size - 4, "I")])))


def _parts(fields: list[tuple[int, str]]) -> Iterator[str]:
    at = 0
    for offset, code in fields:
        yield f"{offset - at}x{code}"
        at = offset + calcsize(f">{code}")


def _order(offsets: Offsets) -> Order:
    lying = sorted(offsets, key=lambda name: offsets[name])
    return itemgetter(*(lying.index(name) for name in offsets))


def _layout(header_size: int, header: Offsets, record_size: int, record: Offsets) -> Layout:
    return Layout(_struct(header_size, header), _order(header), _struct(record_size, record), _order(record), record)


_12 = _layout(128, _HEADER_12, 96, _RECORD_12)
_13 = _layout(128, _HEADER_12, 104, _RECORD_12)
_14 = _layout(160, _HEADER_12, 104, _RECORD_12)
_16 = _layout(160, _HEADER_12, 112, _RECORD_12)
_19 = _layout(160, _HEADER_19, 112, _RECORD_12)
_20 = _layout(192, _HEADER_20, 144, _RECORD_20)

LAYOUTS: Mapping[int, Layout] = {12: _12, 13: _13, 14: _14, 15: _14, 16: _16, 17: _16, 18: _16, 19: _19, 20: _20}
HEADER_BYTES = max(layout.header.size for layout in LAYOUTS.values())  # reading this much of a file is enough
