"""Distinct inodes, compactly: two to six bytes each, and what a change costs follows the change.

Cyrus links one file into several folders (single instance store, IMAP COPY), so messages are counted once by
(device, inode). Inode numbers of two file systems may collide, which is why the device counts.
"""

from collections.abc import Iterable

PAGE = 256  # numbers; XFS gives out 64 behind each other and then leaves out thousands, ext4 leaves out few
FULL = 255  # holders that a byte can count


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
        pages = self._pages.setdefault(device, {})
        for inode in inodes:
            page = pages.get(inode // PAGE)
            if page is None:
                page = pages[inode // PAGE] = bytearray(PAGE)
            holders = page[inode % PAGE]
            if holders == FULL:
                self._more[device, inode] = self._more.get((device, inode), 0) + 1
                continue
            page[inode % PAGE] = holders + 1
            if not holders:
                self._distinct += 1

    def remove(self, device: int, inodes: Iterable[int]) -> None:
        """Let one folder less hold these, which were added."""
        pages = self._pages.get(device, {})
        for inode in inodes:
            more = self._more.get((device, inode), 0)
            if more:
                self._keep(device, inode, more - 1)
                continue
            page = pages[inode // PAGE]
            page[inode % PAGE] -= 1
            if not page[inode % PAGE]:
                self._distinct -= 1
                if not any(page):
                    del pages[inode // PAGE]

    def _keep(self, device: int, inode: int, more: int) -> None:
        self._more[device, inode] = more
        if not more:
            del self._more[device, inode]
