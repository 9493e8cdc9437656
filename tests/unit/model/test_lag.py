"""The comparison of folders: what is behind, what is not, and what cannot be told."""

from array import array
from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.folders import FolderHeader
from bmrepmon.model.lag import Behind, FolderComparison, compare, standings
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.survey import FolderSurvey, folder_key, pack_folder, sign

CHANGED_AT = 1_700_000_000.0
HEADER = FolderHeader(13, 128, 104, 30, None, 40, 0, 7, 0, 100, 25, 0)


class Given(NamedTuple):
    """One folder on every side; a side is a last uid, a modseq and a UIDVALIDITY, or None."""

    cyrus: tuple[int, int, int] | str
    database: tuple[int, int, int] | None = None
    log: tuple[int, int, int] | None = None


def survey(folders: list[Given], root: str = "bm-master__a_test") -> FolderSurvey:
    """Return a survey of folders f0, f1 ... directly below a partition."""
    rows: list[bytes | str | None] = [None]
    for number, folder in enumerate(folders):
        if isinstance(folder.cyrus, str):
            rows.append(folder.cyrus)
        else:
            uid, modseq, validity = folder.cyrus
            header = HEADER._replace(last_uid=uid, highest_modseq=modseq, uid_validity=validity)
            rows.append(pack_folder(sign(int(CHANGED_AT) * 10**9, 1, 1), header, f"f{number}"))
    return FolderSurvey.of([root, *(f"f{n}" for n in range(len(folders)))], array("I", [0] * len(rows)), rows)


def positions(sides: list[tuple[int, int, int] | None]) -> Positions:
    known = [(f"f{n}", Position(side[1], side[0], side[2])) for n, side in enumerate(sides) if side]
    return Positions.of(known)


def compared(folders: list[Given], *, database: bool = True, log: bool = True) -> FolderComparison:
    return compare(
        survey(folders),
        positions([folder.database for folder in folders]) if database else None,
        positions([folder.log for folder in folders]) if log else None,
    )


ALL, PART, NEW = (40, 100, 7), (37, 90, 7), (5, 101, 8)
TABLE: list[tuple[str, Given, bool, bool, tuple[str, str, int, int, bool]]] = [
    # what it is; the folder; whether database and log can be read; state, reason, messages, changes, disputed
    ("both sides have all", Given(ALL, ALL, ALL), True, True, ("replicated", "", 0, 0, False)),
    ("messages are missing", Given(ALL, PART), True, False, ("lagging", "", 3, 10, False)),
    ("only flags are missing", Given(ALL, (40, 98, 7)), True, False, ("lagging", "", 0, 2, False)),
    ("the replica is ahead", Given(ALL, (44, 120, 7)), True, False, ("replicated", "", 0, 0, False)),
    ("the log alone", Given(ALL, None, (39, 99, 7)), False, True, ("lagging", "", 1, 1, False)),
    ("the log tells no UIDVALIDITY", Given(ALL, None, (40, 100, 0)), False, True, ("replicated", "", 0, 0, False)),
    ("nobody knows it", Given(ALL), True, True, ("passive", "", 0, 0, False)),
    ("nobody knows it, without a log", Given(ALL), True, False, ("passive", "", 0, 0, False)),
    ("the log does not tell", Given(ALL), False, True, ("unknown", "no_position", 0, 0, False)),
    ("no witness at all", Given(ALL), False, False, ("unknown", "no_position", 0, 0, False)),
    ("the log is behind the database", Given(ALL, ALL, (3, 4, 7)), True, True, ("replicated", "", 0, 0, False)),
    ("bm-core said more than it has", Given(ALL, PART, ALL), True, True, ("lagging", "", 3, 10, True)),
    ("bm-core has lost it", Given(ALL, None, ALL), True, True, ("unknown", "contradiction", 0, 0, True)),
    ("a new UIDVALIDITY", Given(NEW, ALL, ALL), True, True, ("lagging", "", 5, 101, False)),
    ("only the log knows the new one", Given(NEW, ALL, NEW), True, True, ("lagging", "", 5, 101, False)),
    ("a damaged index", Given("bad_crc", ALL), True, True, ("unknown", "bad_crc", 0, 0, False)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "database", "log", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_each_case(folder: Given, database: bool, log: bool, expected: tuple[str, str, int, int, bool]) -> None:
    """State, reason, missing uids, missing modseqs, and whether the witnesses disagree."""
    comparison = compared([folder], database=database, log=log)
    (stand,) = standings(comparison.survey, comparison.database, comparison.log)

    assert (stand.state, stand.reason, stand.messages, stand.changes, stand.disputed) == expected
    assert comparison.states == {expected[0]: 1}
    assert comparison.disputed == ((folder_key("f0"),) if expected[4] else ())


NUMBERS = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 2))
FOLDERS = st.lists(
    st.builds(Given, NUMBERS | st.sampled_from(["bad_crc", "permission"]), st.none() | NUMBERS, st.none() | NUMBERS),
    max_size=12,
)


