"""A log that is written to, and a follower that reads it, both driven by hand."""

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain
from pathlib import Path

from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.state import LogAdvanced
from bmrepmon.parse.lines import Batches
from bmrepmon.runtime.follower import Begin, Follower
from bmrepmon.runtime.log_start import whole

MIB = 1024 * 1024
FIRST = datetime(2022, 11, 8, tzinfo=UTC)


class LogWriter:
    """Writes a log as logback does: every line whole, with a date that no other line has."""

    def __init__(self, path: Path) -> None:
        """Write to ``path``, which need not exist."""
        self.path = path
        self.lines = 0  # ever written
        self._descriptor: int | None = None

    def line(self, pad: int = 0) -> bytes:
        """Return the next line, with its newline."""
        self.lines += 1
        date = (FIRST + timedelta(seconds=self.lines)).strftime("%Y-%m-%d %H:%M:%S,000")
        return f"{date} [main] test INFO - line {self.lines}{'.' * pad}\n".encode()

    def write(self, count: int) -> None:
        """Append whole lines."""
        self.put(b"".join(self.line() for _ in range(count)))

    def put(self, text: bytes) -> None:
        """Append bytes."""
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(self._descriptor, text)

    def close(self) -> None:
        """Let go of the file: the next line opens it by its name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None

    def rotate(self, suffix: str) -> Path:
        """Rename the log; the next line creates it anew."""
        self.close()
        return self.path.rename(self.path.with_name(self.path.name + suffix))

    def copytruncate(self, suffix: str) -> Path:
        """Copy the log and empty it in place, as logrotate does for a writer that keeps its descriptor."""
        copy = self.path.with_name(self.path.name + suffix)
        copy.write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)
        return copy


def compress(path: Path) -> Path:
    """Put ``path`` into a .gz and remove it."""
    packed = path.with_name(path.name.removesuffix(".tmp") + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    path.unlink()
    return packed


def count_lines(activity: LogActivity, batches: Batches) -> LogActivity:
    """Fold by counting; a line that does not end as it was written counts as torn."""
    counted = dict(activity.lines)
    for line in chain.from_iterable(batches):
        outcome = "event" if b" - line " in line else "torn"
        counted[outcome] = counted.get(outcome, 0) + 1
    return replace(activity, lines=frozen(counted))


class Tail:
    """A follower with what a daemon would have saved of it."""

    def __init__(self, path: Path, begin: Begin = whole) -> None:
        """Follow ``path``, which was never read, from where ``begin`` says."""
        self.path = path
        self.begin = begin
        self.activity = LogActivity()
        self.checkpoint: Checkpoint | None = None
        self.counts = FollowerCounts()
        self.fold_for: Callable[[tzinfo], Callable[[LogActivity, Batches], LogActivity]] = lambda _: count_lines
        self.follower = self._follower()

    def _follower(self) -> Follower[LogActivity]:
        return Follower(
            "log",
            self.path,
            activity=self.activity,
            checkpoint=self.checkpoint,
            counts=self.counts,
            fold_for=self.fold_for,
            zone=UTC,
            local_zone=UTC,
            begin=self.begin,
        )

    def step(self, budget: int = MIB) -> LogAdvanced | None:
        """Advance once, and save."""
        event = self.follower.advance(budget)
        if event:
            self.activity = event.activity if isinstance(event.activity, LogActivity) else self.activity
            self.checkpoint, self.counts = event.checkpoint, event.counts
        return event

    def read(self, budget: int = MIB) -> int:
        """Advance until the end, and return how many lines were ever counted."""
        while self.step(budget) or self.follower.behind:
            pass
        return self.lines

    @property
    def lines(self) -> int:
        """Lines counted so far."""
        return self.activity.lines.get("event", 0)

    def restart(self) -> None:
        """Begin anew from what was saved."""
        self.follower.close()
        self.follower = self._follower()
