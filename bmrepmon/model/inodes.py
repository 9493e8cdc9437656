"""Distinct inodes, compactly: eight bytes a message.

Cyrus links one file into several folders (single instance store, IMAP COPY), so messages are counted
once by (device, inode). Inode numbers of two file systems may collide, which is why the device counts.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bmrepmon.model.frozen import frozen


@dataclass(frozen=True, slots=True)
class Inodes:
    """A set of (device, inode) pairs: per device the sorted, distinct inode numbers as native 64-bit bytes."""

    by_device: Mapping[int, bytes]

    @staticmethod
    def of(numbers: Mapping[int, Iterable[int]]) -> "Inodes":
        """Build from the inode numbers of each device, in any order, repeated or not.

        >>> len(Inodes.of({7: [3, 1, 3]}))
        2
        """
        return Inodes(frozen({device: array("Q", sorted(set(inodes))).tobytes() for device, inodes in numbers.items()}))

    def numbers(self, device: int) -> "array[int]":
        """Return the sorted inode numbers of ``device``, empty when it has none."""
        numbers = array("Q")
        numbers.frombytes(self.by_device.get(device, b""))
        return numbers

    def __len__(self) -> int:
        return sum(len(packed) // 8 for packed in self.by_device.values())


NO_INODES = Inodes(frozen())


def union_size(left: Inodes, right: Inodes) -> int:
    """Count the distinct (device, inode) pairs of both; work is done only for devices that both have.

    >>> union_size(Inodes.of({7: [1, 2]}), Inodes.of({7: [2, 3], 8: [1]}))
    4
    """
    shared = left.by_device.keys() & right.by_device.keys()
    common = sum(len(set(left.numbers(device)).intersection(right.numbers(device))) for device in shared)
    return len(left) + len(right) - common
