from hypothesis import given, strategies as st

from bmrepmon.model.inodes import NO_INODES, Inodes, union_size

devices = st.dictionaries(st.integers(0, 3), st.lists(st.integers(0, 50)), max_size=3)


def pairs(numbers: dict[int, list[int]]) -> set[tuple[int, int]]:
    return {(device, inode) for device, inodes in numbers.items() for inode in inodes}


@given(devices, devices)
def test_the_union_counts_pairs_of_device_and_inode(left: dict[int, list[int]], right: dict[int, list[int]]) -> None:
    """The same inode number on two devices is two files; a repeated pair is one."""
    assert union_size(Inodes.of(left), Inodes.of(right)) == len(pairs(left) | pairs(right))


def test_nothing_is_empty() -> None:
    """No inodes at all count zero."""
    assert len(NO_INODES) == 0


def test_inode_numbers_use_all_64_bits() -> None:
    """XFS and btrfs hand out inode numbers beyond 32 bits."""
    assert list(Inodes.of({1: [2**64 - 1]}).numbers(1)) == [2**64 - 1]
