"""How far a log has been read."""

import hashlib
from dataclasses import dataclass

HEAD_BYTES = 1024


def fingerprint(head: bytes) -> str:
    """Return the hex digest that stands for the first bytes of a file."""
    return hashlib.blake2b(head, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Identifies a file and a position in it, so that reading goes on exactly there after any restart.

    ``offset`` is the end of the last complete line that was folded into the counters. The fingerprint is of the first
    ``head_length`` bytes: device and inode alone lie after a file was deleted and its inode used again, and a
    compressed copy has others. Only bytes before the offset are part of it, so that they are known never to change.
    """

    device: int
    inode: int
    offset: int  # in uncompressed bytes
    head: str
    head_length: int  # the smaller of HEAD_BYTES and offset; at 0 nothing but the inode identifies the file


@dataclass(frozen=True, slots=True)
class FollowerCounts:
    """The follower about itself. Counters survive restarts; gauges are of the last look."""

    rotations: int = 0  # reading moved on to the file that came after
    truncations: int = 0  # the same file lost what had been read of it
    gaps: int = 0  # places where lines may be missing, because what followed the last line read is nowhere to be found
    unread_bytes: int | None = None  # that wait to be read, uncompressed; a line without its newline is among them
    exists: bool | None = None
    reason: str | None = None  # why it cannot be read: missing, permission, not_a_file, unreadable
    error: str | None = None  # one line for the operator
