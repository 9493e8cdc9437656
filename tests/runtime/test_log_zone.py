"""In which zone a log's dates are is found out from the log itself."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta, timezone, tzinfo

import pytest
from followed_log import LogWriter

from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.parse.lines import Batches
from bmrepmon.runtime.follower import Follower

PARIS = timezone(timedelta(hours=1))


class Zones:
    """A follower that only remembers in which zone it folded how many lines."""

    def __init__(self, writer: LogWriter, zone: tzinfo | None) -> None:
        """Follow the writer's log."""
        self.folded: list[tuple[tzinfo, int]] = []
        self.answer: tzinfo | None = None
        self.asked: list[tuple[bytes, float, tzinfo]] = []
        self.follower = Follower(
            "log",
            writer.path,
            activity=LogActivity(),
            checkpoint=None,
            counts=FollowerCounts(),
            fold_for=self._fold_for,
            zone=zone,
            local_zone=PARIS,
            infer=self._infer,
        )

    def _fold_for(self, zone: tzinfo) -> Callable[[LogActivity, Batches], LogActivity]:
        def fold(activity: LogActivity, batches: Batches) -> LogActivity:
            self.folded.append((zone, sum(map(len, batches))))
            return activity

        return fold

    def _infer(self, line: bytes, modified_at: float, local: tzinfo) -> tzinfo | None:
        self.asked.append((line, modified_at, local))
        return self.answer

    def read(self) -> list[tuple[tzinfo, int]]:
        """Read to the end; return the zones of the steps since the last time."""
        self.folded.clear()
        self.follower.advance(1 << 20)
        while self.follower.behind:
            self.follower.advance(1 << 20)
        return self.folded


@pytest.fixture
def zones(writer: LogWriter) -> Iterator[Zones]:
    zones = Zones(writer, None)
    yield zones
    zones.follower.close()


def test_a_zone_that_is_set_is_not_asked_for(writer: LogWriter) -> None:
    """The administrator knows."""
    zones = Zones(writer, PARIS)
    writer.write(2)

    assert zones.read() == [(PARIS, 2)]
    assert zones.asked == []
    zones.follower.close()


def test_the_newest_event_and_the_last_write_tell(writer: LogWriter, zones: Zones) -> None:
    """Continuation lines and a half line at the end are passed over."""
    zones.answer = PARIS
    writer.write(1)
    last = writer.line()
    writer.put(last + b"\tat some.java.Frame\n\tat ano")
    os.utime(writer.path, (5.0, 5.0))

    assert zones.read() == [(PARIS, 3)]
    assert zones.asked == [(last.rstrip(b"\n"), 5.0, PARIS)]


def test_until_it_can_be_told_it_is_utc(writer: LogWriter, zones: Zones) -> None:
    """A wrong zone would be worse."""
    writer.write(1)
    assert zones.read() == [(UTC, 1)]
    zones.answer = PARIS
    writer.write(1)

    assert zones.read() == [(PARIS, 1)]


def test_once_told_it_holds_until_the_next_file(writer: LogWriter, zones: Zones) -> None:
    """And beyond, when the next file does not tell."""
    zones.answer = PARIS
    writer.write(1)
    zones.read()
    zones.answer = None
    writer.write(1)
    assert zones.read() == [(PARIS, 1)]
    assert len(zones.asked) == 1
    writer.rotate(".1")
    writer.write(1)
    assert zones.read() == [(PARIS, 1)]
    zones.answer = UTC
    writer.write(1)

    assert zones.read() == [(UTC, 1)]