@given(FOLDERS, st.booleans(), st.booleans())
def test_the_totals_are_those_of_the_folders(folders: list[Given], database: bool, log: bool) -> None:
    """Every folder has one state, nothing is below zero, and the sums are the sums."""
    comparison = compared(folders, database=database, log=log)
    stands = list(standings(comparison.survey, comparison.database, comparison.log))

    assert sorted(stand.number for stand in stands) == list(range(1, len(folders) + 1))
    assert all(stand.messages >= 0 and stand.changes >= 0 for stand in stands)
    assert sum(comparison.states.values()) == len(folders)
    assert sum(comparison.unknown.values()) == comparison.states.get("unknown", 0)
    assert comparison.states == Counter(stand.state for stand in stands)
    assert comparison.lag_messages == sum(stand.messages for stand in stands)
    assert comparison.lag_changes == sum(stand.changes for stand in stands)
    assert comparison.lag_folders == len(comparison.behind)
    assert comparison.disputed == tuple(stand.folder.key for stand in stands if stand.disputed and stand.folder)
    assert comparison.messages == sum(stand.folder.exists for stand in stands if stand.folder)
    assert comparison.records == sum(stand.folder.num_records for stand in stands if stand.folder)
    assert comparison.passive_folders == (comparison.states.get("passive", 0) if database else None)


@given(FOLDERS, st.data())
def test_more_of_a_replica_is_never_more_lag(folders: list[Given], data: st.DataObject) -> None:
    """Whatever arrives between the survey and the look at the replica can only make less of it."""
    later = [folder._replace(database=grown(folder.database, data)) for folder in folders]
    before, after = compared(folders, log=False), compared(later, log=False)

    assert after.lag_messages <= before.lag_messages
    assert after.lag_changes <= before.lag_changes


def grown(side: tuple[int, int, int] | None, data: st.DataObject) -> tuple[int, int, int] | None:
    return side and (side[0] + data.draw(st.integers(0, 5)), side[1] + data.draw(st.integers(0, 5)), side[2])


@given(FOLDERS)
def test_what_is_equal_is_not_behind(folders: list[Given]) -> None:
    """A replica that has exactly what Cyrus has leaves no lag, whatever is damaged beside."""
    equal = [Given(f.cyrus, None if isinstance(f.cyrus, str) else f.cyrus, None) for f in folders]
    comparison = compared(equal, log=False)

    assert (comparison.lag_messages, comparison.lag_changes, comparison.lag_folders) == (0, 0, 0)


def test_folders_that_nobody_replicates_are_no_lag() -> None:
    """What lies in Cyrus's own partition is set apart, also when it cannot be read; its messages are counted."""
    comparison = compare(survey([Given((40, 100, 7)), Given("bad_crc")], "default"), Positions(), None)

    assert (comparison.lag_folders, comparison.unknown, comparison.passive_folders) == (0, {}, 0)
    assert (comparison.states, comparison.messages, comparison.records) == ({"default": 2}, 25, 30)


def test_no_name_is_in_what_is_said_of_a_folder_that_is_behind() -> None:
    """A comparison holds keys; paths are asked for."""
    (behind,) = compared([Given((40, 100, 7), (37, 90, 7))]).behind

    assert behind == Behind(folder_key("f0"), CHANGED_AT, 100, 40, Position(90, 37, 7), number=1)
