"""What waits in Cyrus's sync log, as one look at its directory shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyncBacklog:
    """Work that sync_client has not finished. With no file at all it has taken and finished everything.

    Every change of a folder writes its own entries (about three a message) and nothing is merged on disk, so entries
    tell activity; the distinct folders among them are those that may be behind. Neither counts messages.
    """

    files: int
    bytes: int
    entries: int  # lines
    folders: int  # distinct folder names in them
    users: int  # distinct users of whom everything is to be compared
    unknown: int  # entries of a type or form that is not known
    complete: bool  # False: too much to read in one look, so that entries, folders and users are at least these
    oldest_at: float | None  # Unix seconds; the oldest entry is at least this old. None when nothing waits
    batch_since: float | None  # Unix seconds: last write to the batch that sync_client works on. None without one
