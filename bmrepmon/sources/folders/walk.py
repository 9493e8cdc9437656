"""One walk over the directories of Cyrus's metadata, in columns, and what a look at one of them tells."""

import errno
import os
import stat
import sys
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from bmrepmon.model.survey import sign
from bmrepmon.sources.folders.reading import INDEX, racy, read_folder

# Of a directory without subdirectories, each of which would count as one more, by its "..": most folders need not be
# listed. File systems that do not count (btrfs, overlays) say 1.
LEAF_LINKS = 2
NOT_CYRUS = ("stage.", "sync.", "lost+found")  # beside the folders, where messages lie with their metadata
GONE = (FileNotFoundError, NotADirectoryError)
UNREAD = "unread"  # of a directory that may hold a folder
NEW = -1  # of a directory that was not there at the last look

Children = Sequence[tuple[str, int]]  # the name of each subdirectory, and its number in the last walk


class Look(NamedTuple):
    """What one look at a directory told."""

    listed: int  # its time of change (ns) when it was listed; 0: it is to be listed again
    row: bytes | str | None  # its folder, why that is not known, or None: it holds none
    children: Children


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: one share of the families of directories, and those that may have changed."""

    number: int
    of: int  # turns, until everybody has had one
    hot: Collection[int] = ()  # numbers in the last walk, after which everybody's turn begins anew


class Walk:
    """One walk in columns: parents before their children, and the children of one behind each other.

    A hundred thousand directories as objects would take ten mebibytes more.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.names: list[str] = []
        self.parents = array("I")
        self.rows: list[bytes | str | None] = []
        self._listed = array("q")
        self._first = array("I")  # of each directory the number of its first child
        self._end = array("I")  # and the number after its last child

    def add(self, name: str, parent: int, look: Look) -> int:
        """Take the next directory, and return its number; a topmost one has ``NEW`` for its parent."""
        number = len(self.names)
        self.names.append(name)
        self.parents.append(number if parent == NEW else parent)
        self.rows.append(look.row)
        self._listed.append(look.listed)
        self._first.append(number)
        self._end.append(number)
        return number

    def close_family(self, parent: int, first: int, expected: int) -> None:
        """Note that all since number ``first`` are the children of one directory, of which so many were ``expected``.

        Where some have gone, or the directory itself that may come back as it was, it is listed again next time.
        """
        self._first[parent], self._end[parent] = first, len(self.names)
        if len(self.names) - first < expected:
            self._listed[parent] = 0

    def children(self, number: int) -> Children:
        """Return name and number of each child of a directory."""
        if number == NEW or self._first[number] == self._end[number]:
            return ()
        return [(self.names[child], child) for child in range(self._first[number], self._end[number])]

    def again(self, places: Mapping[str, str], turn: Turn, go_on: Callable[[], None]) -> bytearray | None:
        """Look again at those whose turn it is, where the directories are those of this walk.

        ``go_on`` is called now and then, and may raise. Return marks of what was looked at; None: a directory has come
        or gone, so that everything is to be walked anew.
        """
        topmost = self.topmost()
        if topmost.keys() != places.keys():
            return None
        families: dict[int, Iterable[int]] = dict(group_by(turn.hot, self.parents))
        for parent in range(turn.number, len(self.names), turn.of):
            if self._first[parent] != self._end[parent]:
                families[parent] = range(self._first[parent], self._end[parent])
        seen = bytearray(len(self.names))
        try:
            same = self._same(((places[name], number) for name, number in topmost.items()), None, seen)
            for parent, some in families.items():
                if not same:
                    return None
                go_on()
                with opened(self._place(parent, places)) as within:
                    same = self._same(((self.names[number], number) for number in some), within, seen)
        except OSError:
            return None
        return seen if same else None

    def _place(self, number: int, places: Mapping[str, str]) -> str:
        """Return where a directory lies, as ``places`` tell of the topmost ones."""
        levels = []
        while self.parents[number] != number:
            levels.append(self.names[number])
            number = self.parents[number]
        return "/".join((places[self.names[number]], *reversed(levels)))

    def _same(self, some: Iterable[tuple[str, int]], within: int | None, seen: bytearray) -> bool:
        """Look at directories again, by their names ``within`` an open one; tell whether those below are the same."""
        rows, listed = self.rows, self._listed
        for name, number in some:
            before = rows[number]
            status = os.lstat(name, dir_fd=within)
            if status.st_mtime_ns != listed[number]:
                below = subdirectories(name, status, {}, within)
                if {child for child, _ in below} != {child for child, _ in self.children(number)}:
                    return False
                listed[number] = 0 if racy(status.st_mtime_ns) else status.st_mtime_ns
                before = before or UNREAD
            if before is not None:
                rows[number] = folder(before, name, within)
            seen[number] = 1
        return True

    def nearest(self, path: str) -> Iterator[int]:
        """Yield the number of the directory with this path below each partition, or of what there is of its way."""
        for topmost in self.topmost().values():
            number = topmost
            for level in path.split("/"):
                below = dict(self.children(number))
                if level not in below:
                    break
                number = below[level]
            yield number

    def topmost(self) -> dict[str, int]:
        """Return the number of each directory that has no parent, by name."""
        own = takewhile(lambda number: self.parents[number] == number, range(len(self.names)))  # they come first
        return {self.names[number]: number for number in own}

    def look(self, path: str, number: int, within: int | None = None) -> Look | None:
        """Look at a directory that had this ``number``, ``within`` an open one; None when it is gone."""
        row = None if number == NEW else self.rows[number]
        try:
            status = os.lstat(path, dir_fd=within)
            if number != NEW and status.st_mtime_ns == self._listed[number]:
                listed, children = status.st_mtime_ns, self.children(number)
            else:
                children = subdirectories(path, status, dict(self.children(number)), within)
                listed, row = 0 if racy(status.st_mtime_ns) else status.st_mtime_ns, row or UNREAD
        except GONE:
            return None
        except OSError as error:
            return unreadable(error)
        return Look(listed, None if row is None else folder(row, path, within), children)


@contextmanager
def opened(path: str) -> Iterator[int]:
    """Open a directory as a place from which others are found."""
    descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def group_by(numbers: Iterable[int], parents: Sequence[int]) -> dict[int, list[int]]:
    """Return numbers by their parents, those left out that have none."""
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for number in numbers:
        if parents[number] != number:
            groups[parents[number]].append(number)
    return groups


def subdirectories(path: str, status: os.stat_result, known: Mapping[str, int], within: int | None = None) -> Children:
    """Return the names of the directories in ``path``, with their known numbers; a link to one is none."""
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if status.st_nlink == LEAF_LINKS:
        return []
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=within)
    try:
        with os.scandir(descriptor) as entries:
            return [
                (sys.intern(entry.name), known.get(entry.name, NEW))
                for entry in entries
                if entry.name not in NOT_CYRUS and entry.is_dir(follow_symlinks=False)
            ]
    finally:
        os.close(descriptor)


def unreadable(error: OSError) -> Look:
    """Return what is known of a directory that cannot be looked at: that there may be a folder, or several."""
    return Look(0, "permission" if isinstance(error, PermissionError) else "io", ())


def folder(before: bytes | str, path: str, within: int | None = None) -> bytes | str | None:
    """Return what the folder is now; read only when its cyrus.index is not the one that was read."""
    if isinstance(before, str):
        return read_folder(path, None, within)
    try:
        status = os.lstat(f"{path}/{INDEX}", dir_fd=within)
        if before.startswith(sign(status.st_mtime_ns, status.st_ino, status.st_size)):
            return before
    except OSError:
        pass  # reading will tell
    return read_folder(path, before, within)
