"""How far a log has been read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Identifies a file and a position in it, so that reading goes on exactly there after any restart.

    ``offset`` is the start of the first byte that is not yet folded into the counters. The fingerprint is a hash of
    the first ``head_length`` bytes: device and inode alone lie after a file was deleted and its inode used again.
    """

    device: int
    inode: int
    offset: int
    head: str  # hex digest of the first head_length bytes
    head_length: int  # at most HEAD_BYTES; less while the file is shorter


HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class FollowerCounts:
    """The follower about itself. Counters survive restarts; gauges are of the last look."""

    rotations: int = 0  # the name points to a new file
    truncations: int = 0  # the same file became shorter
    gaps: int = 0  # holes that could not be filled
    unread_bytes: int | None = None  # from the offset to the end of file
    exists: bool | None = None
    reason: str | None = None  # why it cannot be read: missing, permission, not_a_file
    error: str | None = None  # one line for the operator
