"""One open log file, plain or compressed, as bytes at offsets."""

import gzip
import os
import stat
import zlib
from pathlib import Path
from typing import Protocol

from bmrepmon.model.checkpoint import HEAD_BYTES
from bmrepmon.model.readings import SourceError

# Bytes read at once: larger ones are not faster, and they would go back to the system each time (see ``memory``).
BLOCK = 60 * 1024


Identity = tuple[int, int]  # device, inode


class LogStream(Protocol):
    """An open file; it stays readable when it is renamed or removed. Offsets and sizes are uncompressed."""

    device: int
    inode: int

    def size(self) -> int:
        """Return the length in bytes, as far as it is known."""

    def reaches(self, offset: int) -> bool:
        """Tell whether the file is at least that long; of compressed ones the best is assumed."""

    def modified_at(self) -> float:
        """Return the time of the last write, Unix seconds."""

    def head(self, length: int = HEAD_BYTES) -> bytes:
        """Return the first bytes; fewer when there are no more."""

    def read(self, offset: int) -> bytes:
        """Return the next bytes from ``offset`` on; none at the end. Raises SourceError."""

    def close(self) -> None:
        """Give the descriptor back."""


def identity(stream: LogStream) -> Identity:
    """Return what tells two open files apart."""
    return stream.device, stream.inode


class PlainLog:
    """A file that may still grow, shrink, and change under the reader."""

    def __init__(self, descriptor: int) -> None:
        """Take over the open descriptor of a regular file."""
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.device, self.inode = status.st_dev, status.st_ino

    def size(self) -> int:
        """Return the length now."""
        return self._status().st_size

    def reaches(self, offset: int) -> bool:
        """Tell whether the file is at least that long now."""
        return self.size() >= offset

    def modified_at(self) -> float:
        """Return the time of the last write, Unix seconds."""
        return self._status().st_mtime

    def head(self, length: int = HEAD_BYTES) -> bytes:
        """Return the first bytes as they are now."""
        return self._read(length, 0)

    def read(self, offset: int) -> bytes:
        """Return up to BLOCK bytes from ``offset`` on."""
        return self._read(BLOCK, offset)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._descriptor)

    def _read(self, length: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise _failed(error) from error

    def _status(self) -> os.stat_result:
        try:
            return os.fstat(self._descriptor)
        except OSError as error:  # a network file system may forget the file
            raise _failed(error) from error


def _failed(error: OSError) -> SourceError:
    return SourceError("unreadable", f"reading the log failed: {error.strerror}; look at its disk")


class GzipLog:
    """A rolled-over file that logback or logrotate has compressed; it never changes."""

    def __init__(self, descriptor: int) -> None:
        """Take over the open descriptor of a regular file."""
        status = os.fstat(descriptor)
        self.device, self.inode = status.st_dev, status.st_ino
        self._modified_at = status.st_mtime
        self._size = _stated_size(descriptor, status.st_size)
        self._file = os.fdopen(descriptor, "rb")
        self._text = gzip.GzipFile(fileobj=self._file)
        self._head: bytes | None = None

    def size(self) -> int:
        """Return the uncompressed length that the file states, which is modulo 4 GiB."""
        return self._size

    def reaches(self, offset: int) -> bool:  # noqa: ARG002 - only reading it all would tell
        """Assume so."""
        return True

    def modified_at(self) -> float:
        """Return when it was compressed, Unix seconds."""
        return self._modified_at

    def head(self, length: int = HEAD_BYTES) -> bytes:
        """Return the first uncompressed bytes, kept: going back to them would cost all that was read."""
        if self._head is None:
            self._head = self._read(HEAD_BYTES, 0)
        return self._head[:length]

    def read(self, offset: int) -> bytes:
        """Return up to BLOCK uncompressed bytes; reading on from where the last one ended costs no search."""
        return self._read(BLOCK, offset)

    def close(self) -> None:
        """Give the descriptor back."""
        self._text.close()
        self._file.close()

    def _read(self, length: int, offset: int) -> bytes:
        try:
            self._text.seek(offset)
            return self._text.read(length)
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError("unreadable", "a compressed log is damaged; what it held is missing") from error


def _stated_size(descriptor: int, length: int) -> int:
    """Read the last field of a gzip file, its uncompressed length modulo 2**32 (RFC 1952, ISIZE)."""
    return int.from_bytes(os.pread(descriptor, 4, max(0, length - 4)), "little")


def open_log(path: Path) -> LogStream:
    """Open ``path`` for reading; never waits, not even for a pipe's other end. Raises SourceError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise unavailable(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError("not_a_file", f"{path} is not a regular file; name the log itself in [core]")
    return GzipLog(descriptor) if path.suffix == ".gz" else PlainLog(descriptor)


def unavailable(path: Path, error: OSError) -> SourceError:
    """Say why ``path`` cannot be followed, and what to do."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return SourceError("missing", f"{path} does not exist; reading begins as soon as it does")
        case PermissionError():
            return SourceError("permission", f"{path} may not be read; let bmrepmon's user read it")
        case _:
            return SourceError("unreadable", f"{path} cannot be opened: {error.strerror}")
