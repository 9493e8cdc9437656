"""Positions: a mapping like any other, only smaller."""

from struct import pack

from hypothesis import given, strategies as st

from bmrepmon.model.positions import NO_POSITIONS, PIECES, Position, Positions, agreeing
from bmrepmon.model.survey import folder_key

KEYS = st.binary(min_size=8, max_size=8) | st.sampled_from([b"\0" * 8, b"\0\1" * 4, b"\1\0" * 4, b"\1" * 8])
POSITIONS = st.builds(
    Position, st.integers(0, 2**64 - 1) | st.just(0x0001000100010001), st.integers(0, 2**32 - 1), st.integers(0, 1)
)
CHANGES = st.lists(st.dictionaries(KEYS, POSITIONS, max_size=20), max_size=8)


@given(CHANGES)
def test_it_holds_what_a_dict_would(changes: list[dict[bytes, Position]]) -> None:
    """After any changes, in any order, whatever the bytes of keys and values are."""
    positions, expected = Positions(), dict[bytes, Position]()
    for change in changes:
        positions = positions.moved(change)
        expected |= change

    assert dict(positions) == expected
    assert len(positions) == len(expected)
    assert all(positions.at(key) == position for key, position in expected.items())
    assert positions.at(b"\7" * 8) == expected.get(b"\7" * 8)


@given(CHANGES, KEYS, POSITIONS)
def test_folders_agree_by_their_bytes(changes: list[dict[bytes, Position]], key: bytes, position: Position) -> None:
    """Exactly those that are known so, and of which nobody says otherwise, whatever stands across two entries."""
    positions, expected = Positions(), dict[bytes, Position]()
    for change in changes:
        positions = positions.moved(change)
        expected |= change

    known = [(number, pack(">8sQII", one, *at)) for number, (one, at) in enumerate(expected.items())]
    asked = [(0, pack(">8sQII", key, *position))]
    alone = Positions().moved({key: position})
    assert list(agreeing(known, positions)) == [number for number, _ in known]
    assert list(agreeing(asked, positions)) == [0] * (expected.get(key) == position)
    assert list(agreeing(asked, alone, positions)) == [0] * (expected.get(key, position) == position)


@given(CHANGES)
def test_batches_make_no_difference(changes: list[dict[bytes, Position]]) -> None:
    """However a log is cut into batches, the last value is equal, down to the bytes that are saved."""
    one_by_one = Positions()
    for change in changes:
        for key, position in change.items():
            one_by_one = one_by_one.moved({key: position})
    at_once = Positions()
    for change in changes:
        at_once = at_once.moved(change)

    assert one_by_one == at_once


def test_a_change_leaves_the_old_value_and_most_pieces_as_they_are() -> None:
    """Whoever saves it sees which pieces to write."""
    before = Positions.of((f"folder{n}", Position(n, n, 1)) for n in range(5000))
    after = before.moved({folder_key("folder7"): Position(99, 9, 1)})

    assert before.get("folder7") == Position(7, 7, 1)
    assert after.get("folder7") == Position(99, 9, 1)
    assert sum(a is not b for a, b in zip(before.pieces, after.pieces, strict=True)) == 1
    assert len(after.pieces) == PIECES


@given(CHANGES, CHANGES)
def test_newer_positions_over_older_ones(
    older: list[dict[bytes, Position]], newer: list[dict[bytes, Position]]
) -> None:
    """As one dict over another."""
    sides = []
    for changes in (older, newer):
        positions = Positions()
        for change in changes:
            positions = positions.moved(change)
        sides.append(positions)

    assert dict(sides[1].over(sides[0])) == dict(sides[0]) | dict(sides[1])


@given(CHANGES, CHANGES)
def test_what_has_moved_since(before: list[dict[bytes, Position]], after: list[dict[bytes, Position]]) -> None:
    """The keys whose values differ from the older ones, whatever stands across two entries."""
    older, expected = Positions(), dict[bytes, Position]()
    for change in before:
        older = older.moved(change)
        expected |= change
    newer = older
    for change in after:
        newer = newer.moved(change)

    assert set(newer.since(older)) == {key for key, position in newer if expected.get(key) != position}
    assert set(newer.since(Positions())) == set(dict(newer))


def test_nothing_changed_is_the_same_value() -> None:
    """An empty change costs nothing."""
    positions = Positions.of([("a", Position(1, 1, 1))])

    assert positions.moved({}) is positions
    assert len(Positions()) == 0
    assert Positions().get("a") is None


def test_impossible_numbers_are_left_out() -> None:
    """What does not fit into Cyrus's own widths is neither kept nor cut."""
    known = Positions.of([("a", Position(5, 5, 1))])
    for wrong in (Position(2**64, 1, 1), Position(1, 2**32, 1), Position(1, 1, -1), Position(-1, 1, 1)):
        assert known.moved({folder_key("a"): wrong}) == known
        assert Positions().moved({folder_key("a"): wrong}).get("a") is None


def test_a_large_server_fits_into_a_few_mebibytes() -> None:
    """100,000 folders take 24 bytes each, and their pieces."""
    positions = Positions.of((f"folder{n}", Position(n, n, 1)) for n in range(100_000))

    assert len(positions) == 100_000
    assert sum(map(len, positions.pieces)) == 2_400_000


def test_what_is_read_again_shares_what_has_not_moved() -> None:
    """Two looks at a replica are one in memory, but for the folders that moved between them."""
    before = Positions.of((f"folder{n}", Position(n, n, 1)) for n in range(5000))
    entries = b"".join(pack(">8sQII", key, *position) for key, position in before)
    moved = before.moved({folder_key("folder7"): Position(99, 9, 1)})

    assert Positions.packed(entries).sharing(NO_POSITIONS) == before
    again = Positions.packed(entries).sharing(moved)
    assert again == before
    assert sum(a is not b for a, b in zip(again.pieces, moved.pieces, strict=True)) == 1
