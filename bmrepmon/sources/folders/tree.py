"""The tree of Cyrus's metadata: what has not changed since the last look at it is not read again."""

import errno
import os
import stat
import sys
import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bmrepmon.model.frozen import frozen
from bmrepmon.model.readings import SourceError
from bmrepmon.model.survey import FolderSurvey, sign
from bmrepmon.sources.folders.reading import INDEX, racy, read_folder

# Of a directory without subdirectories, each of which would count as one more, by its "..": most folders need not be
# listed. File systems that do not count (btrfs, overlays) say 1.
LEAF_LINKS = 2
DEPTH = 300  # levels below the root; a name in Cyrus has 490 bytes at most, so that deeper is no spool
NOT_CYRUS = ("stage.", "sync.", "lost+found")  # beside the folders, where messages lie with their metadata
GONE = (FileNotFoundError, NotADirectoryError)
REASONS = {FileNotFoundError: "missing", NotADirectoryError: "not_a_directory", PermissionError: "permission"}
UNREAD = "unread"  # of a directory that may hold a folder
NEW = -1  # of a directory that was not there at the last look
WAYS_OUT = {
    "missing": "set meta of this [[backend]], or leave it empty if there is none",
    "not_a_directory": "set meta of this [[backend]] to the directory that holds the metapartitions",
    "permission": "run bmrepmon as cyrus or root, or with CAP_DAC_READ_SEARCH",
    "io": "check the disk",
}


Children = Sequence[tuple[str, int]]  # the name of each subdirectory, and its number in the last walk


class Look(NamedTuple):
    """What one look at a directory told."""

    listed: int  # its time of change (ns) when it was listed; 0: it is to be listed again
    row: bytes | str | None  # its folder, why that is not known, or None: it holds none
    children: Children


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

    def topmost(self) -> dict[str, int]:
        """Return the number of each directory that has no parent, by name."""
        return {self.names[number]: number for number, parent in enumerate(self.parents) if number == parent}

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


class FolderTree:
    """Surveys the metadata of one backend: a stat for each directory and each cyrus.index, and whatever they tell."""

    def __init__(self, backend: str, root: Path, elsewhere: Mapping[str, Path] | None = None) -> None:
        """Take the directory that holds the metapartitions, and those that lie elsewhere, by their names."""
        self._backend = backend
        self._root = root
        self._elsewhere = frozen(elsewhere)
        self._last = Walk()
        self._stopping = threading.Event()

    def survey(self) -> FolderSurvey:
        """Look at everything once.

        Raises:
            SourceError: about the root: ``missing``, ``not_a_directory``, ``permission``, ``io``; or ``stopped``.
        """
        self._go_on()
        walk, last = Walk(), self._last
        known = last.topmost()
        waiting = []
        for name, path in self._partitions().items():
            look = last.look(path, known.get(name, NEW))
            if look is not None:
                waiting.append((path, walk.add(name, NEW, look), look.children, 1))
        while waiting:
            self._go_on()
            path, parent, children, depth = waiting.pop()
            first = len(walk.names)
            for name, look in self._looks(last, path, children):
                number = walk.add(name, parent, look)
                if look.children and depth < DEPTH:
                    waiting.append((f"{path}/{name}", number, look.children, depth + 1))
            walk.close_family(parent, first, len(children))
        self._last = walk
        return FolderSurvey.of(walk.names, walk.parents, walk.rows)

    def place(self, survey: FolderSurvey, number: int) -> str:
        """Return the directory of a folder's metadata."""
        partition, slash, below = survey.path(number).partition("/")
        return f"{self._elsewhere.get(partition, f'{self._root}/{partition}')}{slash}{below}"

    def stop(self) -> None:
        """End a survey that runs."""
        self._stopping.set()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise SourceError("stopped", f"folders of {self._backend}: bmrepmon is ending")

    def _looks(self, last: Walk, path: str, children: Children) -> Iterator[tuple[str, Look]]:
        """Look at the children of a directory by way of it: the system need not find the way from the root for each."""
        try:
            within = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except GONE:
            return
        except OSError as error:
            yield from ((name, unreadable(error)) for name, _ in children)
            return
        try:
            for name, number in children:
                if look := last.look(name, number, within):
                    yield name, look
        finally:
            os.close(within)

    def _partitions(self) -> dict[str, str]:
        """Return where each partition lies."""
        try:
            names = subdirectories(str(self._root), self._root.stat(), {})
        except OSError as error:
            reason = REASONS.get(type(error), "io")
            message = f"metadata {self._root}: {error.strerror}; the lag is unknown; {WAYS_OUT[reason]}"
            raise SourceError(reason, message) from error
        return {name: f"{self._root}/{name}" for name, _ in names} | {n: str(p) for n, p in self._elsewhere.items()}


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
