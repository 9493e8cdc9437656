"""The directories of one store: what has not changed since the last pass is not listed again.

A directory that gets, loses or renames an entry changes its time of change, and it alone. So in each pass every one is
asked for its time, and listed when that is not what it was before it was listed last. A change within the same tick of
the file system's clock as an earlier one would not show: a directory that changed so shortly before it was listed is
listed in the next pass again.
"""

import errno
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bmrepmon.model.frozen import frozen
from bmrepmon.sources.spool.listing import SUSPECT, Lister, Listing, Status
from bmrepmon.sources.spool.progress import Progress
from bmrepmon.sources.spool.sharing import look_at

ARRIVING = (b"stage.", b"sync.")  # where messages lie that are still arriving (source: Cyrus 3.0, imap/append.c)
DEPTH = 300  # levels below the root; a name in Cyrus has 490 bytes at most, so that deeper is no spool
NOT_CYRUS = b"lost+found"  # of the file system that is mounted at the root of a store; only root may list it
GONE = (errno.ENOENT, errno.ENOTDIR)
# In the place of a mark, beside SUSPECT: not listed yet, or not allowed to be; no directory of ours any more.
UNLISTED, FORGOTTEN = -2, -3
FINDING = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """A directory as it was when it was listed last; there may be a hundred thousand."""

    __slots__ = ("arriving", "children", "device", "files", "mark", "messages")

    def __init__(self, *, arriving: bool = False) -> None:
        """Begin with one that was never listed."""
        self.arriving = arriving  # lies in one of ARRIVING, or is one
        self.mark = UNLISTED  # what it is known by while it does not change: see ``mark``
        self.device = self.files = 0
        self.messages = b""  # inodes, eight bytes each
        self.children: Mapping[bytes, Folder] = NO_FOLDERS

    def at(self, levels: Iterable[bytes]) -> "Folder | None":
        """Return the directory to which these names lead, if it is known."""
        folder: Folder | None = self
        for level in levels:
            folder = folder and folder.children.get(level)
        return folder


NO_FOLDERS: Mapping[bytes, Folder] = frozen()
Stale = list[tuple[bytes, Folder]]  # what is to be listed, with its path


