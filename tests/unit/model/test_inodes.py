from collections import Counter

from hypothesis import given, strategies as st

from bmrepmon.model.inodes import FULL, Inodes

inodes = st.sets(st.one_of(st.integers(0, 600), st.integers(2**64 - 3, 2**64 - 1)), max_size=6)
folders = st.lists(st.tuples(st.integers(0, 2), inodes, st.booleans()), max_size=12)


@given(folders)
def test_counts_pairs_of_device_and_inode(held: list[tuple[int, set[int], bool]]) -> None:
    """The same number on two devices is two files; one that several folders hold counts until the last lets go."""
    known, expected = Inodes(), Counter[tuple[int, int]]()
    for device, numbers, _ in held:
        known.add(device, numbers)
        expected.update((device, number) for number in numbers)
    assert len(known) == len(expected)

    for device, numbers, let_go in held:
        if let_go:
            known.remove(device, numbers)
            expected.subtract((device, number) for number in numbers)
    assert len(known) == len(+expected)


def test_what_everybody_has_got_counts_once() -> None:
    """A mail to all is one file with more links than a byte can count."""
    known = Inodes()
    for _ in range(FULL + 45):
        known.add(1, [2**64 - 1])
    for _ in range(FULL + 44):
        known.remove(1, [2**64 - 1])
    assert len(known) == 1

    known.remove(1, [2**64 - 1])
    assert len(known) == 0
