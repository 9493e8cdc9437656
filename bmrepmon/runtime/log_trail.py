"""A log as one endless stream of complete lines, over rotations, truncations and restarts.

The trail is a sequence of legs: open files with the place to read on from, the live one last. Nothing here knows
what a line means, when to look, or what is counted from it.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bmrepmon.model.checkpoint import HEAD_BYTES, Checkpoint, FollowerCounts, fingerprint
from bmrepmon.model.readings import SourceError
from bmrepmon.parse.lines import LineSplitter
from bmrepmon.runtime.log_archives import Archive, begins_alike, between, close_all, holds, matching, open_archives
from bmrepmon.runtime.log_file import Identity, LogStream, identity, open_log, unavailable
from bmrepmon.runtime.log_start import whole


class Replaced(Exception):  # noqa: N818 - what happened to the file, and dealt with
    """The file no longer holds what was read of it."""


@dataclass(slots=True)
class Leg:
    """One open file of the trail, read up to ``start`` before and on from there now."""

    stream: LogStream
    start: int = 0
    head: bytes = b""  # the first bytes as far as they were seen, at most HEAD_BYTES
    splitter: LineSplitter = field(default_factory=LineSplitter)

    @staticmethod
    def whole(stream: LogStream) -> "Leg":
        """Read a file from its beginning, as it is now: it may be truncated before its turn comes."""
        return Leg(stream, head=stream.head())

    @property
    def offset(self) -> int:
        """The end of the last complete line."""
        return self.start + self.splitter.consumed

    def read(self) -> bytes:
        """Return the next bytes. Raises SourceError, and Replaced when the file was truncated.

        The head is compared after reading: if it is still the same then, so was the file while it was read.
        """
        position = self.start + self.splitter.fed
        block = self.stream.read(position)
        if self.stream.head(len(self.head)) != self.head or not (block or self.stream.reaches(position)):
            raise Replaced
        if position <= len(self.head) < position + len(block):
            self.head = (self.head[:position] + block)[:HEAD_BYTES]
        return block

    def checkpoint(self) -> Checkpoint:
        """Return what identifies this file and the end of its last complete line."""
        head = self.head[: self.offset]
        return Checkpoint(self.stream.device, self.stream.inode, self.offset, fingerprint(head), len(head))


class LogTrail:
    """Reads on from a checkpoint. A checkpoint moves to the next file with its first complete line, not before."""

    def __init__(
        self,
        path: Path,
        checkpoint: Checkpoint | None,
        counts: FollowerCounts,
        begin: Callable[[LogStream], int] = whole,
    ) -> None:
        """Remember where to go on; nothing is opened before the first line is asked for.

        ``begin`` tells where to begin with a file when nothing was read before.
        """
        self.path = path
        self._begin = begin
        self.counts = counts
        self.behind = False  # whether the last reading ended before the log did
        self._checkpoint = checkpoint
        self._legs: deque[Leg] = deque()
        self._left = b""  # the head of the last file that was left: what comes next came after it
        self._truncated: Identity | None = None  # of the file that was truncated last: going back to it is no rotation

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where reading stands, after every line that was given out."""
        if self._legs and self._legs[0].splitter.consumed:
            self._checkpoint = self._legs[0].checkpoint()
        return self._checkpoint

    @property
    def live(self) -> LogStream | None:
        """The newest file of the trail, once it is open."""
        return self._legs[-1].stream if self._legs else None

    def rewind(self, checkpoint: Checkpoint | None, counts: FollowerCounts) -> None:
        """Go back to where reading stood: what was given out since then came to nothing."""
        self._close_legs()
        self._checkpoint, self.counts = checkpoint, counts

    def close(self) -> None:
        """Give every descriptor back; the next line opens them anew."""
        self._checkpoint = self.checkpoint
        self._close_legs()

    def batches(self, budget: int) -> Iterator[Sequence[bytes]]:
        """Give out complete lines, some at a time and never none.

        It ends when there are no more now, ``budget`` bytes are read, or a file ends. Raises nothing: what stands in
        the way is told by ``counts``.
        """
        self.behind = False
        try:
            yield from filter(None, self._batches(budget))
            self._count(unread_bytes=sum(max(0, leg.stream.size() - leg.offset) for leg in self._legs))
        except SourceError as error:
            exists = False if error.reason == "missing" else None
            if exists is False:
                self._begin = whole  # what appears later was written while we watched
            self._count(exists=exists, reason=error.reason, error=str(error))

    def _batches(self, budget: int) -> Iterator[Sequence[bytes]]:
        if not self._legs:
            self._open()
        while True:
            leg = self._legs[0]
            try:
                block = leg.read()
            except Replaced:
                self._reopen()
                continue
            except SourceError as error:
                block = self._unreadable(error)
            yield leg.splitter.feed(block)
            budget -= len(block)
            if block and budget > 0:
                continue
            self.behind = bool(block)
            if not block and len(self._legs) > 1:
                yield self._finish(leg)
            elif not block and self._look():
                continue  # once more: all that the writer wrote before it moved on is in reach now
            return

    def _open(self) -> None:
        """Find where to read on. Raises SourceError while the log cannot be opened."""
        with _opened(self.path) as live:
            self._legs.extend(self._start(live, self._checkpoint))
        self._count(exists=True, reason=None, error=None)

    def _start(self, live: LogStream, checkpoint: Checkpoint | None) -> list[Leg]:
        if checkpoint is None:
            start = self._begin(live)
            return [self._anew(Leg(live, start, live.head()))] if start else [Leg.whole(live)]
        head = live.head(checkpoint.head_length)
        if holds(live, head, checkpoint):
            return [Leg(live, start=checkpoint.offset, head=head)]
        if begins_alike(head, checkpoint):  # its end was cut off: what is left of it has been read
            self._count(truncations=self.counts.truncations + 1, gaps=self.counts.gaps + 1)
            return [self._anew(Leg(live, start=live.size(), head=head))]
        return self._retrace(live, checkpoint)

    def _anew(self, leg: Leg) -> Leg:
        """Take a place behind a gap as read up to, so that a restart does not find the same gap again."""
        self._checkpoint = leg.checkpoint()
        return leg

    def _retrace(self, live: LogStream, checkpoint: Checkpoint) -> list[Leg]:
        """Look for the rest of what was read among the archives, and go from there to the live file."""
        truncated = identity(live) == (checkpoint.device, checkpoint.inode)
        archives = open_archives(self.path, live)
        if (found := matching(archives, checkpoint)) is None:
            close_all(archives)
            self._count(gaps=self.counts.gaps + 1)
            legs = [self._anew(Leg.whole(live))]
        else:
            first = Leg(found.stream, start=checkpoint.offset, head=found.head[: checkpoint.head_length])
            legs = [first, *_successors(archives, found.head, live, keep=found)]
        if truncated:
            self._truncated = identity(live)
            self._count(truncations=self.counts.truncations + 1)
        elif found is None:
            self._count(rotations=self.counts.rotations + 1)
        return legs

    def _reopen(self) -> None:
        """Begin anew with a file that was truncated."""
        self.close()
        if self._checkpoint is None:
            self._count(truncations=self.counts.truncations + 1)
        self._open()

    def _unreadable(self, error: SourceError) -> bytes:
        """Leave a damaged archive for what comes after it; let a live file that cannot be read be opened anew."""
        if len(self._legs) == 1:
            self.close()
            raise error
        self._count(gaps=self.counts.gaps + 1)
        return b""

    def _finish(self, leg: Leg) -> list[bytes]:
        """Leave a file for the next one; the end of a file ends its last line too."""
        last = leg.splitter.finish()
        self._checkpoint, self._left = self.checkpoint, leg.head or self._left
        self._legs.popleft().stream.close()
        if identity(self._legs[0].stream) == self._truncated:
            self._truncated = None
        else:
            self._count(rotations=self.counts.rotations + 1)
        self.behind = True
        return last

    def _look(self) -> bool:
        """See what the name points to now; tell whether that is another file with something in it.

        An empty one does not count yet: until its first byte, the writer may still be writing to the old one.
        """
        last = self._legs[-1]
        try:
            status = self.path.stat()
        except OSError as error:
            raise unavailable(self.path, error) from error
        if (status.st_dev, status.st_ino) == identity(last.stream) or not status.st_size:
            self._count(exists=True, reason=None, error=None)
            return False
        with _opened(self.path) as live:
            self._legs.extend(_successors(open_archives(self.path, live), last.head or self._left, live))
        return True

    def _count(self, **changes: object) -> None:
        self.counts = replace(self.counts, **changes)  # type: ignore[arg-type]  # replace() checks the names

    def _close_legs(self) -> None:
        while self._legs:
            self._legs.popleft().stream.close()


@contextmanager
def _opened(path: Path) -> Iterator[LogStream]:
    """Open the live file, and close it only if what is to be done with it fails."""
    live = open_log(path)
    try:
        yield live
    except SourceError:
        live.close()
        raise


def _successors(archives: list[Archive], first: bytes, live: LogStream, keep: Archive | None = None) -> list[Leg]:
    """Return the legs that follow the file that begins with ``first``; close the archives that are not among them.

    The live file is one of them with its first byte: until then its writer may still be writing to the one before.
    """
    try:
        following, last = between(archives, first, live), Leg.whole(live)
    except SourceError:
        close_all(archives)
        raise
    close_all(a for a in archives if a is not keep and a not in following)
    legs = [Leg(archive.stream, head=archive.head) for archive in following]
    if not last.head:
        live.close()
        return legs
    return [*legs, last]
