"""The directory of Cyrus's sync log: what sync_client has still to do.

Writers append to ``log``; sync_client renames it to ``log-run``, works it off and removes it, so that at rest there is
no file at all. BlueMind runs several sync_clients whose files may have names of their own: every file counts.
"""

import os
import stat
from collections.abc import Iterator, Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.readings import SourceError
from bmrepmon.parse.sync_log import SyncLogTally

BLOCK_BYTES = 1 << 20
LOOK_BYTES = 32 << 20  # read in one look; a second of work when no line repeats, a tenth of that in practice
NAMES = 50_000
LOOKS = 3

REASONS = {FileNotFoundError: "missing", PermissionError: "permission", NotADirectoryError: "not_a_directory"}
WAYS_OUT = {
    "missing": "check sync_log_channels in Cyrus's imapd.conf, or set sync_log of this [[backend]]",
    "permission": "run bmrepmon as cyrus or root, or with CAP_DAC_READ_SEARCH",
    "not_a_directory": "set sync_log of this [[backend]] to the directory in which Cyrus writes the file log",
    "io": "check the disk",
}


class _File(NamedTuple):
    """One file of the sync log."""

    path: Path
    made_at: float  # Unix seconds: the directory's time, which moves when a file in it is made, renamed or removed
    size: int = 0  # bytes
    written_at: float = 0.0  # Unix seconds

    @property
    def batch(self) -> bool:
        """Whether sync_client works on it: a batch is not written to any more."""
        return "-run" in self.path.name

    @property
    def since(self) -> float:
        """A time before which its first entry was written (a batch's own time is that of its last entry)."""
        return self.written_at if self.batch else self.made_at


class BacklogSource:
    """Reads a sync log directory anew at every look."""

    name = "backlog"

    def __init__(self, backend: str, directory: Path, *, look_bytes: int = LOOK_BYTES, names: int = NAMES) -> None:
        """Watch ``directory``; read at most ``look_bytes`` and remember at most ``names`` names in one look."""
        self.backend = backend
        self._directory = directory
        self._look_bytes = look_bytes
        self._names = names
        self._named: AbstractSet[bytes] = frozenset()

    def read(self) -> SyncBacklog:
        """Look, and look again when a file was renamed between its listing and its opening: it would be missed."""
        try:
            for _ in range(LOOKS):
                backlog, vanished = self._look()
                if not vanished:
                    break
        except OSError as error:
            raise _failed(self._directory, error) from error
        return backlog

    def named(self) -> AbstractSet[bytes]:
        """Return the MBOXNAMEs of the folders that waited at the last look."""
        return self._named

    def close(self) -> None:
        """Nothing is held open between two looks."""

    def _look(self) -> tuple[SyncBacklog, bool]:
        tally, left, seen, vanished = SyncLogTally(self._names), self._look_bytes, list[_File](), False
        for listed in _files(self._directory):
            try:
                file = _count(listed, tally, left)
            except FileNotFoundError:
                vanished = True
            else:
                left -= file.size
                seen.append(file)
        self._named = tally.folders
        return _backlog([file for file in seen if file.size], tally, left >= 0), vanished


def _files(directory: Path) -> Iterator[_File]:
    """List the regular files. The directory's time is taken after the list, so that no file is younger than it."""
    for path, _, names in os.walk(directory, onerror=_raise):
        made_at = Path(path).stat().st_mtime
        yield from (_File(Path(path, name), made_at) for name in names)


def _raise(error: OSError) -> None:
    raise error


def _count(file: _File, tally: SyncLogTally, at_most: int) -> _File:
    """Feed what ``file`` holds now to ``tally``; what is no regular file holds nothing."""
    if not stat.S_ISREG(file.path.lstat().st_mode):
        return file
    with file.path.open("rb", buffering=0) as stream:
        now = os.fstat(stream.fileno())
        left = min(now.st_size, max(0, at_most))
        while left and (block := stream.read(min(left, BLOCK_BYTES))):
            tally.feed(block)
            left -= len(block)
    tally.end()
    return file._replace(size=now.st_size, written_at=now.st_mtime)


def _backlog(files: list[_File], tally: SyncLogTally, read_whole: bool) -> SyncBacklog:
    return SyncBacklog(
        files=len(files),
        bytes=sum(file.size for file in files),
        entries=tally.entries,
        folders=len(tally.folders),
        users=len(tally.users),
        unknown=tally.unknown,
        complete=read_whole and tally.complete,
        oldest_at=min((file.since for file in files), default=None),
        batch_since=min((file.since for file in files if file.batch), default=None),
    )


def _failed(directory: Path, error: OSError) -> SourceError:
    reason = REASONS.get(type(error), "io")
    return SourceError(reason, f"sync log {directory}: {error.strerror}; its backlog is unknown; {WAYS_OUT[reason]}")
