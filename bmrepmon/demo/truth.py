"""What is true of the simulated server at one moment; whatever a monitor says can be held against it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bmrepmon.demo.folder import Folder, Orphan
from bmrepmon.demo.mailstore import MailStore
from bmrepmon.demo.names import DEFAULT_PARTITION
from bmrepmon.demo.replica import Replica

Store = Literal["spool", "archive"]


@dataclass(frozen=True, slots=True)
class StoreTruth:
    """One partition in one store: what find would count."""

    store: Store
    partition: str
    files: int
    messages: int
    folders: int  # directories with at least one message file


@dataclass(frozen=True, slots=True)
class FolderTruth:
    """One folder of Cyrus, and what bm-core has of it; ``None`` where bm-core has nothing."""

    unique_id: str
    name: str  # internal name
    partition: str
    deleted: bool
    uid_validity: int
    last_uid: int
    highest_modseq: int
    exists: int
    records: int
    replica_last_uid: int | None
    replica_modseq: int | None

    @property
    def passive(self) -> bool:
        """Whether it was never replicated, though it should have been."""
        return self.replica_modseq is None and not self.deleted and self.partition != DEFAULT_PARTITION

    @property
    def lag_messages(self) -> int:
        """Uids that bm-core has not seen."""
        return 0 if self.replica_last_uid is None or self.deleted else self.last_uid - self.replica_last_uid

    @property
    def lag_changes(self) -> int:
        """Modseqs that bm-core has not seen."""
        return 0 if self.replica_modseq is None or self.deleted else self.highest_modseq - self.replica_modseq


@dataclass(frozen=True, slots=True)
class LogTruth:
    """What replication.log says in all its files together; times are Unix seconds."""

    lines: int
    apply_mailbox: Mapping[str, int]  # by partition, the probe's too
    applied_messages: int
    replies: Mapping[str, int]  # ok, no, bad; "" for answers whose end was cut
    record_changes: Mapping[str, int]  # create, update, delete
    probe_applied: Mapping[str, float]  # by partition: last APPLY MAILBOX of the probe


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything at one moment."""

    at: float  # Unix time, as in the stamps
    elapsed: float  # simulated seconds
    stores: tuple[StoreTruth, ...]  # by store and partition
    unique_messages: int  # inodes of message files in both stores together
    orphan_files: int  # archived files that no index knows
    bodies: int  # rows of t_message_body
    records: int  # rows of t_mailbox_record
    folders: tuple[FolderTruth, ...]
    log: LogTruth
    probe_latency: Mapping[str, float | None]  # by partition: seconds, of the last change that came back
    probe_failures: int
    active_sessions: int  # established connections
    sync_log_entries: int
    sync_log_names: int  # distinct ones

    @property
    def files(self) -> int:
        """All files in spool and archives."""
        return sum(s.files for s in self.stores)

    @property
    def messages(self) -> int:
        """Message files in spool and archives."""
        return sum(s.messages for s in self.stores)

    @property
    def lag_messages(self) -> int:
        """Messages that Cyrus has and bm-core has not, passive folders apart."""
        return sum(f.lag_messages for f in self.folders)

    @property
    def lag_changes(self) -> int:
        """Modseqs that Cyrus has and bm-core has not, passive folders apart."""
        return sum(f.lag_changes for f in self.folders)

    @property
    def lag_folders(self) -> int:
        """Folders that are behind."""
        return sum(bool(f.lag_changes or f.lag_messages) for f in self.folders)

    @property
    def passive_folders(self) -> int:
        """Folders that were never replicated."""
        return sum(f.passive for f in self.folders)

    @property
    def passive_messages(self) -> int:
        """Messages in folders that were never replicated."""
        return sum(f.exists for f in self.folders if f.passive)

    @property
    def apply_mailbox(self) -> int:
        """APPLY MAILBOX commands, all partitions together."""
        return sum(self.log.apply_mailbox.values())


def count_stores(
    store: MailStore, places: Mapping[Store, Iterable[str]], strays: Mapping[tuple[Store, str], int]
) -> tuple[StoreTruth, ...]:
    """Count files as they lie on disk, in the partitions of each store; ``strays`` are files that are no messages."""
    messages: Counter[tuple[str, str]] = Counter()
    folders: dict[tuple[str, str], set[str]] = {}
    for kind, partition, directory in _message_files(store):
        messages[kind, partition] += 1
        folders.setdefault((kind, partition), set()).add(directory)
    return tuple(
        StoreTruth(k, p, messages[k, p] + strays.get((k, p), 0), messages[k, p], len(folders.get((k, p), ())))
        for k, partitions in places.items()
        for p in sorted(partitions)
    )


def count_inodes(store: MailStore) -> int:
    """Count message files, those with several names once."""
    known = {id(inode) for folder in store.folders.values() for inode in folder.inodes.values()}
    return len(known | {id(orphan.inode) for orphan in store.orphans})


def compare(folder: Folder, replica: Replica) -> FolderTruth:
    """Put both sides of a folder beside each other."""
    known = replica.folders.get(folder.unique_id)
    return FolderTruth(
        unique_id=folder.unique_id,
        name=folder.name.cyrus,
        partition=folder.partition,
        deleted=folder.name.deleted is not None,
        uid_validity=folder.uid_validity,
        last_uid=folder.last_uid,
        highest_modseq=folder.highest_modseq,
        exists=len(folder.live),
        records=len(folder.records),
        replica_last_uid=known.state.last_uid if known else None,
        replica_modseq=known.state.highest_modseq if known else None,
    )


def _message_files(store: MailStore) -> Iterable[tuple[Store, str, str]]:
    """Tell store, partition and directory of each message file."""
    orphans: list[Orphan] = store.orphans
    for orphan in orphans:
        yield "archive", orphan.partition, orphan.directory
    for folder in store.folders.values():
        directory = folder.name.directory
        for record in folder.records.values():
            yield "archive" if record.archived else "spool", folder.partition, directory
