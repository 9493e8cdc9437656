"""One folder of the simulated Cyrus, as it is in memory; the mail store brings it to disk."""

from dataclasses import dataclass, field

from bmrepmon.demo.cyrus_header import RIGHTS, Acl
from bmrepmon.demo.cyrus_index import IndexRecord
from bmrepmon.demo.frames import FolderState, sync_crc
from bmrepmon.demo.names import FolderName

ADMIN = ("admin0", "lrswipkxtecda")


@dataclass(slots=True, eq=False)
class Inode:
    """One message file, under as many names as it has links."""


@dataclass(slots=True, eq=False)
class Folder:
    """One folder of Cyrus."""

    unique_id: str
    name: FolderName
    partition: str
    uid_validity: int
    header_crc: int
    last_uid: int = 0
    highest_modseq: int = 0
    last_append: int = 0
    records: dict[int, IndexRecord] = field(default_factory=dict)  # by uid; expunged ones too
    inodes: dict[int, Inode] = field(default_factory=dict)  # of the same uids

    @property
    def live(self) -> list[IndexRecord]:
        """The messages that are not expunged."""
        return [r for r in self.records.values() if not r.expunged]

    @property
    def acl(self) -> Acl:
        """Who may do what here."""
        owner = self.name.owner.replace(".", "^")
        subject = f"{owner}@{self.name.domain}" if self.name.kind == "user" else "anyone"
        return ((subject, RIGHTS), ADMIN)

    @property
    def quota_root(self) -> str | None:
        """The mailbox that the quota is counted for; shares have none here."""
        name = self.name
        return FolderName(name.domain, "user", name.owner).cyrus if name.kind == "user" else None

    def state(self) -> FolderState:
        """Describe the folder as sync_client does."""
        return FolderState(
            unique_id=self.unique_id,
            name=self.name.cyrus,
            partition=self.partition,
            last_uid=self.last_uid,
            highest_modseq=self.highest_modseq,
            uid_validity=self.uid_validity,
            last_append=self.last_append,
            sync_crc=sync_crc(self.live),
            acl=self.acl,
            quota_root=self.quota_root,
        )


@dataclass(frozen=True, slots=True)
class Orphan:
    """An archived message file that no index knows: renames and deletions of Cyrus 3.0 leave it behind."""

    partition: str
    directory: str
    uid: int
    inode: Inode
