"""What the stand-in for bm-core keeps of Cyrus.

bm-core compares nothing and computes no checksum: it keeps what an APPLY MAILBOX said of a folder, SYNC_CRC included,
and tells that again when GET MAILBOXES asks, so that sync_client finds both sides equal. Source: BlueMind 4.9,
net.bluemind.backend.cyrus.replication.server.state, ReplicationState and DtoConverters.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lab.database import Database
from lab.protocol import Body, Fields, number, text, words

from bmrepmon.model.names import MailboxName
from bmrepmon.parse.mailbox_name import parse_mailbox_name

EXPUNGED = "\\Expunged"


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder, as the last APPLY MAILBOX described it."""

    fields: Fields  # all but RECORD
    records: dict[int, Fields] = field(default_factory=dict)  # by uid

    @property
    def name(self) -> str:
        """Its internal name."""
        return text(self.fields, "MBOXNAME")

    @property
    def unique_id(self) -> str:
        """What names it for ever."""
        return text(self.fields, "UNIQUEID")


@dataclass(frozen=True, slots=True)
class Changes:
    """The records of one APPLY MAILBOX, by what becomes of them."""

    created: Sequence[Fields]
    updated: Sequence[Fields]
    deleted: Sequence[Fields]
    skipped: Sequence[Fields]  # expunged before they were ever seen


class Replica:
    """Folders and records, in memory as they came and in the database as bm-core stores them."""

    def __init__(self, database: Database) -> None:
        """Know nothing yet."""
        self.folders: dict[str, Folder] = {}  # by unique id
        self.created: Counter[str] = Counter()  # records, by unique id of their folder
        self.bodies = 0  # that came, again or not
        self._database = database

    def named(self, names: Iterable[str]) -> list[Folder]:
        """Return the folders of these names that are known."""
        wanted = set(names)
        return [folder for folder in tuple(self.folders.values()) if folder.name in wanted]

    def below(self, root: str) -> list[Folder]:
        """Return a mailbox's folders."""
        return [f for f in tuple(self.folders.values()) if f.name == root or f.name.startswith(f"{root}.")]

    def missing(self, guids: Sequence[str]) -> list[str]:
        """Return the bodies that are not there."""
        return self._database.missing(guids)

    def store(self, bodies: Sequence[Body]) -> None:
        """Keep bodies."""
        self.bodies += len(bodies)
        self._database.add_bodies(bodies)

    def apply(self, fields: Fields, records: Sequence[Fields]) -> Changes:
        """Take over the state of a folder with the records that changed."""
        name = parse_mailbox_name(text(fields, "MBOXNAME"))
        assert isinstance(name, MailboxName), fields["MBOXNAME"]
        known = self.folders.get(text(fields, "UNIQUEID"), Folder(fields)).records
        changes = _sort(records, known)
        kept = [*changes.created, *changes.updated, *changes.deleted]
        self._database.apply_folder(name, fields, kept)
        folder = Folder(fields, known | {number(r, "UID"): r for r in kept})
        self.folders[folder.unique_id] = folder
        self.created[folder.unique_id] += len(changes.created)
        return changes

    def expunge(self, folder: Folder, uids: Iterable[int]) -> None:
        """Mark records as expunged."""
        records = [folder.records[uid] for uid in uids if uid in folder.records]
        self.apply(folder.fields, [{**r, "FLAGS": [*words(r["FLAGS"]), EXPUNGED]} for r in records])

    def rename(self, folder: Folder, new: str) -> None:
        """Follow a renamed folder; one that moved below DELETED is dropped with its records."""
        name = parse_mailbox_name(new)
        assert isinstance(name, MailboxName), new
        if name.namespace in ("deleted", "deletedShared"):
            self.remove(folder)
            return
        self._database.rename_folder(folder.unique_id, name)
        self.folders[folder.unique_id] = replace(folder, fields={**folder.fields, "MBOXNAME": new})

    def remove(self, folder: Folder) -> None:
        """Drop a folder with its records."""
        self._database.remove_folder(folder.unique_id)
        del self.folders[folder.unique_id]


def _sort(records: Iterable[Fields], known: Iterable[int]) -> Changes:
    uids = set(known)
    changes = Changes([], [], [], [])
    kinds = {
        (False, False): changes.created,
        (True, False): changes.updated,
        (True, True): changes.deleted,
        (False, True): changes.skipped,
    }
    for record in records:
        kinds[number(record, "UID") in uids, EXPUNGED in words(record["FLAGS"])].append(record)  # type: ignore[attr-defined]
    return changes
