"""Builds cyrus.index files, byte for byte as Cyrus does.

Big-endian; the header ends with the CRC-32 of all before it, and so does each record. Offsets: imap/mailbox.h of
Cyrus 2.5 (version 12), 3.0 (13), 3.2 (16), 3.4 to 3.8 (17) and 3.10 (19); version 13 is BlueMind's.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ANSWERED, FLAGGED, DELETED, DRAFT, SEEN = 1, 2, 4, 8, 16
ARCHIVED, UNLINKED, EXPUNGED = 1 << 29, 1 << 30, 1 << 31
OPTIONS = 5  # POP3 UIDL, quota aware: what BlueMind's mailboxes have

HEADER = {  # version: size of the header, size of a record
    12: (128, 96), 13: (128, 104), 14: (160, 104), 15: (160, 104), 16: (160, 112), 17: (160, 112), 18: (160, 112),
    19: (160, 112),
}  # fmt: skip
CLASSIC = {  # field: offset, size
    "generation": (0, 4), "format": (4, 4), "minor_version": (8, 4), "start_offset": (12, 4), "record_size": (16, 4),
    "num_records": (20, 4), "last_appenddate": (24, 4), "last_uid": (28, 4), "quota_mailbox_used": (32, 8),
    "uidvalidity": (44, 4), "deleted": (48, 4), "answered": (52, 4), "flagged": (56, 4), "options": (60, 4),
    "highestmodseq": (68, 8), "exists": (84, 4), "header_file_crc": (96, 4), "sync_crc": (100, 4),
    "recentuid": (104, 4), "recenttime": (108, 4), "first_expunged": (88, 4), "last_repack_time": (92, 4),
    "annotation_bytes": (116, 4), "sync_crc_annot": (120, 4),
}  # fmt: skip
MOVED_IN_19 = {"exists": (60, 4), "options": (64, 4), "highestmodseq": (72, 8)}
SINCE = {14: {"unseen": (124, 4)}, 16: {"createdmodseq": (128, 8)}}  # version that brought the field
SINCE_17 = {"changes_epoch": (136, 4)}  # in 17 and 18
SINCE_19 = {"changes_epoch": (152, 4)}

CACHE_VERSION = 11
NO_ANNOTATIONS = 12345678  # what sync_crc_annot starts from


def header_fields(version: int) -> Mapping[str, tuple[int, int]]:
    """Return the place of each header field, as offset and size."""
    fields = dict(CLASSIC)
    for since, added in SINCE.items():
        if version >= since:
            fields |= added
    if version >= 19:
        return fields | MOVED_IN_19 | SINCE_19
    return fields | SINCE_17 if version >= 17 else fields


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """One message of a folder; times are Unix seconds."""

    uid: int
    guid: bytes  # SHA-1 of the message
    size: int
    internal_date: int
    last_updated: int
    modseq: int
    flags: int = 0  # the bits named above

    @property
    def archived(self) -> bool:
        """Whether the file is in the archives."""
        return bool(self.flags & ARCHIVED)

    @property
    def expunged(self) -> bool:
        """Whether the message is removed, though its file may still be there."""
        return bool(self.flags & EXPUNGED)

    def encode(self, version: int) -> bytes:
        """Return the record as the file holds it."""
        fixed = struct.pack(
            ">9I16x2I20sQ",
            self.uid, self.internal_date, self.internal_date - self.internal_date % 86400, self.size, 300,
            self.internal_date, 0, self.last_updated, self.flags, 0, CACHE_VERSION, self.guid, self.modseq,
        )  # fmt: skip
        body = fixed.ljust(HEADER[version][1] - 4, b"\0")
        return body + struct.pack(">I", zlib.crc32(body))


@dataclass(frozen=True, slots=True)
class IndexHeader:
    """What the header tells of a folder beside what follows from its records."""

    last_uid: int
    highest_modseq: int
    uid_validity: int
    last_append: int = 0  # Unix seconds
    header_file_crc: int = 0  # CRC-32 of the folder's cyrus.header
    sync_crc: int = 0

    def encode(self, version: int, records: Iterable[IndexRecord]) -> bytes:
        """Return the header of a folder with these records.

        Raises:
            KeyError: the version is none that Cyrus 2.5 to 3.12 writes.
        """
        size, record_size = HEADER[version]
        kept = list(records)
        live = [r for r in kept if not r.expunged]
        values = {
            "minor_version": version,
            "start_offset": size,
            "record_size": record_size,
            "num_records": len(kept),
            "last_appenddate": self.last_append,
            "last_uid": self.last_uid,
            "quota_mailbox_used": sum(r.size for r in live),
            "uidvalidity": self.uid_validity,
            "deleted": sum(bool(r.flags & DELETED) for r in live),
            "answered": sum(bool(r.flags & ANSWERED) for r in live),
            "flagged": sum(bool(r.flags & FLAGGED) for r in live),
            "options": OPTIONS,
            "highestmodseq": self.highest_modseq,
            "exists": len(live),
            "header_file_crc": self.header_file_crc,
            "sync_crc": self.sync_crc,
            "sync_crc_annot": NO_ANNOTATIONS,
            "unseen": sum(not r.flags & SEEN for r in live),
            "createdmodseq": 1,
            "changes_epoch": self.uid_validity,
        }
        return seal(version, values)


def seal(version: int, values: Mapping[str, int]) -> bytes:
    """Put the values that this version has in their places, and the CRC behind them."""
    out = bytearray(HEADER[version][0])
    for name, (offset, size) in header_fields(version).items():
        out[offset : offset + size] = values.get(name, 0).to_bytes(size, "big")
    out[-4:] = zlib.crc32(out[:-4]).to_bytes(4, "big")
    return bytes(out)


def encode_index(version: int, header: IndexHeader, records: Iterable[IndexRecord]) -> bytes:
    """Return a whole cyrus.index."""
    kept = list(records)
    return header.encode(version, kept) + b"".join(r.encode(version) for r in kept)
