"""One directory as one look at it shows it: the kernel's own records, mostly read without touching each.

A file of its own that needs nothing but Python: it is also the program of the second process (see ``sharing``).

The layout of a record is that of ``getdents64``: inode (8 bytes), offset (8), length of the record (2), type (1) and
the name, which ends with a zero byte; records are multiples of eight bytes. Source: getdents(2), kernel fs/readdir.c.
Cyrus names a message ``<uid>.`` (source: Cyrus 3.0, imap/mailbox.c): a short name, so that its record has 24 or 32
bytes. Runs of such records are recognised and their inodes taken without a step in Python for each, and the others
read one by one. Where the system has no such call, Python's own does.
"""

import ctypes
import functools
import marshal
import os
import re
import stat
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

OPENING = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
BUFFER = 1 << 16  # bytes; more are no faster
UNKNOWN, DIRECTORY, REGULAR = 0, 4, 8  # types of entries
KINDS = {stat.S_IFREG: REGULAR, stat.S_IFDIR: DIRECTORY}
# A file system's clock ticks every 4 or 10 ms; every second where stamps have no nanoseconds: ext4 with small inodes.
TICK_NS, COARSE_TICK_NS, SECOND_NS = 20_000_000, 2_000_000_000, 1_000_000_000
SUSPECT = -1  # in the place of a time of change that a later change might not move
# Messages behind each other: all of one to three digits, or all of four to eleven; or the directory itself and the one
# above it. The groups are not possessive: in CPython 3.11.0 to 3.11.4 such a group ends inside of the first record that
# is no more part of it.
RUN = re.compile(
    rb"(?s)(?:.{16}\x18\x00\x08(?=[0-9]{1,3}+\.\x00).{5})+|(?:.{16}\x20\x00\x08(?=[0-9]{4,11}+\.\x00).{13})+"
    rb"|(?:.{16}\x18\x00\x04(?=\.{1,2}+\x00).{5})+"
)


class Status(Protocol):
    """What must be known of a directory; a part of ``os.stat_result``."""

    @property
    def st_ctime_ns(self) -> int:
        """When an entry came, went or was renamed, or the directory itself was changed (ns)."""

    @property
    def st_dev(self) -> int:
        """The file system."""

    @property
    def st_ino(self) -> int:
        """The inode."""


class Listing(NamedTuple):
    """A directory without what lies in its subdirectories."""

    changed: int  # its time of change (ns) before it was listed, or SUSPECT
    device: int
    inode: int
    files: int  # all regular files
    messages: bytes  # inodes of the regular files that are named as messages, eight bytes each, repeated as found
    subdirectories: list[bytes]  # names; a symbolic link is none


class Lister:
    """Lists directories, one at a time."""

    def __init__(self, status: Callable[[int], Status] = os.fstat, clock: Callable[[], int] = time.time_ns) -> None:
        """Take what tells the status of an open directory, and what the time is (ns)."""
        self._status = status
        self._clock = clock
        self._getdents = getdents()
        self._buffer = bytearray(BUFFER)
        self._bytes = memoryview(self._buffer)
        self._words = self._bytes.cast("Q")
        self._address = (ctypes.c_char * BUFFER).from_buffer(self._buffer)

    def look(self, path: bytes) -> Listing:
        """List a directory; its time is taken before.

        Raises:
            OSError: it is gone, no directory (a link to one included), or may not be listed.
        """
        directory = os.open(path, OPENING)
        try:
            now = self._clock()
            status = self._status(directory)
            found = _Found(directory)
            if self._getdents is None:
                _scan(directory, found)
            else:
                while size := self._fill(self._getdents, directory):
                    self._take(size, found)
        finally:
            os.close(directory)
        changed = SUSPECT if racy(status.st_ctime_ns, now) else status.st_ctime_ns
        messages = b"".join(found.messages)
        return Listing(changed, status.st_dev, status.st_ino, found.files, messages, found.subdirectories)

    def _fill(self, getdents: Callable[..., int], directory: int) -> int:
        """Take the next records into the buffer; return their size in bytes."""
        size = getdents(directory, self._address, BUFFER)
        if size < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return size

    def _take(self, size: int, found: "_Found") -> None:
        """Read all records; where a run seems to begin inside of a record, it is none."""
        at = 0
        while at < size:
            for run in RUN.finditer(self._bytes, at, size):
                begin, end = run.span()
                while at < begin:
                    at = self._one(at, found)
                if at != begin:
                    break
                at = end
                if self._bytes[begin + 18] == REGULAR:
                    length = self._bytes[begin + 16]
                    found.files += (end - begin) // length
                    found.messages.append(self._words[begin >> 3 : end >> 3 : length >> 3].tobytes())
            else:
                while at < size:
                    at = self._one(at, found)

    def _one(self, at: int, found: "_Found") -> int:
        """Read one record; return where the next one begins."""
        end = at + int.from_bytes(self._bytes[at + 16 : at + 18], sys.byteorder)
        name = bytes(self._bytes[at + 19 : end]).partition(b"\0")[0]
        found.take(name, self._bytes[at + 18], self._words[at >> 3])
        return end