@dataclass(slots=True)
class Tally:
    """What one partition has."""

    files: int = 0
    messages: int = 0
    folders: int = 0

    def add(self, folder: Folder, sign: int) -> None:
        """Count a folder, or count it no longer."""
        self.files += sign * folder.files
        self.messages += sign * (len(folder.messages) // 8)
        self.folders += sign * bool(folder.messages)


@dataclass(frozen=True, slots=True)
class Change:
    """The messages of a directory, before and now."""

    device: int
    before: bytes  # inodes, eight bytes each
    now: bytes


class StoreTree:
    """All directories of a store."""

    def __init__(
        self,
        root: bytes,
        *,
        status: Callable[..., Status] = os.lstat,
        lister: Lister | None = None,
        alone: bool = False,
    ) -> None:
        """Take the directory that holds the partitions, which may be a link to one; nothing is looked at yet.

        ``alone``: without the help of a second process.
        """
        self._root = os.path.join(root, b"")  # noqa: PTH118 - bytes; its slash at the end follows a link
        self._status = status
        self._lister = lister or Lister()
        self._alone = alone
        self._deepest = self._root.count(b"/") + DEPTH - 1  # slashes of a directory whose own are too deep
        self._devices: dict[int, int] = {}  # one object for each: they are in every folder
        self.top = Folder()
        self._tallies: dict[bytes, Tally] = {}  # by partition; files of the root belong to none
        self.unreadable: list[bytes] = []  # directories that could not be listed in the last pass
        self._unreadable: set[bytes] = set()  # and in this one
        self._known = 0  # directories, those that went since they were asked included
        self._names: dict[bytes, bytes] = {}  # of directories that this pass found: most mailboxes have the same
        self.progress = Progress()  # of this pass
        self.changes: list[Change] = []  # since somebody took them

    def refresh(self) -> Generator[int]:
        """Do one pass; after each step yield how many names were looked at. One that is broken off does no harm.

        Raises:
            OSError: about the root.
        """
        self._unreadable.clear()
        self._names.clear()
        self.progress = progress = Progress(unasked=self._known)
        self._take(self._root, self.top, self._lister.look(self._root))
        stale: Stale = []
        yield from self._find(stale, progress)
        yield from self._list(stale, progress)
        self.unreadable = sorted(self._unreadable)

    def hurry(self, below: bytes) -> Iterator[int]:
        """Look now at a directory by its path below its partition, whichever that is, if it is not as it was.

        Yields how many names were looked at. Whoever begins must go on to the end, or what is new there is missed.
        """
        levels = below.split(b"/")
        for name, partition in tuple(self.top.children.items()):
            if folder := partition.at(levels):
                path = b"/".join((self._root[:-1], name, below))
                yield 1
                if self._differs(path, folder):
                    yield from self._list([(path, folder)], Progress())

    def partitions(self) -> Iterator[tuple[bytes, Tally]]:
        """Yield what each partition has, and under an empty name what lies in the root itself."""
        yield b"", self._tallies.get(b"", Tally())
        for name, folder in self.top.children.items():
            if folder.mark >= SUSPECT:  # it could be listed
                yield name, self._tallies[name]

    def _find(self, stale: Stale, progress: Progress) -> Iterator[int]:
        """Find the directories that are not as they were, parents first; yield how many were asked."""
        waiting = [(self._root, self.top)]
        while waiting:
            path, parent = waiting.pop()
            stale.extend((below(path, name), folder) for name, folder in self._changed(path, parent))
            waiting.extend((below(path, name), folder) for name, folder in parent.children.items() if folder.children)
            progress.asked(len(parent.children), len(stale))
            yield len(parent.children)
        self._known, progress.unasked = progress.done, 0

    def _list(self, stale: Stale, progress: Progress) -> Iterator[int]:
        """List directories, and those below them that are new; yield how many names were looked at."""
        while stale:
            deeper: Stale = []
            found = look_at([path for path, _ in stale], self._lister, alone=self._alone)
            for number, ((path, folder), listing) in enumerate(zip(stale, found, strict=True)):
                deeper.extend(self._take(path, folder, listing))
                progress.listed(len(stale) - number - 1 + len(deeper))
                yield 1 + folder.files
            stale = deeper

    def _changed(self, path: bytes, parent: Folder) -> Iterable[tuple[bytes, Folder]]:
        """Return the children of a directory that are not as they were."""
        try:
            within = os.open(path, FINDING)
        except OSError:
            return parent.children.items()
        try:
            return list(self._looks(within, parent))
        finally:
            os.close(within)

    def _looks(self, within: int, parent: Folder) -> Iterator[tuple[bytes, Folder]]:
        """Yield the children that are not as they were: the one loop that every directory goes through."""
        status_of = self._status
        for name, folder in parent.children.items():
            try:
                status = status_of(name, dir_fd=within)
            except OSError:
                yield name, folder
                continue
            # What ``mark`` does, without calling it.
            if (status.st_ino << 64) + status.st_ctime_ns != folder.mark or status.st_dev != folder.device:
                yield name, folder

    def _differs(self, path: bytes, folder: Folder) -> bool:
        """Tell whether a directory is not as it was."""
        try:
            status = self._status(path)
        except OSError:
            return True
        return mark(status.st_ino, status.st_ctime_ns) != folder.mark or status.st_dev != folder.device

    def _take(self, path: bytes, folder: Folder, found: Listing | int) -> Stale:
        """Take what a look at a directory has told; return the subdirectories that were not there before."""
        if folder.mark == FORGOTTEN:
            return []
        partition = self._partition(path)
        tally = self._tallies.setdefault(partition, Tally())
        if isinstance(found, int):
            self._forget(tally, folder)
            folder.mark = UNLISTED
            if found not in GONE and partition != NOT_CYRUS:
                self._unreadable.add(path)
            return []
        tally.add(folder, -1)
        self._fill(folder, found)
        tally.add(folder, 1)
        if found.subdirectories and path.count(b"/") >= self._deepest:
            folder.mark = SUSPECT  # to tell it again
            self._unreadable.update(below(path, name) for name in found.subdirectories)
            return []
        return self._adopt(path, folder, found.subdirectories) if found.subdirectories or folder.children else []

    def _fill(self, folder: Folder, found: Listing) -> None:
        if folder.device != found.device:
            self._note(folder, b"")
        folder.mark = SUSPECT if found.changed == SUSPECT else mark(found.inode, found.changed)
        folder.files = found.files
        folder.device = self._devices.setdefault(found.device, found.device)
        self._note(folder, b"" if folder.arriving else found.messages)

    def _note(self, folder: Folder, messages: bytes) -> None:
        if messages != folder.messages:
            self.changes.append(Change(folder.device, folder.messages, messages))
            folder.messages = messages

    def _adopt(self, path: bytes, folder: Folder, names: list[bytes]) -> Stale:
        """Let a directory have these subdirectories."""
        before = folder.children
        new = {name: Folder(arriving=folder.arriving or name in ARRIVING) for name in names if name not in before}
        for name in before.keys() - set(names):
            self._forget(self._tallies.get(self._partition(below(path, name)), Tally()), before[name])
        one_of = self._names.setdefault
        folder.children = {one_of(name, name): new.get(name) or before[name] for name in names}
        self._known += len(new)
        return [(below(path, name), child) for name, child in new.items()]

    def _forget(self, tally: Tally, folder: Folder) -> None:
        """Count a directory no longer, nor what lies below it."""
        waiting = [folder]
        while waiting:
            gone = waiting.pop()
            waiting.extend(gone.children.values())
            tally.add(gone, -1)
            self._note(gone, b"")
            gone.files, gone.mark, gone.children = 0, FORGOTTEN, NO_FOLDERS

    def _partition(self, path: bytes) -> bytes:
        return path[len(self._root) :].partition(b"/")[0]


def mark(inode: int, changed: int) -> int:
    """Return inode and time of change (ns) as one number: in a hundred thousand folders, two take four mebibytes more.

    >>> f"{mark(0xABC, 0x123):x}"
    'abc0000000000000123'
    """
    return (inode << 64) + changed


def below(path: bytes, name: bytes) -> bytes:
    """Return the path of an entry."""
    return os.path.join(path, name)  # noqa: PTH118 - bytes
