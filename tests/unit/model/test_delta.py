"""The difference between files and bodies: that its parts add up, and that each is what it is called."""

from array import array
from typing import NamedTuple

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.delta import BodyReferences, DeltaExplained, Reckoning, RecordLook, explain
from bmrepmon.model.folders import EXPUNGED, UNLINKED, FolderHeader
from bmrepmon.model.lag import Standing, standings
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.records import RECORD_CLASSES, RecordCensus, footing, pack_records, sort_records, take_census
from bmrepmon.model.survey import FolderSurvey, pack_folder, sign

HEADER = FolderHeader(13, 128, 104, 1, None, 40, 0, 7, 0, 100, 1, 0)


class Record(NamedTuple):
    """One message of a folder; its content is a number."""

    uid: int
    content: int
    flags: int = 0
    modseq: int = 1


class Folder(NamedTuple):
    """A folder with what the replica has of it: last uid, modseq, UIDVALIDITY; None: nothing."""

    records: list[Record]
    stored: tuple[int, int, int] | None = None
    place: str = ""  # of DELETED or default, where it lies there


def standing(folder: Folder, *, database: bool = True) -> tuple[Standing, Positions | None]:
    """Return how the folder stands, as a comparison tells."""
    partition = "default" if folder.place == "default" else "bm-master__a_test"
    names = [partition, "domain", "a", "a.test", "t", folder.place or "user", "f"]
    rows: list[bytes | str | None] = [*[None] * 6, pack_folder(sign(1, 1, 1), HEADER, "f")]
    survey = FolderSurvey.of(names, array("I", [0, 0, 1, 2, 3, 4, 5]), rows)
    stored = [("f", Position(folder.stored[1], folder.stored[0], folder.stored[2]))] if folder.stored else []
    positions = Positions.of(stored) if database else None
    (stand,) = standings(survey, positions, None)
    return stand, positions


def packed(folder: Folder, *, database: bool = True) -> bytes:
    ground = footing(*standing(folder, database=database))
    columns = list(zip(*folder.records, strict=True)) or [(), (), (), ()]
    uids, contents, flags, modseqs = columns
    guids = b"".join((content * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "little") for content in contents)
    return pack_records(ground, [sort_records(uids, flags, modseqs, guids, ground)])


def census(*folders: Folder, unread: int = 0, database: bool = True) -> RecordCensus:
    return take_census([packed(folder, database=database) for folder in folders], unread)


def classes(*folders: Folder, database: bool = True) -> dict[str, int]:
    """Return the distinct messages by class, those that have any."""
    found = census(*folders, database=database)
    return {kind: n for kind, n in zip(RECORD_CLASSES, found.distinct, strict=True) if n}