def racy(changed: int, now: int) -> bool:
    """Tell whether a change after ``now`` might leave this time of change as it is (both ns).

    >>> racy(1_000_000_123, 1_020_000_123), racy(1_000_000_123, 1_020_000_124), racy(1_000_000_000, 3_000_000_000)
    (True, False, True)
    """
    return changed >= now - (TICK_NS if changed % SECOND_NS else COARSE_TICK_NS)


class _Found:
    """What was found so far in one directory."""

    def __init__(self, directory: int) -> None:
        self.files = 0
        self.messages: list[bytes] = []
        self.subdirectories: list[bytes] = []
        self._directory = directory

    def take(self, name: bytes, kind: int, inode: int) -> None:
        if kind == UNKNOWN:
            kind = self._kind(name)
        if kind == REGULAR:
            self.files += 1
            if name.endswith(b".") and name[:-1].isdigit():
                self.messages.append(inode.to_bytes(8, sys.byteorder))
        elif kind == DIRECTORY and name not in (b".", b".."):
            self.subdirectories.append(name)

    def _kind(self, name: bytes) -> int:
        """Ask for a type, which some file systems do not tell."""
        try:
            mode = os.lstat(name, dir_fd=self._directory).st_mode
        except FileNotFoundError:
            return UNKNOWN
        return KINDS.get(stat.S_IFMT(mode), UNKNOWN)


def _scan(directory: int, found: _Found) -> None:
    with os.scandir(directory) as entries:
        for entry in entries:
            is_file, is_directory = entry.is_file(follow_symlinks=False), entry.is_dir(follow_symlinks=False)
            kind = REGULAR if is_file else DIRECTORY if is_directory else -1
            found.take(os.fsencode(entry.name), kind, entry.inode())


@functools.cache
def getdents() -> Callable[..., int] | None:
    """Return the C library's ``getdents64``, where it has one."""
    try:
        function = ctypes.CDLL(None, use_errno=True).getdents64
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_ssize_t
    return function


def look_or_error(lister: Lister, path: bytes) -> Listing | int:
    """Return what is found, or the number of the error."""
    try:
        return lister.look(path)
    except OSError as error:
        return error.errno or 0


def main() -> None:
    """List what is asked for at standard input, batch by batch, and answer each at once."""
    lister = Lister()
    for batch in marshal.loads(sys.stdin.buffer.read()):  # noqa: S302 - from our own process
        answer = marshal.dumps([found if isinstance(found, int) else tuple(found) for found in look_all(lister, batch)])
        sys.stdout.buffer.write(len(answer).to_bytes(8, sys.byteorder) + answer)
        sys.stdout.buffer.flush()


def look_all(lister: Lister, paths: list[bytes]) -> list[Listing | int]:
    """Return what is found of each path."""
    return [look_or_error(lister, path) for path in paths]


if __name__ == "__main__":
    main()
