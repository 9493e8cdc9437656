"""Distinct inodes, compactly: two to six bytes each, and what a change costs follows the change.

Cyrus links one file into several folders (single instance store, IMAP COPY), so messages are counted once by
(device, inode). Inode numbers of two file systems may collide, which is why the device counts.
"""

from collections.abc import Iterable

BITS = 8  # of a page's numbers; XFS gives out 64 behind each other and then leaves out thousands, ext4 leaves out few
MASK = (1 << BITS) - 1
FULL = 255  # holders that a byte can count
NO_PAGE = bytearray()


class Inodes:
    """How many folders hold each inode: by device and page one byte a number, and what is more than fits beside it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._distinct = 0
        self._pages: dict[int, dict[int, bytearray]] = {}
        self._more: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        """Count each (device, inode) once."""
        return self._distinct

    def add(self, device: int, inodes: Iterable[int]) -> None:
        """Let one more folder hold these.

        >>> inodes = Inodes()
        >>> inodes.add(7, [1, 2]); inodes.add(7, [2, 3]); inodes.add(8, [1]); inodes.remove(7, [2, 3])
        >>> len(inodes)
        3
        """
        pages, here, page = self._pages.setdefault(device, {}), -1, NO_PAGE
        for inode in inodes:
            if inode >> BITS != here:  # those of a folder lie close together
                here = inode >> BITS
                page = pages.get(here) or pages.setdefault(here, bytearray(1 << BITS))
            holders = page[inode & MASK]
            if holders == FULL:
                self._more[device, inode] = self._more.get((device, inode), 0) + 1
            else:
                page[inode & MASK] = holders + 1
                self._distinct += not holders

    def remove(self, device: int, inodes: Iterable[int]) -> None:
        """Let one folder less hold these, which were added."""
        pages = self._pages.get(device, {})
        for inode in inodes:
            more = self._more.get((device, inode), 0)
            if more:
                self._keep(device, inode, more - 1)
                continue
            page = pages[inode >> BITS]
            page[inode & MASK] -= 1
            if not page[inode & MASK]:
                self._distinct -= 1
                if not any(page):
                    del pages[inode >> BITS]

    def _keep(self, device: int, inode: int, more: int) -> None:
        self._more[device, inode] = more
        if not more:
            del self._more[device, inode]
