"""The daemon ends, in whatever way, and begins again."""

from collections.abc import Callable
from datetime import UTC, tzinfo

import pytest
from followed_log import LogWriter, Tail

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.parse.lines import Batches


def test_a_restart_goes_on_where_reading_stood(writer: LogWriter, tail: Tail) -> None:
    """Lines from before the restart are not counted again, lines from meanwhile are not lost."""
    writer.write(100)
    assert tail.read() == 100
    tail.follower.close()
    writer.write(50)
    tail.restart()

    assert tail.read() == 150
    assert tail.counts.gaps == tail.counts.rotations == tail.counts.truncations == 0


def test_what_was_read_but_not_saved_is_read_again(writer: LogWriter, tail: Tail) -> None:
    """Counters and position go back together."""
    writer.write(100)
    tail.read()
    writer.write(50)
    assert tail.follower.advance(1 << 20) is not None  # and killed before it was saved
    writer.write(1)
    tail.restart()

    assert tail.read() == 151


def test_a_position_in_the_middle_of_a_big_log(writer: LogWriter, tail: Tail) -> None:
    """The budget ends a step anywhere, and a restart goes on from its last whole line."""
    writer.write(20_000)
    steps = 0
    while tail.step(1000) or tail.follower.behind:
        steps += 1
        tail.restart()

    assert tail.lines == 20_000
    assert steps > 5
    assert tail.counts.unread_bytes == 0


def test_nothing_new_is_no_event(writer: LogWriter, tail: Tail) -> None:
    """A look that finds nothing changes nothing."""
    writer.write(3)
    tail.read()

    assert tail.step() is None


def test_the_same_first_line_in_a_short_log_is_recognised(writer: LogWriter, tail: Tail) -> None:
    """A log shorter than its fingerprint may become goes on being the same while it grows."""
    for expected in range(1, 60):
        writer.write(1)
        tail.restart()
        assert tail.read() == expected
    assert tail.counts.gaps == 0


def test_a_fold_that_raises_loses_nothing(writer: LogWriter, tail: Tail) -> None:
    """A step that breaks off halfway is repeated as a whole."""
    broken = [True]

    def fold_for(_: tzinfo) -> Callable[[LogActivity, Batches], LogActivity]:
        def fold(activity: LogActivity, batches: Batches) -> LogActivity:
            if broken[0]:
                next(iter(batches))
                raise ValueError("a bug")
            return count(activity, batches)

        return fold

    count = tail.fold_for(UTC)
    tail.fold_for = fold_for
    tail.restart()
    writer.write(10)
    with pytest.raises(ValueError, match="a bug"):
        tail.step()
    broken[0] = False

    assert tail.read() == 10
