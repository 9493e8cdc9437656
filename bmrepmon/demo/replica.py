"""What bm-core has of Cyrus: folders, records and bodies, in memory and, unless told otherwise, in PostgreSQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bmrepmon.demo.cyrus_index import IndexRecord
from bmrepmon.demo.database import Database
from bmrepmon.demo.frames import FolderState
from bmrepmon.demo.names import FolderName


@dataclass(slots=True, eq=False)
class ReplicaFolder:
    """One folder as bm-core knows it."""

    state: FolderState
    name: FolderName
    records: dict[int, IndexRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What one APPLY MAILBOX did to the records of its folder."""

    created: int = 0
    updated: int = 0
    deleted: int = 0


class Replica:
    """The content of one shard, as bm-core reads and changes it."""

    def __init__(self, database: Database | None) -> None:
        """Keep everything in memory, and in ``database`` too if there is one."""
        self.folders: dict[str, ReplicaFolder] = {}  # by unique id
        self.bodies: set[bytes] = set()  # GUIDs
        self.orphans: set[bytes] = set()  # bodies whose last record was deleted: they wait for their purge
        self._by_name: dict[str, ReplicaFolder] = {}
        self._references: dict[bytes, int] = {}  # records of each body
        self._forgotten: dict[str, FolderState] = {}  # by unique id: what the next update will leave in the database
        self._database = database

    def known(self, names: Iterable[str]) -> list[FolderState]:
        """Return the folders of these names, in their order, that bm-core has."""
        found = (self._by_name.get(name) for name in names)
        return [folder.state for folder in found if folder]

    def missing(self, guids: Iterable[bytes]) -> list[bytes]:
        """Return the bodies that bm-core has not."""
        return [g for g in guids if g not in self.bodies]

    def store(self, bodies: Iterable[tuple[bytes, int]], at: float) -> None:
        """Keep bodies (guid, size); those that are there already stay as they are."""
        new = {guid: size for guid, size in bodies if guid not in self.bodies}
        if self._database and new:
            self._database.add_bodies(new.items(), at)
        self.bodies |= new.keys()

    def open(self, state: FolderState, name: FolderName) -> None:
        """Make a folder that is not there yet, empty."""
        if state.unique_id not in self.folders:
            empty = replace(state, last_uid=0, highest_modseq=0)
            folder = self.folders[state.unique_id] = ReplicaFolder(empty, name)
            self._name(folder, empty, name)
            if self._database:
                self._database.add_folders([(empty, name)])

    def change(self, unique_id: str, records: Sequence[IndexRecord]) -> Changes:
        """Apply records to a folder; a message that was expunged before it was seen gets none."""
        folder = self.folders[unique_id]
        created = [r for r in records if r.uid not in folder.records and not r.expunged]
        updated = [r for r in records if r.uid in folder.records]
        if self._database:
            self._database.add_records(unique_id, created)
            self._database.update_records(unique_id, updated)
        expunged = sum(r.expunged for r in updated)
        self._keep(folder, [*created, *updated])
        return Changes(len(created), len(updated) - expunged, expunged)

    def update(self, state: FolderState, name: FolderName) -> None:
        """Take over the state of a folder: its records are applied."""
        if self._database:
            self._database.update_folder(self._forgotten.pop(state.unique_id, state), name)
        self._name(self.folders[state.unique_id], state, name)

    def forget_next(self, before: FolderState) -> None:
        """Let the next state of a folder be lost on its way to the database, which keeps the one ``before``."""
        self._forgotten[before.unique_id] = before

    def load(self, folders: Sequence[ReplicaFolder], bodies: Sequence[tuple[bytes, int]], at: float) -> None:
        """Take over a state at once, as after a first replication that nobody watched."""
        self.store(bodies, at)
        if self._database:
            self._database.add_folders([(f.state, f.name) for f in folders])
        for folder in folders:
            records, folder.records = list(folder.records.values()), {}
            if self._database:
                self._database.add_records(folder.state.unique_id, records)
            self.folders[folder.state.unique_id] = folder
            self._name(folder, folder.state, folder.name)
            self._keep(folder, records)

    def rename(self, unique_id: str, state: FolderState, name: FolderName) -> None:
        """Follow a renamed folder; one that moved below DELETED is dropped with its records."""
        folder = self.folders[unique_id]
        if name.deleted is None:
            # Only the name: what else the state tells comes with the next APPLY MAILBOX.
            self.update(replace(folder.state, name=state.name), name)
            return
        self._drop_records(unique_id, list(folder.records))
        if self._database:
            self._database.remove_folder(unique_id)
        del self.folders[unique_id], self._by_name[folder.state.name]

    def expire(self) -> int:
        """Drop the records of expunged messages; return how many."""
        expired = 0
        for unique_id, folder in self.folders.items():
            gone = [uid for uid, r in folder.records.items() if r.expunged]
            self._drop_records(unique_id, gone)
            expired += len(gone)
        return expired

    def purge(self) -> int:
        """Drop the bodies that no record needs any more; return how many."""
        gone, self.orphans = self.orphans, set()
        if self._database and gone:
            self._database.remove_bodies(sorted(gone))
        self.bodies -= gone
        return len(gone)

    @property
    def records(self) -> int:
        """Rows of t_mailbox_record."""
        return sum(len(f.records) for f in self.folders.values())

    def _name(self, folder: ReplicaFolder, state: FolderState, name: FolderName) -> None:
        self._by_name.pop(folder.state.name, None)
        folder.state, folder.name = state, name
        self._by_name[state.name] = folder

    def _keep(self, folder: ReplicaFolder, records: Iterable[IndexRecord]) -> None:
        for record in records:
            if record.uid not in folder.records:
                self._references[record.guid] = self._references.get(record.guid, 0) + 1
                self.orphans.discard(record.guid)
            folder.records[record.uid] = record

    def _drop_records(self, unique_id: str, uids: Sequence[int]) -> None:
        if self._database and uids:
            self._database.remove_records(unique_id, uids)
        records = self.folders[unique_id].records
        for uid in uids:
            guid = records.pop(uid).guid
            self._references[guid] -= 1
            if not self._references[guid]:
                self.orphans.add(guid)
