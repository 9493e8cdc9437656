"""Lag: each folder as Cyrus has it, against what has arrived. Pure, and exact where both sides are known.

The folders must have been surveyed before either side of the replica was read: what arrives between the two is no lag.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bmrepmon.model.frozen import frozen
from bmrepmon.model.positions import NO_POSITIONS, Position, Positions, agreeing
from bmrepmon.model.survey import FolderSurvey, SurveyedFolder

FolderState = Literal[
    "lagging",  # Cyrus has messages or changes of it that the replica has not
    "replicated",  # the replica has everything
    "passive",  # it was never replicated: neither the database nor the log knows it
    "unknown",  # it cannot be told; a reason says why
    "deleted",  # set apart: it awaits its purge
    "default",  # set apart: it lies in Cyrus's own partition, which bm-core does not replicate
]
FOLDER_STATES: tuple[FolderState, ...] = ("lagging", "unknown", "passive", "replicated", "deleted", "default")

NO_POSITION = "no_position"  # the log does not tell of it, and there is no database that would
CONTRADICTION = "contradiction"  # bm-core said that it has it, and the database does not know it
UNKNOWN_REASONS: tuple[str, ...] = (
    *("too_short", "unknown_version", "bad_sizes", "bad_crc", "bad_magic", "no_unique_id", "header_mismatch"),
    *("no_header", "permission", "io", NO_POSITION, CONTRADICTION),
)
NOTHING_YET = Position(0, 0, 0)


class Standing(NamedTuple):
    """One folder on both sides."""

    number: int  # in the survey
    state: FolderState
    reason: str  # why it is unknown; else empty
    folder: SurveyedFolder | None  # None: its own files cannot be read
    position: Position | None
    messages: int = 0  # uids that the replica has not
    changes: int = 0  # modseqs that the replica has not
    disputed: bool = False  # the database has less than what bm-core said that it has


class Behind(NamedTuple):
    """A folder that is behind: what Cyrus had when it was looked at, and what had arrived."""

    key: bytes
    changed_at: float  # Unix seconds: the last write to its index
    highest_modseq: int
    last_uid: int
    position: Position
    number: int = 0  # in the survey

    @property
    def messages(self) -> int:
        """How many uids have not arrived."""
        return max(0, self.last_uid - self.position.last_uid)

    @property
    def changes(self) -> int:
        """How many modseqs have not arrived."""
        return max(0, self.highest_modseq - self.position.highest_modseq)


@dataclass(frozen=True, slots=True)
class FolderComparison:
    """All folders of a backend on both sides; what follows from it in numbers, and the evidence itself."""

    survey: FolderSurvey
    database: Positions | None  # None: there is none, or it could not be read
    log: Positions | None  # None: there is none, or it could not be read to its end
    problem: str | None  # why the database could not be read, in one line
    states: Mapping[str, int]  # folders by their state
    unknown: Mapping[str, int]  # unknown folders by reason
    lag_messages: int
    lag_changes: int
    messages_never_sent: int  # in passive folders
    messages: int  # that exist in all folders whose files could be read, those set apart included
    records: int  # the same with those that are expunged and not yet purged
    uids: int  # given out by Cyrus in all these folders: each arrival takes one
    behind: tuple[Behind, ...]
    disputed: tuple[bytes, ...]  # keys
    moving: tuple[int, ...] = ()  # numbers of folders that are behind, or were surveyed before the replica moved on
    unmatched: tuple[int, ...] = ()  # numbers of folders that are behind, or that the replica seems not to know

    @property
    def lag_folders(self) -> int:
        """Folders that are behind."""
        return self.states.get("lagging", 0)

    @property
    def told(self) -> bool:
        """Whether anything can be said about lag: the database was read, or the log knows some folder."""
        return self.database is not None or bool(self.states.get("lagging") or self.states.get("replicated"))

    @property
    def passive_messages(self) -> int | None:
        """Messages in folders that were never replicated; None without a database, which alone can tell."""
        return None if self.database is None else self.messages_never_sent

    @property
    def passive_folders(self) -> int | None:
        """Folders that were never replicated; None without a database, which alone can tell."""
        return None if self.database is None else self.states.get("passive", 0)


def compare(
    survey: FolderSurvey, database: Positions | None, log: Positions | None, problem: str | None = None
) -> FolderComparison:
    """Compare every folder."""
    equal = _equal(survey, database, log)
    states, unknown = Counter[str](), Counter[str]()
    messages = changes = passive = 0
    if any(equal):
        states["replicated"] = sum(equal)
    exists, records, uids = survey.counts(equal)
    behind, disputed = list[Behind](), list[bytes]()
    moving, unmatched = list[int](), list[int]()
    for stand in standings(survey, database, log, equal):
        states[stand.state] += 1
        folder = stand.folder
        if stand.state == "unknown":
            unknown[stand.reason] += 1
        if stand.state in ("lagging", "replicated"):
            moving.append(stand.number)
        if stand.state in ("lagging", "passive", "unknown"):
            unmatched.append(stand.number)
        if folder is None:
            continue
        exists, records, uids = exists + folder.exists, records + folder.num_records, uids + folder.last_uid
        messages, changes = messages + stand.messages, changes + stand.changes
        if stand.disputed:
            disputed.append(folder.key)
        if stand.state == "passive":
            passive += folder.exists
        elif stand.state == "lagging":
            position = stand.position or NOTHING_YET
            behind.append(
                Behind(folder.key, folder.changed_at, folder.highest_modseq, folder.last_uid, position, stand.number)
            )
    return FolderComparison(
        survey=survey,
        database=database,
        log=log,
        problem=problem,
        states=frozen(states),
        unknown=frozen(unknown),
        lag_messages=messages,
        lag_changes=changes,
        messages_never_sent=passive,
        messages=exists,
        records=records,
        uids=uids,
        behind=tuple(behind),
        disputed=tuple(disputed),
        moving=tuple(moving),
        unmatched=tuple(unmatched),
    )


def standings(
    survey: FolderSurvey, database: Positions | None, log: Positions | None, leave: bytes | None = None
) -> Iterator[Standing]:
    """Yield every folder with its state: those that could be read, then the others.

    ``leave`` marks folders, by their numbers, that are left out.
    """
    for folder in survey if leave is None else survey.folders(leave):
        yield Standing(folder.number, folder.apart, "", folder, None) if folder.apart else _stand(folder, database, log)
    for number, apart, reason in survey.unknown():
        yield Standing(number, apart or "unknown", "" if apart else reason, None, None)


def moved_positions(before: FolderComparison, after: FolderComparison) -> set[bytes] | None:
    """Return the keys of the folders whose position is another; None when one comparison has a side more."""
    sides = ((before.database, after.database), (before.log, after.log))
    if any((old is None) != (new is None) for old, new in sides):
        return None
    return {
        key for old, new in sides if old is not None and new is not None for key in (*new.since(old), *old.since(new))
    }


def _equal(survey: FolderSurvey, database: Positions | None, log: Positions | None) -> bytes:
    """Mark the folders that are on both sides the same to the byte, and undisputed.

    On a healthy server these are nearly all, and it takes a tenth of the time to see that than to say how they stand.
    """
    marks = bytearray(len(survey.rows))
    stored, said = (log, None) if database is None else (database, log)
    for number in agreeing(survey.positions(), stored or NO_POSITIONS, said or NO_POSITIONS):
        marks[number] = 1
    return bytes(marks)


def _stand(folder: SurveyedFolder, database: Positions | None, log: Positions | None) -> Standing:
    """Judge one folder. The database tells what is there, the log what bm-core said; the former counts."""
    number = folder.number
    said = None if log is None else log.at(folder.key)
    if database is None:
        return _against(folder, said) if said else Standing(number, "unknown", NO_POSITION, folder, None)
    stored = database.at(folder.key)
    if stored is None:
        if said is None:
            return Standing(number, "passive", "", folder, None)
        return Standing(number, "unknown", CONTRADICTION, folder, None, disputed=True)
    # The database was read after the log, and bm-core answers after it has stored: having less is no matter of time.
    return _against(folder, stored, disputed=said is not None and _less(stored, said))


def _against(folder: SurveyedFolder, position: Position, *, disputed: bool = False) -> Standing:
    """Compare with a position; one of another UIDVALIDITY is of another life of the folder, and counts for nothing."""
    valid = position.uid_validity in (0, folder.uid_validity)
    base = position if valid else NOTHING_YET
    messages = max(0, folder.last_uid - base.last_uid)
    changes = max(0, folder.highest_modseq - base.highest_modseq)
    state: FolderState = "lagging" if messages or changes else "replicated"
    return Standing(folder.number, state, "", folder, base, messages, changes, disputed)


def _less(stored: Position, said: Position) -> bool:
    same_life = 0 in (stored.uid_validity, said.uid_validity) or stored.uid_validity == said.uid_validity
    return same_life and (stored.highest_modseq < said.highest_modseq or stored.last_uid < said.last_uid)
