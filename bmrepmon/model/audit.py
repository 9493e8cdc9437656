"""Message by message: a folder as its cyrus.index has it, against its records in the database. Pure.

The database is read after the index, and how far the folder is replicated was read before both: what arrives meanwhile
is taken for lag, never for a loss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bmrepmon.model.folders import EXPUNGED, UNLINKED
from bmrepmon.model.positions import Position

Kind = Literal[
    "missing",  # Cyrus has it, bm-core had told that it has it, and there is no live record
    "bodiless",  # its record is there, and the body that it names is not
    "wrong_body",  # its record names another body than Cyrus has
    "left_over",  # a live record of a message that Cyrus has no more
    "flags",  # read, answered, flagged, deleted or draft on one side only
]
KINDS: tuple[Kind, ...] = ("missing", "bodiless", "wrong_body", "left_over", "flags")
GUID_SIZE = 20  # bytes of a SHA-1
GONE = EXPUNGED | UNLINKED
FLAGS = 0b11111  # answered, flagged, deleted, draft, seen: the same bits in Cyrus and in BlueMind (4.9, MailboxRecord)


@dataclass(frozen=True, slots=True)
class CyrusMessages:
    """The records of a cyrus.index, in columns."""

    last_uid: int
    highest_modseq: int
    uid_validity: int
    uids: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()
    modseqs: tuple[int, ...] = ()
    guids: bytes = b""  # ``GUID_SIZE`` each


@dataclass(frozen=True, slots=True)
class StoredMessages:
    """The rows of t_mailbox_record of a folder, in columns and in any order."""

    uids: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()  # as 32 bits without a sign
    guids: bytes = b""  # ``GUID_SIZE`` each
    bodies: bytes = b""  # one byte each: whether t_message_body has it


class Finding(NamedTuple):
    """Something that differs, and not because it is on its way."""

    kind: Kind
    uid: int
    guid: str  # of the message in Cyrus, else of the record; hexadecimal


class Compared(NamedTuple):
    """What came of one folder."""

    messages: int  # live ones in Cyrus
    lagging: int  # messages and expunges that are on their way
    findings: tuple[Finding, ...]
    stored: bool = True  # whether bm-core has a place for its records


def compare_messages(cyrus: CyrusMessages, stored: StoredMessages | None, position: Position) -> Compared:
    """Compare one folder; ``position`` is how far it was replicated before either side was read.

    ``stored`` is None where bm-core has no container for the records of the folder.
    """
    live = sum(not flags & GONE for flags in cyrus.flags)
    if position.uid_validity not in (0, cyrus.uid_validity):  # the replica has another life of it
        return Compared(live, live, (), stored is not None)
    comparison = _Comparison(cyrus, stored or StoredMessages(), position)
    findings = (*comparison.of_cyrus(), *comparison.of_database())
    in_order = sorted(findings, key=lambda found: (found.uid, found.kind))
    return Compared(live, comparison.lagging, tuple(in_order), stored is not None)


def agreed(first: Compared, second: Compared) -> Compared:
    """Return the second look with only what was found in the first, too."""
    known = set(first.findings)
    return second._replace(findings=tuple(found for found in second.findings if found in known))


class _Comparison:
    """One comparison, and what it counts on its way."""

    def __init__(self, cyrus: CyrusMessages, stored: StoredMessages, position: Position) -> None:
        self.lagging = 0
        self._cyrus, self._stored, self._position = cyrus, stored, position
        self._rows = {uid: number for number, uid in enumerate(stored.uids) if not stored.flags[number] & GONE}
        self._live = {uid for uid, flags in zip(cyrus.uids, cyrus.flags, strict=True) if not flags & GONE}

    def of_cyrus(self) -> Iterator[Finding]:
        """Look up every live message of Cyrus."""
        cyrus = self._cyrus
        for number, (uid, flags, modseq) in enumerate(zip(cyrus.uids, cyrus.flags, cyrus.modseqs, strict=True)):
            if flags & GONE:
                continue
            guid = _guid(cyrus.guids, number)
            row = self._rows.get(uid)
            if row is None:
                if uid > self._position.last_uid or modseq > self._position.highest_modseq:
                    self.lagging += 1
                else:
                    yield Finding("missing", uid, guid.hex())
            elif kind := self._difference(row, guid, flags, modseq):
                yield Finding(kind, uid, guid.hex())

    def of_database(self) -> Iterator[Finding]:
        """Look up every live record of the database."""
        cyrus, last = self._cyrus, self._position.highest_modseq
        expunged_at = dict(zip(cyrus.uids, cyrus.modseqs, strict=True)) if self._rows.keys() - self._live else {}
        for uid in self._rows.keys() - self._live:
            if uid > cyrus.last_uid:
                continue  # it came after Cyrus was looked at
            if expunged_at.get(uid, cyrus.highest_modseq) > last:
                self.lagging += 1
            else:
                yield Finding("left_over", uid, _guid(self._stored.guids, self._rows[uid]).hex())

    def _difference(self, row: int, guid: bytes, flags: int, modseq: int) -> Kind | None:
        stored = self._stored
        if _guid(stored.guids, row) != guid:
            return "wrong_body"
        if not stored.bodies[row]:
            return "bodiless"
        settled = modseq <= self._position.highest_modseq
        return "flags" if settled and (flags ^ stored.flags[row]) & FLAGS else None


def _guid(guids: bytes, number: int) -> bytes:
    return guids[GUID_SIZE * number : GUID_SIZE * (number + 1)]
