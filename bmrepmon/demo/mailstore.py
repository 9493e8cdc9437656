"""The Cyrus side: folders with their messages, headers and indexes, kept in memory and on disk alike.

Layout: BlueMind 4.9 with Cyrus 3.0: messages, metadata and archives below separate roots, folders made when they hold
their first message, expunged messages kept until the nightly cyr_expire.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bmrepmon.demo.cyrus_header import encode_header
from bmrepmon.demo.cyrus_index import ARCHIVED, EXPUNGED, IndexHeader, IndexRecord, encode_index
from bmrepmon.demo.disk import ARCHIVE, META, SPOOL, Disk
from bmrepmon.demo.folder import Folder, Inode, Orphan
from bmrepmon.demo.frames import sync_crc
from bmrepmon.demo.messages import guid
from bmrepmon.demo.names import FolderName, partition
from bmrepmon.demo.sync_log import SyncLog
from bmrepmon.demo.timeline import Timeline

META_FILES = ("cyrus.header", "cyrus.index", "cyrus.annotations", "cyrus.cache")
CACHE_GENERATION = b"\0\0\0\0"  # what an empty cyrus.cache holds


class MailStore:
    """All folders of one Cyrus server; every change is on disk and in the sync log when the method returns."""

    def __init__(self, disk: Disk, server: str, index_version: int, timeline: Timeline, sync_log: SyncLog) -> None:
        """Keep files on ``disk``."""
        self.folders: dict[str, Folder] = {}  # by unique id
        self.by_name: dict[str, Folder] = {}  # by internal name
        self.orphans: list[Orphan] = []
        self.index_version = index_version
        self._disk = disk
        self._server = server
        self._timeline = timeline
        self._sync_log = sync_log
        self._mailboxes: dict[tuple[str, str], dict[str, Folder]] = {}  # by domain and owner, then by unique id
        self._modseqs: dict[tuple[str, str], int] = {}  # by domain and owner: one counter for all folders of a mailbox
        self._staged = 0

    def mailbox(self, name: FolderName) -> list[Folder]:
        """Return all folders of the mailbox that ``name`` belongs to, but those that were deleted."""
        return list(self._mailboxes[name.domain, name.owner].values())

    # --- changes that people and mail cause

    def create(self, name: FolderName, unique_id: str, *, noted: bool = True, where: str | None = None) -> Folder:
        """Make an empty folder; ``where`` is another partition than that of its domain."""
        where = where or partition(self._server, name.domain)
        now = int(self._timeline.stamp)
        folder = Folder(unique_id, name, where, now + len(self.folders) % 1000, 0)
        folder.highest_modseq = self._next_modseq(folder)
        header = encode_header(self.index_version, name.cyrus, unique_id, folder.quota_root, folder.acl)
        folder.header_crc = zlib.crc32(header)
        self._disk.write(self._place(META, folder, "cyrus.header"), header)
        self._disk.write(self._place(META, folder, "cyrus.annotations"), b"")
        self.folders[unique_id] = self.by_name[name.cyrus] = folder
        self._mailboxes.setdefault((name.domain, name.owner), {})[unique_id] = folder
        self.save(folder)
        if noted:
            self._note(folder, "MAILBOX")
        return folder

    def deliver(self, content: bytes, folders: Sequence[Folder], internal_date: int, flags: int = 0) -> None:
        """Put one message into folders, as LMTP does: staged once, then linked into each of them."""
        self._staged += 1
        staged = self._disk.place(SPOOL, folders[0].partition, "stage.", f"4321-{int(internal_date)}-{self._staged}")
        self._disk.write(staged, content)
        inode = Inode()
        for folder in folders:
            record = self._record(folder, guid(content), len(content), internal_date, flags)
            self._disk.link(staged, self._place(SPOOL, folder, f"{record.uid}."))
            self._add(folder, record, inode)
            self.save(folder)
            self._note(folder, "APPEND", "MAILBOX")
        self._disk.remove(staged)

    def fill(self, folder: Folder, messages: Iterable[tuple[bytes, int, int]], archived_before: int = 0) -> None:
        """Put many messages (content, internal date, flags) in at once, without a word in the sync log."""
        for content, date, flags in messages:
            archived = ARCHIVED if date < archived_before else 0
            record = self._record(folder, guid(content), len(content), date, flags | archived)
            self._disk.write(self._place(_store(record), folder, f"{record.uid}."), content)
            self._add(folder, record, Inode())
        self.save(folder)

    def flag(self, folder: Folder, uids: Iterable[int], bits: int, *, on: bool = True, noted: bool = True) -> None:
        """Set or clear flags."""
        for uid in uids:
            old = folder.records[uid]
            self._change(folder, uid, old.flags | bits if on else old.flags & ~bits)
        self.save(folder)
        if noted:
            self._note(folder, "MAILBOX")

    def copy(self, source: Folder, uids: Iterable[int], target: Folder, *, noted: bool = True) -> None:
        """Copy messages: the files are linked."""
        for uid in uids:
            old = source.records[uid]
            record = self._record(target, old.guid, old.size, old.internal_date, old.flags)
            self._disk.link(
                self._file(_store(old), source, f"{uid}."), self._place(_store(old), target, f"{record.uid}.")
            )
            self._add(target, record, source.inodes[uid])
        self.save(target)
        if noted:
            self._note(target, "APPEND", "MAILBOX")

    def expunge(self, folder: Folder, uids: Iterable[int]) -> None:
        """Remove messages; their files stay until `purge`."""
        self.flag(folder, uids, EXPUNGED)

    def move(self, source: Folder, uids: Sequence[int], target: Folder) -> None:
        """Move messages: a copy, and an expunge behind it."""
        self.copy(source, uids, target)
        self.expunge(source, uids)

    def rename(self, folder: Folder, name: FolderName) -> None:
        """Give a folder another name; the header keeps the old one, and the archives keep the old files."""
        old = replace(folder)
        self._link_archives(old, name)
        folder.name = name
        for uid in [u for u, r in folder.records.items() if not r.archived]:
            self._disk.move(self._file(SPOOL, old, f"{uid}."), self._place(SPOOL, folder, f"{uid}."))
        for file in META_FILES:
            self._disk.move(self._file(META, old, file), self._place(META, folder, file))
        self._prune(SPOOL, old)
        self._prune(META, old)
        del self.by_name[old.name.cyrus]
        self.by_name[name.cyrus] = folder
        folder.highest_modseq = self._next_modseq(folder)
        self.save(folder)
        self._sync_log.append(("MAILBOX", old.name.cyrus), ("MAILBOX", name.cyrus))

    def delete(self, folder: Folder) -> None:
        """Delete a folder: with delete_mode delayed it moves below DELETED."""
        del self._mailboxes[folder.name.domain, folder.name.owner][folder.unique_id]
        self.rename(folder, replace(folder.name, deleted=f"{int(self._timeline.stamp):08X}"))

    def note(self, folder: Folder) -> None:
        """Say in the sync log that a folder wants to be looked at."""
        self._note(folder, "MAILBOX")

    # --- changes of the night

    def archive(self, folder: Folder, uids: Iterable[int]) -> None:
        """Move files to the archives (cyr_expire -A): no new modseq, no word in the sync log."""
        for uid in uids:
            self._disk.move(self._file(SPOOL, folder, f"{uid}."), self._place(ARCHIVE, folder, f"{uid}."))
            old = folder.records[uid]
            folder.records[uid] = replace(old, flags=old.flags | ARCHIVED)
        self.save(folder)

    def purge(self) -> None:
        """Remove the files and records of expunged messages (cyr_expire -X)."""
        for folder in self.folders.values():
            gone = [uid for uid, r in folder.records.items() if r.expunged]
            for uid in gone:
                self._disk.remove(self._file(_store(folder.records[uid]), folder, f"{uid}."))
                del folder.records[uid], folder.inodes[uid]
            if gone:
                self.save(folder)

    def purge_deleted(self) -> None:
        """Remove the folders below DELETED (cyr_expire -D); their archived files stay, as in Cyrus 3.0."""
        for folder in [f for f in self.folders.values() if f.name.deleted]:
            for uid, record in folder.records.items():
                if record.flags & ARCHIVED:
                    self._leave(folder, uid)
                else:
                    self._disk.remove(self._file(SPOOL, folder, f"{uid}."))
            for file in META_FILES:
                self._disk.remove(self._file(META, folder, file))
            self._prune(SPOOL, folder)
            self._prune(META, folder)
            del self.folders[folder.unique_id], self.by_name[folder.name.cyrus]
            self._sync_log.append(("UNMAILBOX", folder.name.cyrus))

    # --- the small parts

    def save(self, folder: Folder) -> None:
        """Write the index so that a reader sees the old one or the new one, never a mixture."""
        if folder.records:
            self._disk.write(self._place(META, folder, "cyrus.cache"), CACHE_GENERATION)
        header = IndexHeader(
            last_uid=folder.last_uid,
            highest_modseq=folder.highest_modseq,
            uid_validity=folder.uid_validity,
            last_append=folder.last_append,
            header_file_crc=folder.header_crc,
            sync_crc=sync_crc(folder.live),
        )
        index = encode_index(self.index_version, header, folder.records.values())
        self._disk.write_whole(self._place(META, folder, "cyrus.index"), index)

    def _record(self, folder: Folder, guid: bytes, size: int, date: int, flags: int) -> IndexRecord:
        now = int(self._timeline.stamp)
        return IndexRecord(folder.last_uid + 1, guid, size, date, now, self._next_modseq(folder), flags)

    def _add(self, folder: Folder, record: IndexRecord, inode: Inode) -> None:
        folder.records[record.uid] = record
        folder.inodes[record.uid] = inode
        folder.last_uid, folder.highest_modseq = record.uid, record.modseq
        folder.last_append = record.last_updated

    def _change(self, folder: Folder, uid: int, flags: int) -> None:
        folder.highest_modseq = self._next_modseq(folder)
        now = int(self._timeline.stamp)
        folder.records[uid] = replace(folder.records[uid], flags=flags, modseq=folder.highest_modseq, last_updated=now)

    def _next_modseq(self, folder: Folder) -> int:
        key = folder.name.domain, folder.name.owner
        self._modseqs[key] = self._modseqs.get(key, 0) + 1
        return self._modseqs[key]

    def _note(self, folder: Folder, *kinds: str) -> None:
        quota = [("QUOTA", folder.quota_root)] if "APPEND" in kinds and folder.quota_root else []
        self._sync_log.append(*((kind, folder.name.cyrus) for kind in kinds), *quota)

    def _link_archives(self, old: Folder, name: FolderName) -> None:
        new = replace(old, name=name)
        for uid in [u for u, r in old.records.items() if r.archived]:
            self._disk.link(self._file(ARCHIVE, old, f"{uid}."), self._place(ARCHIVE, new, f"{uid}."))
            self._leave(old, uid)

    def _leave(self, folder: Folder, uid: int) -> None:
        self.orphans.append(Orphan(folder.partition, folder.name.directory, uid, folder.inodes[uid]))

    def _file(self, store: str, folder: Folder, name: str) -> str:
        return self._disk.path(store, folder.partition, folder.name.directory, name)

    def _place(self, store: str, folder: Folder, name: str) -> str:
        return self._disk.place(store, folder.partition, folder.name.directory, name)

    def _prune(self, store: str, folder: Folder) -> None:
        self._disk.prune(store, folder.partition, folder.name.directory)


def _store(record: IndexRecord) -> str:
    return ARCHIVE if record.flags & ARCHIVED else SPOOL