HAS = (10, 50, 7)  # what the replica has: uids up to 10, changes up to 50
TABLE: list[tuple[str, Folder, dict[str, int]]] = [
    ("it has arrived", Folder([Record(10, 1)], HAS), {"replicated": 1}),
    ("it has not", Folder([Record(11, 1)], HAS), {"lagging": 1}),
    ("the folder is new", Folder([Record(1, 1)]), {"passive": 1}),
    ("expunged, and the replica knows", Folder([Record(10, 1, EXPUNGED, 50)], HAS), {"expunged": 1}),
    ("expunged, and the replica does not know", Folder([Record(10, 1, EXPUNGED, 51)], HAS), {"replicated": 1}),
    ("expunged before it was ever sent", Folder([Record(11, 1, EXPUNGED, 51)], HAS), {"expunged": 1}),
    ("expunged in a new folder", Folder([Record(1, 1, EXPUNGED)]), {"expunged": 1}),
    ("its file is gone", Folder([Record(10, 1, EXPUNGED | UNLINKED), Record(9, 2)], HAS), {"replicated": 1}),
    ("the folder is another one of that name", Folder([Record(1, 1)], (10, 50, 6)), {"lagging": 1}),
    ("a deleted folder", Folder([Record(1, 1)], None, "DELETED"), {"expunged": 1}),
    ("a folder whose deletion has not arrived", Folder([Record(1, 1), Record(11, 2)], HAS, "DELETED"),
     {"replicated": 1, "lagging": 1}),
    ("a folder deleted, and made anew", Folder([Record(1, 1)], (10, 50, 6), "DELETED"), {"expunged": 1}),
    ("Cyrus's own partition", Folder([Record(1, 1)], None, "default"), {"passive": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_message_is_of_the_class_that_tells_what_became_of_it(folder: Folder, expected: dict[str, int]) -> None:
    """Each row is one message, or a few, in one folder."""
    assert classes(folder) == expected


def test_a_folder_whose_replica_is_not_known_is_unknown() -> None:
    """Without a database and without a word of the log nothing is said of it, expunged or not."""
    assert classes(Folder([Record(1, 1), Record(2, 2, EXPUNGED)]), database=False) == {"unknown": 2}


def test_a_message_counts_once_in_the_first_of_its_classes() -> None:
    """A body is there for all copies as soon as one of them is replicated."""
    new, here, gone = Folder([Record(1, 1), Record(2, 2)]), Folder([Record(1, 1)], HAS), EXPUNGED
    assert classes(new, here, Folder([Record(3, 1, gone), Record(4, 2, gone), Record(5, 3, gone)], HAS)) == {
        "replicated": 1,
        "passive": 1,
        "expunged": 1,
    }


FLAGS = st.sampled_from([0, 16, EXPUNGED, EXPUNGED | UNLINKED])
RECORDS = st.lists(st.builds(Record, st.integers(1, 20), st.integers(1, 30), FLAGS, st.integers(1, 99)), max_size=12)
SIDES = st.none() | st.tuples(st.integers(0, 20), st.integers(0, 99), st.sampled_from([0, 6, 7]))
FOLDERS = st.lists(st.builds(Folder, RECORDS, SIDES, st.sampled_from(["", "", "DELETED", "default"])), max_size=6)
COUNTS = st.integers(0, 100)


def parts(found: DeltaExplained) -> list[int]:
    assert found.unexplained is not None
    return [*found.reasons.values(), found.unexplained]


@given(FOLDERS, COUNTS, COUNTS, COUNTS)
def test_the_parts_add_up_to_the_difference(folders: list[Folder], files: int, bodies: int, referenced: int) -> None:
    """Whatever lies anywhere: nothing is lost, and nothing is counted twice."""
    found = census(*folders)
    explained = explain(files, RecordLook(found, Reckoning(found, BodyReferences(bodies, referenced), 0.0)))

    assert sum(parts(explained)) == files - bodies


@given(FOLDERS, COUNTS, COUNTS)
def test_nothing_is_unexplained_on_a_server_that_is_in_order(folders: list[Folder], strays: int, unpurged: int) -> None:
    """Every message that the replica has, has its body, others wait for their purge, some files belong to nobody."""
    every = {
        (number, record): kind
        for number, folder in enumerate(folders)
        for record in folder.records
        for kind in classes(folder._replace(records=[record]))
    }
    contents = {kind: {r.content for (_, r), k in every.items() if k == kind} for kind in RECORD_CLASSES}
    with_file = sum(not record.flags & UNLINKED for folder in folders for record in folder.records)
    bodies = BodyReferences(len(contents["replicated"]) + unpurged, len(contents["replicated"]))
    found = census(*folders)
    explained = explain(with_file + strays, RecordLook(found, Reckoning(found, bodies, 0.0)))

    assert explained.unexplained == 0
    assert explained.orphan == strays
    assert explained.duplicate == with_file - len(set().union(*contents.values()))
    assert explained.lagging == len(contents["lagging"] - contents["replicated"])
    assert explained.passive == len(contents["passive"] - contents["replicated"] - contents["lagging"])
    only = contents["expunged"] - contents["replicated"] - contents["lagging"] - contents["passive"]
    assert explained.expunged == len(only) - unpurged


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=30), max_size=5), st.integers(1, 20))
def test_messages_are_told_apart_piece_by_piece_as_all_at_once(contents: list[list[int]], piece: int) -> None:
    """The size of the pieces changes nothing, and keys at the very ends are counted, too."""
    folders = []
    for found in contents:
        ground = footing(*standing(Folder([], (len(found), 50, 7))))
        guids = array("Q", found).tobytes()
        zeros = [0] * len(found)
        folders.append(pack_records(ground, [sort_records(zeros, zeros, zeros, guids, ground)]))

    assert take_census(folders, 0, piece).distinct[0] == len(set().union(*contents))


def test_what_is_not_known_is_not_told() -> None:
    """A folder that could not be read may hold anything; one whose replica is unknown leaves files and copies."""
    known = Folder([Record(1, 1), Record(2, 1)], HAS)
    bodies = BodyReferences(1, 1)
    unread, unplaced = census(known, unread=1), census(known, Folder([Record(1, 2)]), database=False)

    assert explain(2, RecordLook(unread, Reckoning(unread, bodies, 0.0))) == explain(2, None)
    assert explain(3, RecordLook(unplaced, Reckoning(unplaced, bodies, 0.0))).reasons == {"orphan": 0, "duplicate": 1}
    assert explain(None, RecordLook(census(known))).reasons == {"duplicate": 1, "lagging": 0, "passive": 0}
