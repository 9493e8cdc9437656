"""A Cyrus folder as its own files tell it: frozen values, nothing compared."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from bmrepmon.model.names import MailboxName

DamageReason = Literal[
    "too_short",  # fewer bytes than the fixed part of the file
    "unknown_version",  # a minor version whose layout is not known, or not a cyrus.index at all
    "bad_sizes",  # start or record size do not belong to the version that the file claims
    "bad_crc",  # the header's checksum does not hold: damage, or caught in the middle of a write
    "bad_magic",  # a cyrus.header that does not begin as one
    "no_unique_id",  # a cyrus.header without a usable unique id: damaged, or older than Cyrus 2.3
    "bad_record_crc",  # the checksum of one message's record does not hold
    "header_mismatch",  # the cyrus.header is not the one that the index means: damage, or caught between two writes
    "no_header",  # a cyrus.index without a cyrus.header beside it
    "truncated",  # the file ends before the number of records that its header promises
]


@dataclass(frozen=True, slots=True)
class Damage:
    """Why a file, or one record of it, is not believed. What is damaged is unknown, and is never guessed."""

    reason: DamageReason


class FolderHeader(NamedTuple):
    """The head of a cyrus.index, checked; times are Unix seconds. A tuple, for a server may have 100,000."""

    minor_version: int
    start_offset: int  # bytes before the first record
    record_size: int  # bytes
    num_records: int  # expunged ones included
    last_append_at: int | None  # None while the folder never had a message
    last_uid: int  # highest uid ever given; UIDNEXT minus one
    quota_used: int  # bytes of the messages that exist
    uid_validity: int
    options: int
    highest_modseq: int
    exists: int  # messages that a client sees
    header_file_crc: int  # CRC32 of the cyrus.header beside it: that file need not be read again while this stays

    @property
    def expunged(self) -> int:
        """Records of messages that no client sees any more; their files stay until Cyrus purges them."""
        return self.num_records - self.exists

    @property
    def deleted(self) -> bool:
        """Whether Cyrus has deleted the folder and will remove its files when the last session lets go."""
        return bool(self.options & DELETED)


DELETED = 1 << 31  # of FolderHeader.options

EXPUNGED = 1 << 31  # of IndexRecord.flags, as the next ones
UNLINKED = 1 << 30
ARCHIVED = 1 << 29
SEEN = 1 << 4


class IndexRecord(NamedTuple):
    """One message of a folder. A tuple, because an audit makes tens of thousands of them a second."""

    uid: int
    size: int  # bytes
    last_updated: int  # Unix seconds
    flags: int
    guid: bytes  # SHA-1 of the message, 20 bytes: the key of its body
    modseq: int

    @property
    def expunged(self) -> bool:
        """Whether the message is gone for clients; its file may still be there."""
        return bool(self.flags & EXPUNGED)

    @property
    def unlinked(self) -> bool:
        """Whether its file is gone, or about to be."""
        return bool(self.flags & UNLINKED)

    @property
    def archived(self) -> bool:
        """Whether its file lies in the archive partition."""
        return bool(self.flags & ARCHIVED)

    @property
    def seen(self) -> bool:
        """Whether the owner has read it."""
        return bool(self.flags & SEEN)


@dataclass(frozen=True, slots=True)
class FolderIdentity:
    """What a cyrus.header says and nothing else does. It holds a name too, but that one is stale after a rename."""

    unique_id: str
    quota_root: str | None


@dataclass(frozen=True, slots=True)
class FolderPath:
    """Where a folder lies below the root of a store or of the metadata, and what that says of its name."""

    partition: str
    name: MailboxName | None  # None when the path is not one that Cyrus makes for BlueMind

    @property
    def deleted(self) -> bool:
        """Whether the folder awaits its purge; nobody replicates it any more."""
        return self.name is not None and self.name.namespace in ("deleted", "deletedShared")
