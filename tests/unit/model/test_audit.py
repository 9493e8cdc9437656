import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.audit import GUID_SIZE, Compared, CyrusMessages, Finding, StoredMessages, agreed, compare_messages
from bmrepmon.model.folders import EXPUNGED, SEEN, UNLINKED
from bmrepmon.model.positions import Position

Record = tuple[int, int, int, int]  # uid, flags, modseq, content
Row = tuple[int, int, int, bool]  # uid, flags, content, body
LAST = 20
FLAG_SETS = st.sampled_from([0, SEEN, EXPUNGED, EXPUNGED | SEEN, EXPUNGED | UNLINKED])


def guid(content: int) -> bytes:
    return bytes([content]) * GUID_SIZE


def in_cyrus(*records: Record, last_uid: int = LAST, modseq: int = 100) -> CyrusMessages:
    columns = list(zip(*records, strict=True)) if records else [(), (), (), ()]
    return CyrusMessages(last_uid, modseq, 7, *columns[:3], b"".join(map(guid, columns[3])))  # type: ignore[arg-type, call-arg]


def in_database(*rows: Row) -> StoredMessages:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return StoredMessages(columns[0], columns[1], b"".join(map(guid, columns[2])), bytes(columns[3]))


DONE = Position(highest_modseq=100, last_uid=LAST, uid_validity=7)


@pytest.mark.parametrize(
    ("records", "rows", "position", "expected"),
    [
        ([(1, 0, 5, 1)], [(1, 0, 1, True)], DONE, Compared(1, 0, ())),
        ([(1, 0, 5, 1)], [], DONE, Compared(1, 0, (Finding("missing", 1, guid(1).hex()),))),
        ([(1, 0, 5, 1)], [(1, EXPUNGED, 1, True)], DONE, Compared(1, 0, (Finding("missing", 1, guid(1).hex()),))),
        ([(9, 0, 5, 1)], [], DONE._replace(last_uid=8), Compared(1, 1, ())),
        ([(9, 0, 101, 1)], [], DONE, Compared(1, 1, ())),
        ([(1, 0, 5, 1)], [(1, 0, 1, False)], DONE, Compared(1, 0, (Finding("bodiless", 1, guid(1).hex()),))),
        ([(1, 0, 5, 1)], [(1, 0, 2, True)], DONE, Compared(1, 0, (Finding("wrong_body", 1, guid(1).hex()),))),
        ([], [(1, 0, 1, True)], DONE, Compared(0, 0, (Finding("left_over", 1, guid(1).hex()),))),
        ([(1, EXPUNGED, 5, 1)], [(1, 0, 1, True)], DONE, Compared(0, 0, (Finding("left_over", 1, guid(1).hex()),))),
        ([(1, EXPUNGED, 101, 1)], [(1, 0, 1, True)], DONE, Compared(0, 1, ())),
        ([], [(LAST + 1, 0, 1, True)], DONE, Compared(0, 0, ())),
        ([(1, EXPUNGED, 5, 1)], [(1, EXPUNGED, 1, False)], DONE, Compared(0, 0, ())),
        ([(1, SEEN, 5, 1)], [(1, 0, 1, True)], DONE, Compared(1, 0, (Finding("flags", 1, guid(1).hex()),))),
        ([(1, SEEN, 101, 1)], [(1, 0, 1, True)], DONE, Compared(1, 0, ())),
        ([(1, 0, 5, 1)], [], DONE._replace(uid_validity=8), Compared(1, 1, ())),
    ],
    ids=[
        *("equal", "no record", "record expunged", "new", "new by its modseq", "no body", "another body", "purged"),
        *("expunged", "expunge on its way", "newer than our look", "gone on both sides", "flag", "flag on its way"),
        "another life",
    ],
)
def test_each_kind_of_difference(
    records: list[Record], rows: list[Row], position: Position, expected: Compared
) -> None:
    """What is on its way is no difference."""
    assert compare_messages(in_cyrus(*records), in_database(*rows), position) == expected


def test_without_a_container_every_message_is_missing() -> None:
    """bm-core drops the records of such a folder without a word."""
    compared = compare_messages(in_cyrus((1, 0, 5, 1)), None, DONE)

    assert ([found.kind for found in compared.findings], compared.stored) == (["missing"], False)


def test_what_is_seen_once_only_was_on_its_way() -> None:
    """The second look counts, of what the first one found too."""
    first = compare_messages(in_cyrus((1, 0, 5, 1), (2, 0, 6, 2)), in_database(), DONE)
    second = compare_messages(in_cyrus((1, 0, 5, 1), (2, 0, 6, 2), (3, 0, 7, 3)), in_database((1, 0, 1, True)), DONE)

    assert [found.uid for found in agreed(first, second).findings] == [2]
    assert agreed(first, second).messages == 3


@given(
    st.dictionaries(st.integers(1, LAST), st.tuples(FLAG_SETS, st.integers(1, 110), st.integers(0, 3))),
    st.dictionaries(st.integers(1, LAST + 2), st.tuples(FLAG_SETS, st.integers(0, 3), st.booleans())),
    st.integers(0, LAST),
    st.integers(0, 110),
)
def test_it_is_the_difference_of_sets(
    cyrus: dict[int, tuple[int, int, int]], rows: dict[int, tuple[int, int, bool]], last_uid: int, modseq: int
) -> None:
    """Whatever lies on either side, and however far the replica is."""
    position = Position(modseq, last_uid, 7)
    found = compare_messages(
        in_cyrus(*((uid, *record) for uid, record in cyrus.items()), modseq=110),
        in_database(*((uid, *row) for uid, row in rows.items())),
        position,
    )
    live = {uid for uid, (flags, _, _) in cyrus.items() if not flags & EXPUNGED}
    stored = {uid for uid, (flags, _, _) in rows.items() if not flags & EXPUNGED}
    by_kind = {kind: {f.uid for f in found.findings if f.kind == kind} for kind in ("missing", "left_over")}

    assert by_kind["missing"] == {uid for uid in live - stored if uid <= last_uid and cyrus[uid][1] <= modseq}
    assert by_kind["left_over"] == {
        uid for uid in stored - live if uid <= LAST and (cyrus[uid][1] if uid in cyrus else 110) <= modseq
    }
    assert {f.uid for f in found.findings if f.kind == "wrong_body"} == {
        uid for uid in live & stored if cyrus[uid][2] != rows[uid][1]
    }
    assert {f.uid for f in found.findings if f.kind == "bodiless"} == {
        uid for uid in live & stored if cyrus[uid][2] == rows[uid][1] and not rows[uid][2]
    }
    assert found.messages == len(live)
