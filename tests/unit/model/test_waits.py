"""Since when folders wait, look by look."""

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.frozen import frozen
from bmrepmon.model.lag import Behind
from bmrepmon.model.positions import Position
from bmrepmon.model.waits import FOLDERS, STEPS, Waits, oldest_wait, still, wait_on

KEY = b"k" * 8
Look = tuple[float, int, int, float]  # when, what Cyrus has, what has arrived, when the index was written


def looked(*looks: Look) -> Waits:
    waits: Waits = frozen()
    for at, cyrus, arrived, changed_at in looks:
        behind = [Behind(KEY, changed_at, cyrus, cyrus, Position(arrived, arrived, 7))] if cyrus > arrived else []
        waits = wait_on(waits, behind, at)
    return waits


@pytest.mark.parametrize(
    ("looks", "oldest"),
    [
        ([(100.0, 5, 5, 50.0)], None),
        ([(100.0, 6, 5, 99.0)], 99.0),  # the change is at least as old as the file
        ([(100.0, 6, 5, 105.0)], 100.0),  # a file from the future tells nothing
        ([(100.0, 6, 5, 99.0), (130.0, 6, 5, 99.0), (160.0, 6, 5, 99.0)], 99.0),
        ([(100.0, 6, 5, 99.0), (130.0, 6, 6, 99.0), (160.0, 7, 6, 159.0)], 159.0),
        ([(100.0, 6, 5, 99.0), (130.0, 9, 8, 129.0)], 129.0),  # busy: behind at each look, and nothing late
        ([(100.0, 6, 5, 99.0), (130.0, 9, 5, 129.0), (160.0, 12, 5, 159.0)], 99.0),
        ([(100.0, 6, 5, 99.0), (130.0, 9, 5, 129.0), (160.0, 12, 6, 159.0)], 129.0),  # it drains
        ([(100.0, 6, 5, 99.0), (130.0, 9, 5, 129.0), (160.0, 12, 8, 159.0)], 129.0),
        ([(100.0, 6, 5, 99.0), (130.0, 9, 5, 129.0), (160.0, 12, 9, 159.0)], 159.0),
    ],
)
def test_the_oldest_change_that_has_not_arrived(looks: list[Look], oldest: float | None) -> None:
    """It is the age of a change, not of the habit of being behind."""
    assert oldest_wait(looked(*looks)) == oldest


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60))
def test_a_wait_is_never_older_than_the_change_it_is_for(moves: list[tuple[int, int]]) -> None:
    """Against the true time of every change, however long it goes on; a few steps are kept."""
    cyrus = arrived = 0
    made: dict[int, float] = {}
    waits: Waits = frozen()
    for number, (come, gone) in enumerate(moves):
        at = 100.0 + 30 * number
        for modseq in range(cyrus + 1, cyrus + come + 1):
            made[modseq] = at - 1
        cyrus, arrived = cyrus + come, min(cyrus + come, arrived + gone)
        waits = wait_on(waits, [Behind(KEY, at - 1, cyrus, 0, Position(arrived, 0, 7))] if cyrus > arrived else [], at)
        oldest = oldest_wait(waits)
        assert (oldest is None) == (cyrus == arrived)
        assert oldest is None or made[arrived + 1] <= oldest <= made[cyrus]
        assert all(len(steps) <= STEPS for steps in waits.values())


def test_only_those_that_wait_longest_are_kept_of_very_many() -> None:
    """A stall of a whole server does not fill the state file, nor hide the oldest change."""
    behind = [Behind(n.to_bytes(8, "big"), 1000.0 - n, 2, 2, Position(1, 1, 7)) for n in range(FOLDERS + 50)]
    waits = wait_on(frozen(), behind, 2000.0)

    assert len(waits) == FOLDERS
    assert oldest_wait(waits) == 1000.0 - (FOLDERS + 49)


def test_what_is_seen_at_every_look_has_its_first_one() -> None:
    """Once it is not seen, it begins anew."""
    first = still(frozen(), [b"a", b"b"], 1.0)
    second = still(first, [b"b"], 2.0)

    assert dict(still(second, [b"a", b"b"], 3.0)) == {b"a".hex(): 3.0, b"b".hex(): 1.0}
