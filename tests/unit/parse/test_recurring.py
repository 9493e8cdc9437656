"""What recurs is remembered within bounds."""

from operator import methodcaller

import pytest

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.log_tally import LogTally
from bmrepmon.parse import recurring
from bmrepmon.parse.recurring import LONGEST, Recurring


def test_words_that_were_met_count_again() -> None:
    """As often as they are asked for."""
    met, tally = Recurring(), LogTally(LogActivity())
    met.message(b"t1] n.b.Db INFO", b"Db CRUD op, cr: 1, upd: 2, del: 3 in 4ms", methodcaller("changed", 1, 2, 3))
    for count in [*met.counts.values()] * 2:
        count(tally)

    assert dict(tally.activity().record_changes) == {"create": 2, "update": 4, "delete": 6}


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it begins anew: what recurs comes back at once."""
    monkeypatch.setattr(recurring, "MOST", 3)
    met = Recurring()
    for number in range(10):
        met.message(b"t1] n.b.Db INFO", b"%d" % number, methodcaller("applied", number))

    assert list(met.counts) == [b"9"]
    assert list(met.origins) == [b"t1] n.b.Db INFO"]


def test_what_is_too_long_is_not_remembered() -> None:
    """A line has up to 64 KiB."""
    met = Recurring()
    met.message(b"t" * (LONGEST + 1), b"x" * (LONGEST + 1), methodcaller("applied", 1))

    assert not met.counts
    assert not met.origins
