"""Log files for replay: what each is, in which order they were written, and their lines in bounded memory."""

import gzip
import os
import stat
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from bmrepmon.failures import Failure
from bmrepmon.parse.lines import LineSplitter, event_date

BLOCK = 1 << 20  # bytes read at once
MAGIC = b"\x1f\x8b"  # of gzip (RFC 1952, 2.3.1)

Warn = Callable[[Path, Exception], None]  # told of a damaged archive, and of what is wrong with it
Advance = Callable[[int], None]  # bytes of the file that are read so far, as they lie on disk


class ReplayError(Failure):
    """Files that cannot be analysed, one line each: the file, what is wrong, and the way out."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file that holds events."""

    path: Path
    size: int  # bytes on disk
    compressed: bool
    written_at: float  # Unix seconds of the last write to the log, as far as the file can tell
    first_date: bytes  # of its first event, as logged: sorts as text

    def blocks(self, warn: Warn, advance: Advance) -> Generator[bytes, None, None]:
        """Read the file from start to end; a damaged archive ends early, with a warning."""
        with self.path.open("rb") as raw:
            stream = gzip.GzipFile(fileobj=raw) if self.compressed else raw
            try:
                while block := stream.read1(BLOCK):  # read() would drop what stands before the damage
                    advance(raw.tell())
                    yield block
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                warn(self.path, error)
            except OSError as error:
                raise ReplayError(
                    f"{self.path}: cannot be read on ({error.strerror}): copy it to a sound disk"
                ) from None

    def lines(self, warn: Warn, advance: Advance) -> Iterator[list[bytes]]:
        """Read the lines, some at a time; a last line without its newline counts."""
        splitter = LineSplitter()
        for block in self.blocks(warn, advance):
            yield splitter.feed(block)
        yield splitter.finish()

    def newest_line(self) -> bytes:
        """Return the last line that begins an event, or nothing; reads an archive to its end."""
        newest = b""
        for lines in self._tail():
            newest = next((line for line in reversed(lines) if event_date(line[:32])), newest)
        return newest

    def _tail(self) -> Iterator[list[bytes]]:
        if self.compressed:
            yield from self.lines(_unheard, _unheard)
            return
        with self.path.open("rb") as raw:
            raw.seek(max(0, self.size - BLOCK))
            yield raw.read(BLOCK).split(b"\n")[1 if self.size > BLOCK else 0 :]


def _unheard(*_: object) -> None:
    """Tell nobody: this is but a look at a file that is read in full later."""


def open_logs(paths: tuple[Path, ...]) -> tuple[LogFile, ...]:
    """Look at every file and return them in the order in which they were written.

    Raises:
        ReplayError: with one line for each file that cannot be used.
    """
    logs: list[LogFile] = []
    errors: list[str] = []
    for path in paths:
        try:
            logs.append(_look(path))
        except ReplayError as error:
            errors.extend(error.lines)
    if errors:
        raise ReplayError(*errors)
    return tuple(sorted(logs, key=lambda log: log.first_date))


def _look(path: Path) -> LogFile:
    try:
        return _identify(path, path.stat())
    except FileNotFoundError:
        raise ReplayError(f"{path}: no such file: bm-core keeps its logs in /var/log/bm/replication.log*") from None
    except PermissionError:
        raise ReplayError(f"{path}: no permission to read it: run as root, or copy it") from None
    except OSError as error:
        raise ReplayError(f"{path}: cannot be read ({error.strerror}): copy it to a sound disk") from None


def _identify(path: Path, status: os.stat_result) -> LogFile:
    if stat.S_ISDIR(status.st_mode):
        raise ReplayError(f"{path}: is a directory: name the files in it, such as {path}/replication.log*")
    if not stat.S_ISREG(status.st_mode):  # not even opened: that would wait for a writer
        raise ReplayError(f"{path}: is not a regular file: save what it holds to one, it is read twice")
    if status.st_size == 0:
        raise ReplayError(f"{path}: is empty: leave it out")
    with path.open("rb") as raw:
        head = raw.read(8)
    compressed = head.startswith(MAGIC)
    packed_at = int.from_bytes(head[4:8], "little") if compressed else 0  # 0: not told (RFC 1952, 2.3.1)
    log = LogFile(path, status.st_size, compressed, float(packed_at or status.st_mtime), b"")
    date = _first_date(log)
    if date is None:
        raise ReplayError(f"{path}: no event of replication.log in its first {BLOCK >> 20} MiB: is it the right file?")
    return replace(log, first_date=date)


def _first_date(log: LogFile) -> bytes | None:
    head = b""
    with closing(log.blocks(_unheard, _unheard)) as blocks:
        for block in blocks:
            head += block
            if (date := event_date(head)) or len(head) >= BLOCK:
                return date
    return None
