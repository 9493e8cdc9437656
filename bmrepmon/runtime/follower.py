"""Follows one log: folds every complete line exactly once, and tells how far that went."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, tzinfo
from itertools import chain
from pathlib import Path
from typing import Generic, TypeVar

from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.positions import NO_POSITIONS
from bmrepmon.model.readings import SourceError
from bmrepmon.model.state import LogAdvanced
from bmrepmon.parse.lines import Batches, event_date
from bmrepmon.parse.timezone import infer_zone
from bmrepmon.runtime.log_file import BLOCK, Identity, LogStream, identity
from bmrepmon.runtime.log_start import whole
from bmrepmon.runtime.log_trail import LogTrail

A = TypeVar("A", bound=LogActivity | CoreActivity)

Fold = Callable[[A, Batches], A]
Infer = Callable[[bytes, float, tzinfo], tzinfo | None]  # newest event line, time of the last write, the local zone

Begin = Callable[[LogStream], int]  # an open log: the offset from which it is read the first time


class Follower(Generic[A]):
    """Activity, position and counts always move together: what ``advance`` returns is one whole step."""

    def __init__(
        self,
        source: str,
        path: Path,
        *,
        activity: A,
        checkpoint: Checkpoint | None,
        counts: FollowerCounts,
        fold_for: Callable[[tzinfo], Fold[A]],
        zone: tzinfo | None,
        local_zone: tzinfo,
        infer: Infer = infer_zone,
        begin: Begin = whole,
    ) -> None:
        """Go on from what was saved, or from where ``begin`` says.

        ``zone`` None: find out from the log itself in which zone it is written.
        """
        self.source = source
        self._activity = activity
        self._step = (checkpoint, counts)
        self._trail = LogTrail(path, checkpoint, counts, begin)
        self._fold_for = fold_for
        self._fold = fold_for(zone or UTC)
        self._zone_of = None if zone else ZoneFinder(local_zone, infer)
        self._torn = False

    @property
    def path(self) -> Path:
        """The log's own name."""
        return self._trail.path

    @property
    def behind(self) -> bool:
        """Whether more can be read at once: the last step ended before the log did."""
        return self._trail.behind

    @property
    def counts(self) -> FollowerCounts:
        """What the last whole step told of itself."""
        return self._step[1]

    def advance(self, budget_bytes: int) -> LogAdvanced | None:
        """Read on, about ``budget_bytes`` at most; None when nothing is different from before."""
        if self._torn:  # the last step raised halfway: its lines are in no activity
            self._trail.rewind(*self._step)
        self._torn = True
        activity = self._folded(budget_bytes)
        if self._trail.counts.gaps > self._step[1].gaps:
            activity = after_gap(activity)
        step = (self._trail.checkpoint, self._trail.counts)
        self._torn = False
        if activity is self._activity and step == self._step:
            return None
        moved = None if activity is self._activity else activity
        self._activity, self._step = activity, step
        return LogAdvanced(self.source, moved, step[1], step[0])

    def close(self) -> None:
        """Give the descriptors back."""
        self._trail.close()

    def _folded(self, budget: int) -> A:
        batches = self._trail.batches(budget)
        first = next(batches, None)
        if first is None:
            return self._activity
        if self._zone_of and self._trail.live and (zone := self._zone_of.look(self._trail.live)):
            self._fold = self._fold_for(zone)
        return self._fold(self._activity, chain((first,), batches))


def after_gap(activity: A) -> A:
    """Return what is left when lines may be missing: where a folder was last may be long outdated."""
    return replace(activity, positions=NO_POSITIONS) if isinstance(activity, LogActivity) else activity


class ZoneFinder:
    """Finds the zone of a log's dates, once for each file; what it last found holds until it finds another."""

    def __init__(self, local_zone: tzinfo, infer: Infer) -> None:
        """Know nothing yet."""
        self._local_zone = local_zone
        self._infer = infer
        self._found_in: Identity | None = None

    def look(self, live: LogStream) -> tzinfo | None:
        """Return the zone when it can be told from ``live`` and was not before."""
        if self._found_in == identity(live):
            return None
        try:
            line, modified_at = newest_event(live), live.modified_at()
        except SourceError:
            return None
        zone = self._infer(line, modified_at, self._local_zone) if line else None
        if zone:
            self._found_in = identity(live)
        return zone


def newest_event(live: LogStream) -> bytes | None:
    """Return the last complete line near the end of the file that begins an event."""
    tail = live.read(max(0, live.size() - BLOCK))
    return next((line for line in reversed(tail.split(b"\n")[:-1]) if event_date(line[:32])), None)
