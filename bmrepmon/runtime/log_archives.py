"""Where a log's earlier content went: the rolled-over files beside it.

logback renames ``replication.log`` once a day to ``replication.log<nanoseconds>.tmp``, compresses it to
``replication.log.<date>.gz`` and removes the former; ``core.log`` becomes ``core.log.1.gz``, the one before it
``core.log.2.gz`` and so on (BlueMind 4.9, packaging/bm-core/logback.xml). logrotate's names are alike. As names move
from file to file, everything is opened before anything is decided, and nothing is opened twice.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bmrepmon.model.checkpoint import Checkpoint, fingerprint
from bmrepmon.model.readings import SourceError
from bmrepmon.parse.lines import event_date
from bmrepmon.runtime.log_file import LogStream, PlainLog, identity, open_log

MOST = 64  # siblings that are looked at, the newest by their time of change: bounds the open descriptors
TRIES = 5  # to see the folder at rest

# What follows the log's name: .2022-11-08.gz, .1, .1.gz, -20221108, 8123456789.tmp
_ROLLED = re.compile(r"[.-]?\d[\d._T-]*(\.tmp)?(\.gz)?")


@dataclass(frozen=True, slots=True)
class Archive:
    """One sibling of the log, open."""

    stream: LogStream
    head: bytes
    rolled: bool  # its name is one that a rollover gives; others may be copies or extracts that someone made

    @property
    def date(self) -> bytes:
        """The date of its first event, which sorts archives whatever they are called; empty when there is none."""
        return event_date(self.head) or b""

    @property
    def trust(self) -> tuple[bool, bool, int]:
        """Sorts copies of one file: a rollover's before others, plain before (perhaps still) compressed, then size."""
        return self.rolled, isinstance(self.stream, PlainLog), self.stream.size()


def open_archives(path: Path, live: LogStream) -> list[Archive]:
    """Open every sibling of ``path`` that can be read and is not ``live`` itself; the caller closes them.

    Begins again when the folder changes meanwhile: a rollover that gives the files new names would hide one.
    """
    for _ in range(TRIES - 1):
        before = _changed_at(path.parent)
        archives = _open_all(path, live)
        if _changed_at(path.parent) == before:
            return archives
        close_all(archives)
    return _open_all(path, live)


def close_all(archives: Iterable[Archive]) -> None:
    """Give the descriptors back."""
    for archive in archives:
        archive.stream.close()


def _changed_at(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None


def _open_all(path: Path, live: LogStream) -> list[Archive]:
    archives = []
    for sibling in _siblings(path):
        try:
            stream = open_log(sibling)
        except SourceError:
            continue
        if (archive := _archive(stream, sibling.name.removeprefix(path.name), live)) is None:
            stream.close()
        else:
            archives.append(archive)
    return archives


def _siblings(path: Path) -> list[Path]:
    found = []
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # renamed or removed since the folder was read
                if entry.name.startswith(path.name) and entry.is_file():
                    found.append((entry.stat().st_mtime, entry.path))
    return [Path(sibling) for _, sibling in sorted(found, reverse=True)[:MOST]]


def _archive(stream: LogStream, suffix: str, live: LogStream) -> Archive | None:
    if identity(stream) == identity(live):
        return None
    try:
        head = stream.head()
    except SourceError:
        return None
    return Archive(stream, head, _ROLLED.fullmatch(suffix) is not None) if head else None


def matching(archives: Iterable[Archive], checkpoint: Checkpoint) -> Archive | None:
    """Return the archive that holds the file of ``checkpoint``, at least as far as it was read.

    Its inode speaks for a plain file alone: a compressed one that is still being written may have inherited it.
    """
    found = [a for a in archives if holds(a.stream, a.head, checkpoint)]
    same = (checkpoint.inode, PlainLog)
    return max(found, key=lambda a: ((a.stream.inode, type(a.stream)) == same, a.trust), default=None)


def holds(stream: LogStream, head: bytes, checkpoint: Checkpoint) -> bool:
    """Tell whether ``stream``, which begins with ``head``, is what ``checkpoint`` was taken of."""
    if checkpoint.head_length == 0:
        return identity(stream) == (checkpoint.device, checkpoint.inode)
    return begins_alike(head, checkpoint) and stream.reaches(checkpoint.offset)


def begins_alike(head: bytes, checkpoint: Checkpoint) -> bool:
    """Tell whether ``head`` carries the checkpoint's fingerprint; not asked when it has none."""
    length = checkpoint.head_length
    return 0 < length <= len(head) and fingerprint(head[:length]) == checkpoint.head


def between(archives: Iterable[Archive], first: bytes, live: LogStream) -> list[Archive]:
    """Return the rolled-over files that came after the one beginning with ``first`` and before ``live``, in order."""
    start, last = event_date(first), live.head()
    if start is None:
        return []
    end = event_date(last) or b"~"
    found: list[Archive] = []
    for archive in sorted(archives, key=lambda a: (a.date, a.stream.modified_at())):
        if not archive.rolled or not start < archive.date <= end or _copies(archive.head, first, last):
            continue
        if found and _copies(archive.head, found[-1].head):
            found[-1] = max(found[-1], archive, key=lambda a: a.trust)
        else:
            found.append(archive)
    return found


def _copies(head: bytes, *others: bytes) -> bool:
    """Tell whether a file is a copy, perhaps an unfinished one, of one of those with these heads.

    A head without a whole date says nothing: every file of that day begins like the half line that it may be.
    """
    return any(event_date(other) and (head.startswith(other) or other.startswith(head)) for other in others)
