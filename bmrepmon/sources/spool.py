"""The message files of one store, spool or archives: one complete walk, without a stat of any file.

Cyrus names a message ``<uid>.`` and keeps messages that are still arriving below ``stage.`` and ``sync.``; a folder
never has a dot in the name of its directory (source: Cyrus 3.0, imap/mailbox.c and imap/append.c). Names are bytes.
"""

import errno
import os
import stat
import threading
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bmrepmon.model.inodes import Inodes
from bmrepmon.model.observations import PartitionCount, Store, StoreCount
from bmrepmon.model.readings import SourceError

ARRIVING = (b"stage.", b"sync.")
NOT_CYRUS = b"lost+found"  # of the file system that is mounted at the root of a store; only root may list it
DEPTH = 300  # levels below the root; a name in Cyrus has 490 bytes at most, so that deeper is no spool
EXAMPLES = 5

GONE = (FileNotFoundError, NotADirectoryError)
REASONS = {FileNotFoundError: "missing", NotADirectoryError: "not_a_directory", PermissionError: "permission"}
WAYS_OUT = {
    "missing": "set {store} of this [[backend]], or leave it empty if there is none",
    "not_a_directory": "set {store} of this [[backend]] to the directory that holds the partitions",
    "permission": "run bmrepmon as cyrus or root, or with CAP_DAC_READ_SEARCH",
    "io": "check the disk",
}


class Listing(NamedTuple):
    """One directory as one look at it shows it, without what lies in its subdirectories."""

    device: int
    files: int  # all regular files
    inodes: "array[int]"  # of those that are named as messages
    subdirectories: list[bytes]  # names; a symbolic link is none


def look(path: bytes) -> Listing:
    """List one directory; the types and inodes of its entries come with their names.

    Raises:
        OSError: it is gone, no directory (a link to one included), or may not be listed.
    """
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    files, inodes, subdirectories = 0, array("Q"), list[bytes]()
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            if entry.is_file(follow_symlinks=False):
                files += 1
                if name.endswith(b".") and name[:-1].isdigit():
                    inodes.append(entry.inode())
            elif entry.is_dir(follow_symlinks=False):
                subdirectories.append(name)
    return Listing(status.st_dev, files, inodes, subdirectories)


class _Tally:
    """Adds up listings of any order."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[int, int, int]] = {}
        self.inodes: dict[int, array[int]] = {}
        self.unreadable: list[bytes] = []

    def add(self, partition: str, listing: Listing, *, arriving: bool) -> None:
        messages = 0 if arriving else len(listing.inodes)
        if messages:
            self.inodes.setdefault(listing.device, array("Q")).extend(listing.inodes)
        before = self.counts.get(partition, (0, 0, 0))
        self.counts[partition] = (before[0] + listing.files, before[1] + messages, before[2] + bool(messages))


class StoreSource:
    """Walks one store of a backend. Its ``root`` may be a symbolic link; below it none is followed."""

    def __init__(self, store: Store, backend: str, root: Path) -> None:
        """Take the directory that holds the partitions; nothing is looked at yet."""
        self.name: Store = store
        self.backend = backend
        self._root = root
        self._stopping = threading.Event()

    def read(self) -> StoreCount:
        """Walk once.

        Files that lie in the root itself belong to no partition and are counted under the name "".

        Raises:
            SourceError: about the root: ``missing``, ``not_a_directory``, ``permission``, ``io``; or ``stopped``.
        """
        root, tally = os.fsencode(self._root), _Tally()
        try:
            top = look(root + b"/")  # the slash follows a link
        except OSError as error:
            raise self._failed(error) from error
        if top.files:
            tally.add("", top, arriving=False)
        for name in top.subdirectories:
            self._partition(root, name, tally)
        return self._count(tally)

    def close(self) -> None:
        """End a walk that runs; nothing is held open between two."""
        self._stopping.set()

    def _partition(self, root: bytes, name: bytes, tally: _Tally) -> None:
        partition = printable(name)
        for path, listing, arriving in self._walk(root, name):
            if listing is not None:
                tally.add(partition, listing, arriving=arriving)
            elif name != NOT_CYRUS:
                tally.unreadable.append(path)
        if name == NOT_CYRUS and tally.counts.get(partition) == (0, 0, 0):
            del tally.counts[partition]

    def _walk(self, root: bytes, name: bytes) -> Iterator[tuple[bytes, Listing | None, bool]]:
        """Yield each directory of a partition, with whether it holds what is still arriving; None: not readable."""
        waiting = [(root + b"/" + name, 1, name in ARRIVING)]
        while waiting:
            path, depth, arriving = waiting.pop()
            if self._stopping.is_set():
                raise SourceError("stopped", f"{self.name} of {self.backend}: bmrepmon is ending")
            try:
                listing = look(path) if depth <= DEPTH else None
            except GONE:
                continue
            except OSError:
                listing = None
            yield path, listing, arriving
            children = listing.subdirectories if listing else ()
            waiting.extend((path + b"/" + child, depth + 1, arriving or child in ARRIVING) for child in children)

    def _count(self, tally: _Tally) -> StoreCount:
        return StoreCount(
            store=self.name,
            partitions=tuple(PartitionCount(name, *tally.counts[name]) for name in sorted(tally.counts)),
            inodes=Inodes.of(tally.inodes),
            unreadable=len(tally.unreadable),
            unreadable_examples=tuple(printable(path) for path in tally.unreadable[:EXAMPLES]),
        )

    def _failed(self, error: OSError) -> SourceError:
        reason = REASONS.get(type(error), "io")
        way_out = WAYS_OUT[reason].format(store=self.name)
        return SourceError(reason, f"{self.name} {self._root}: {error.strerror}; its messages are unknown; {way_out}")


def printable(name: bytes) -> str:
    r"""Return a name that can be shown and stand in a label, and different ones for different names.

    >>> printable(b"a\xff\n")
    'a\\xff\\n'
    """
    text = name.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    """Write one character, or one byte that was none (a lone surrogate), as Python would."""
    raw = char.encode("utf-8", "surrogateescape")
    return f"\\x{raw[0]:02x}" if len(raw) == 1 and raw[0] > 127 else char.encode("unicode_escape").decode("ascii")
