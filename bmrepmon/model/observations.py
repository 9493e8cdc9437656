"""What one round of a source saw: frozen values, nothing judged.

Words are those of the contract: a *backend* is one Cyrus spool, a *partition* is one domain on one
backend, a *store* is the spool or the archives, a *body* is a row of ``t_message_body``.
"""

from dataclasses import dataclass
from typing import Literal

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.carried import Carried
from bmrepmon.model.delta import RecordLook
from bmrepmon.model.heartbeat import ProbeFolders
from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.positions import PastPositions

Store = Literal["spool", "archive"]


@dataclass(frozen=True, slots=True)
class PartitionCount:
    """Files of one partition in one store."""

    partition: str  # first path part below the root of the store
    files: int  # all regular files: what `find -type f` counts
    messages: int  # regular files named <digits>. outside stage. and sync.
    folders: int  # directories that hold at least one message file


@dataclass(frozen=True, slots=True)
class StoreCount:
    """One complete walk over a store; partitions sorted by name."""

    store: Store
    partitions: tuple[PartitionCount, ...]
    unique_messages: int | None  # of all stores of the backend; None until each of them was walked
    unreadable: int  # directories that could not be listed
    unreadable_examples: tuple[str, ...]  # a few of them, for doctor only: paths name mailboxes

    @property
    def files(self) -> int:
        """All regular files of the store."""
        return sum(p.files for p in self.partitions)

    @property
    def messages(self) -> int:
        """Message files of the store."""
        return sum(p.messages for p in self.partitions)

    @property
    def folders(self) -> int:
        """Directories that hold message files."""
        return sum(p.folders for p in self.partitions)


@dataclass(frozen=True, slots=True)
class RowCounts:
    """The rows of ``t_message_body``: the last exact count, carried forward to now."""

    carried: Carried
    server_version: int  # as PostgreSQL's server_version_num, for example 140004
    problem: str | None = None  # why they were not counted again although it is time, in one line

    @property
    def bodies(self) -> int | None:
        """The rows now; None when only a count could tell."""
        return self.carried.rows


@dataclass(frozen=True, slots=True)
class PeerSessions:
    """Established connections from one address to the sync port of bm-core."""

    address: str  # IPv4 or IPv6 text; an IPv4-mapped address is shown as IPv4
    sessions: int


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """Replication sessions as the kernel sees them, by peer, sorted by address."""

    peers: tuple[PeerSessions, ...]
    listening: bool | None = None  # whether anybody takes connections there

    @property
    def total(self) -> int:
        """All sessions."""
        return sum(p.sessions for p in self.peers)


Observation = (
    StoreCount | RowCounts | SessionCounts | SyncBacklog | FolderComparison | ProbeFolders | PastPositions | RecordLook
)
