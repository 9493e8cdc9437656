"""What recurs is remembered within bounds."""

import pytest

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.log_tally import LogTally, Told
from bmrepmon.parse import recurring
from bmrepmon.parse.recurring import LONGEST, Recurring


def test_what_tells_the_same_is_counted_together() -> None:
    """As often as it was told."""
    tally = LogTally(LogActivity())
    changed, indexed = Told("changed", 1, 2, 3), Told("indexed", 4, 250)
    tally.told += [changed, indexed, changed]
    activity = tally.activity()

    assert dict(activity.record_changes) == {"create": 2, "update": 4, "delete": 6}
    assert (activity.indexed_records, activity.indexed_seconds) == (4, 0.25)
    assert tally.activity() == activity  # counted once


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it begins anew: what recurs comes back at once."""
    monkeypatch.setattr(recurring, "MOST", 3)
    met = Recurring()
    for number in range(10):
        met.message(b"t1] n.b.Db INFO", b"%d" % number, Told("applied", number), of_folder=number % 2 == 0)

    assert (list(met.of_folders), list(met.of_none)) == ([b"6", b"8"], [b"7", b"9"])
    assert list(met.origins) == [b"t1] n.b.Db INFO"]


def test_what_is_too_long_is_not_remembered() -> None:
    """A line has up to 64 KiB."""
    met = Recurring()
    met.message(b"t" * (LONGEST + 1), b"x" * (LONGEST + 1), Told("applied", 1), of_folder=True)

    assert not met.of_folders
    assert not met.origins
