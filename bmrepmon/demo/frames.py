"""The text of Cyrus's sync protocol, as bm-core logs it.

Sources: Cyrus 3.0 and 3.6, imap/sync_support.c; BlueMind 4.9, ReplicationSession and ReplicationFrame.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bmrepmon.demo.cyrus_header import Acl, acl_text
from bmrepmon.demo.cyrus_index import (
    ANSWERED,
    ARCHIVED,
    DELETED,
    DRAFT,
    EXPUNGED,
    FLAGGED,
    NO_ANNOTATIONS,
    SEEN,
    IndexRecord,
)

COMMAND_SHOWN = 2048  # characters of a command that reach the log
ANSWER_SHOWN, ANSWER_KEPT = 500, 200  # of an answer: whole up to the first, else only the second
CUT = "... [truncated]"

FLAG_NAMES = (
    (ANSWERED, "\\Answered"), (FLAGGED, "\\Flagged"), (DELETED, "\\Deleted"), (DRAFT, "\\Draft"), (SEEN, "\\Seen"),
    (ARCHIVED, "\\Archived"), (EXPUNGED, "\\Expunged"),
)  # fmt: skip


def shown_command(text: str) -> str:
    """Cut a command as the log does."""
    return text if len(text) <= COMMAND_SHOWN else text[:COMMAND_SHOWN] + CUT


def shown_answer(text: str) -> str:
    """Cut an answer as the log does: a long one loses its OK or NO."""
    return text if len(text) <= ANSWER_SHOWN else text[:ANSWER_KEPT] + CUT


def atom(text: str) -> str:
    """Write a word: in quotes when it holds what would end it."""
    return f'"{text}"' if not text or any(c in text for c in " ()\t") else text


def listing(words: Iterable[str]) -> str:
    """Write a list of words."""
    return f"({' '.join(atom(word) for word in words)})"


def record_text(record: IndexRecord) -> str:
    """Write one message as RECORD describes it."""
    flags = " ".join(name for bit, name in FLAG_NAMES if record.flags & bit)
    return (
        f"%(UID {record.uid} MODSEQ {record.modseq} LAST_UPDATED {record.last_updated} FLAGS ({flags})"
        f" INTERNALDATE {record.internal_date} SIZE {record.size} GUID {record.guid.hex()})"
    )


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which BlueMind and which Cyrus speak."""

    year: Literal[2019, 2022] = 2022  # of BlueMind's sources: 4.1, or 4.9
    index_version: int = 13  # of Cyrus's index files: 13 is BlueMind's 3.0, 17 a newer Cyrus


@dataclass(frozen=True, slots=True)
class FolderState:
    """One folder as APPLY MAILBOX and GET MAILBOXES describe it."""

    unique_id: str
    name: str
    partition: str
    last_uid: int
    highest_modseq: int
    uid_validity: int
    last_append: int
    sync_crc: int
    acl: Acl
    quota_root: str | None

    def fields(self, dialect: Dialect) -> str:
        """Write all keys before RECORD, in the order of the Cyrus that speaks."""
        quota = f" QUOTAROOT {atom(self.quota_root)}" if self.quota_root else ""
        conversations = f" XCONVMODSEQ {self.highest_modseq}" if dialect.year >= 2022 else ""
        since_36 = f" CREATEDMODSEQ 1 FOLDERMODSEQ {self.highest_modseq}" if dialect.index_version >= 17 else ""
        return (
            f"UNIQUEID {self.unique_id} MBOXNAME {atom(self.name)} SYNC_CRC {self.sync_crc}"
            f" SYNC_CRC_ANNOT {NO_ANNOTATIONS} LAST_UID {self.last_uid} HIGHESTMODSEQ {self.highest_modseq}"
            f" RECENTUID {self.last_uid} RECENTTIME {self.last_append} LAST_APPENDDATE {self.last_append}"
            f" POP3_LAST_LOGIN 0 POP3_SHOW_AFTER 0{conversations} UIDVALIDITY {self.uid_validity}"
            f" PARTITION {self.partition} ACL {atom(acl_text(self.acl))} OPTIONS PS{quota}{since_36}"
        )


def sync_crc(records: Iterable[IndexRecord]) -> int:
    """Sum up a folder, so that both sides can see that they differ."""
    crc = 0
    for record in records:
        crc ^= zlib.crc32(f"{record.uid} {record.modseq} {record.flags & ~EXPUNGED} {record.guid.hex()}".encode())
    return crc


def get_mailboxes(names: Sequence[str]) -> str:
    """Ask for what bm-core has of these folders."""
    return f"GET MAILBOXES {listing(names)}"


def mailboxes_answer(folders: Iterable[FolderState], dialect: Dialect) -> str:
    """Answer with the folders that bm-core knows."""
    return "\r\n".join([*(f"* MAILBOX %({f.fields(dialect)})" for f in folders), "OK success"])


def apply_reserve(partition: str, names: Sequence[str], guids: Iterable[bytes]) -> str:
    """Ask which messages bm-core lacks."""
    return f"APPLY RESERVE %(PARTITION {partition} MBOXNAME {listing(names)} GUID ({' '.join(g.hex() for g in guids)}))"


def reserve_answer(missing: Sequence[bytes]) -> str:
    """Answer with the messages that are wanted."""
    return f"* MISSING ({' '.join(g.hex() for g in missing)})\r\nOK success" if missing else "OK success"


def apply_message(partition: str, messages: Iterable[tuple[bytes, int]], first_token: int) -> str:
    """Send messages (guid, size); in the log, each is only the name of a temporary file."""
    items = (f"%{{{partition} {g.hex()} {n}}}{{t{first_token + i}.bin}}" for i, (g, n) in enumerate(messages))
    return f"APPLY MESSAGE ({' '.join(items)})"


def apply_mailbox(folder: FolderState, records: Iterable[IndexRecord], dialect: Dialect) -> str:
    """Send a folder's state with the records that changed."""
    return f"APPLY MAILBOX %({folder.fields(dialect)} RECORD ({' '.join(map(record_text, records))}))"


def apply_rename(old: str, new: str, partition: str, uid_validity: int, dialect: Dialect) -> str:
    """Tell that a folder has a new name."""
    validity = f" UIDVALIDITY {uid_validity}" if dialect.index_version >= 17 else ""
    return f"APPLY RENAME %(OLDMBOXNAME {atom(old)} NEWMBOXNAME {atom(new)} PARTITION {partition}{validity})"
