"""The tree of Cyrus's metadata, kept from one look to the next: what has not changed is not read again."""

import errno
import os
import stat
import sys
import threading
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

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
WAYS_OUT = {
    "missing": "set meta of this [[backend]], or leave it empty if there is none",
    "not_a_directory": "set meta of this [[backend]] to the directory that holds the metapartitions",
    "permission": "run bmrepmon as cyrus or root, or with CAP_DAC_READ_SEARCH",
    "io": "check the disk",
}


class Directory:
    """One directory as it was seen last."""

    __slots__ = ("children", "found", "listed", "name")

    def __init__(self, name: str) -> None:
        """Know nothing of it but its name."""
        self.name = name
        self.listed = 0  # its time of change (ns) when it was listed; 0: to be listed again
        self.children: tuple[Directory, ...] = ()
        self.found: bytes | str | None = None  # its folder, why that is not known, or None: it holds none


class FolderTree:
    """Surveys the metadata of one backend: a stat for each directory and each cyrus.index, and whatever they tell."""

    def __init__(self, backend: str, root: Path, elsewhere: Mapping[str, Path] | None = None) -> None:
        """Take the directory that holds the metapartitions, and those that lie elsewhere, by their names."""
        self._backend = backend
        self._root = root
        self._elsewhere = frozen(elsewhere)
        self._top = Directory("")
        self._strays = {name: Directory(name) for name in self._elsewhere}
        self._stopping = threading.Event()

    def survey(self) -> FolderSurvey:
        """Look at everything once.

        Raises:
            SourceError: about the root: ``missing``, ``not_a_directory``, ``permission``, ``io``; or ``stopped``.
        """
        names: list[str] = []
        parents, rows = array("I"), list[bytes | str | None]()
        waiting = [(directory, path, 1, None) for directory, path in self._partitions()]
        stack: list[tuple[Directory, str, int, int | None]] = [*waiting]
        while stack:
            directory, path, depth, parent = stack.pop()
            if self._stopping.is_set():
                raise SourceError("stopped", f"folders of {self._backend}: bmrepmon is ending")
            if not _refresh(directory, path):
                continue
            number = len(names)
            names.append(directory.name)
            parents.append(number if parent is None else parent)
            rows.append(directory.found)
            if depth < DEPTH:
                stack.extend((child, f"{path}/{child.name}", depth + 1, number) for child in directory.children)
        return FolderSurvey.of(names, parents, rows)

    def stop(self) -> None:
        """End a survey that runs."""
        self._stopping.set()

    def _partitions(self) -> Iterator[tuple[Directory, str]]:
        root = str(self._root)
        try:
            status = self._root.stat()
            if status.st_mtime_ns != self._top.listed:
                _list(self._top, root, status)
        except OSError as error:
            raise self._failed(error) from error
        for directory in self._top.children:
            if directory.name not in self._elsewhere:
                yield directory, f"{root}/{directory.name}"
        for name, path in self._elsewhere.items():
            yield self._strays[name], str(path)

    def _failed(self, error: OSError) -> SourceError:
        reason = REASONS.get(type(error), "io")
        message = f"metadata {self._root}: {error.strerror}; the lag is unknown; {WAYS_OUT[reason]}"
        return SourceError(reason, message)


def _refresh(directory: Directory, path: str) -> bool:
    """Look at a directory and its folder; tell whether it is still there."""
    try:
        status = os.lstat(path)
        if status.st_mtime_ns != directory.listed:
            _list(directory, path, status)
    except GONE:
        return False
    except OSError as error:
        directory.listed, directory.found = 0, "permission" if isinstance(error, PermissionError) else "io"
        return True
    if directory.found is not None:
        directory.found = _folder(directory.found, path)
    return True


def _list(directory: Directory, path: str, status: os.stat_result) -> None:
    """List a directory; the children that were known keep what is known of them."""
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if status.st_nlink == LEAF_LINKS:
        directory.children = ()
    else:
        known = {child.name: child for child in directory.children}
        directory.children = tuple(known.get(name) or Directory(name) for name in _subdirectories(path))
    directory.listed = 0 if racy(status.st_mtime_ns) else status.st_mtime_ns
    directory.found = directory.found or "unread"


def _subdirectories(path: str) -> Iterator[str]:
    """Yield the names of the directories in ``path``, a link to one not among them."""
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name not in NOT_CYRUS and entry.is_dir(follow_symlinks=False):
                yield sys.intern(entry.name)


def _folder(before: bytes | str, path: str) -> bytes | str | None:
    """Return what the folder is now; read only when its cyrus.index is not the one that was read."""
    if isinstance(before, str):
        return read_folder(path, None)
    try:
        status = os.lstat(f"{path}/{INDEX}")
    except OSError:
        return read_folder(path, before)
    if before.startswith(sign(status.st_mtime_ns, status.st_ino, status.st_size)):
        return before
    return read_folder(path, before)
