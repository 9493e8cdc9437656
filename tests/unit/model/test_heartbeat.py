"""Pairing the changes of a probe with what brought them, in every order in which both become known."""

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.frozen import frozen
from bmrepmon.model.heartbeat import STEPS, Heartbeats, ProbeFolder, ProbeFolders, beat, pair
from bmrepmon.model.log_activity import LogActivity, ProbeApply
from bmrepmon.model.positions import Position, Positions

UID, PARTITION = "p1", "srv__a_test"


def log(*applies: tuple[int, float], position: int | None = None) -> LogActivity:
    """Return a log in which these modseqs were answered at these times."""
    known = position if position is not None else (applies[-1][0] if applies else None)
    return LogActivity(
        probe_applies=frozen({UID: tuple(ProbeApply(*apply) for apply in applies)}),
        positions=Positions() if known is None else Positions.of([(UID, Position(known, 1, 7))]),
    )


def seen(before: Heartbeats, modseq: int, sent_at: float, known: LogActivity) -> Heartbeats:
    return beat(before, ProbeFolders((ProbeFolder(UID, PARTITION, modseq, sent_at),)), known)


def begun() -> Heartbeats:
    """Return a probe that was seen at modseq 10."""
    return seen(frozen(), 10, 100.0, log())


def test_an_answer_after_the_step_is_its_own() -> None:
    """It grows while it is outstanding, and then is what it took."""
    beats = seen(begun(), 11, 110.0, log((10, 100.1)))
    assert beats[UID].lag(110.5) == pytest.approx(0.5)
    assert beats[UID].lag(170.0) == pytest.approx(60.0)

    beats = pair(beats, log((10, 100.1), (11, 175.25)))
    assert beats[UID].lag(999.0) == pytest.approx(65.25)
    assert beats[UID].outstanding == ()


def test_an_answer_that_is_read_before_the_step_is_found() -> None:
    """The log may be read earlier than the index."""
    assert seen(begun(), 11, 110.0, log((10, 100.1), (11, 110.3)))[UID].lag(111.0) == pytest.approx(0.3)


def test_a_late_answer_is_not_that_of_the_next_step() -> None:
    """Each has its own, whatever BlueMind's observer makes of it."""
    beats = seen(seen(begun(), 11, 110.0, log()), 12, 130.0, log())
    beats = pair(beats, log((11, 131.0)))
    assert len(beats[UID].outstanding) == 1
    assert beats[UID].lag(140.0) == pytest.approx(10.0)

    assert pair(beats, log((11, 131.0), (12, 141.0)))[UID].lag(150.0) == pytest.approx(11.0)


def test_several_that_come_back_together_took_as_long_as_the_oldest() -> None:
    """One APPLY MAILBOX brings all that came before."""
    beats = seen(seen(begun(), 11, 110.0, log()), 12, 130.0, log())

    assert pair(beats, log((12, 160.0)))[UID].lag(161.0) == pytest.approx(50.0)


def test_of_several_answers_that_are_read_at_once_the_last_counts() -> None:
    """After a burst of reading, the present lag is told, not that of an hour ago."""
    beats = seen(seen(begun(), 11, 110.0, log()), 12, 130.0, log())

    assert pair(beats, log((11, 129.0), (12, 130.5)))[UID].lag(131.0) == pytest.approx(0.5)


def test_what_was_there_before_us() -> None:
    """A step that the log proves to wait is outstanding from its own time; where the log is silent nothing is said."""
    assert begun()[UID].lag(200.0) is None
    assert seen(frozen(), 10, 100.0, log(position=9))[UID].lag(200.0) == pytest.approx(100.0)
    assert seen(frozen(), 10, 100.0, log(position=10))[UID].lag(200.0) is None


def test_a_probe_that_is_made_anew_begins_anew() -> None:
    """Its modseq falls; what was outstanding is gone with the old one, and so is a probe that was removed."""
    waiting = seen(begun(), 11, 110.0, log())
    anew = seen(waiting, 2, 120.0, log())

    assert (anew[UID].outstanding, anew[UID].last.highest_modseq) == ((), 2)
    assert not beat(anew, ProbeFolders(()), log())


def test_clocks_that_differ_make_no_lag_below_zero() -> None:
    """Cyrus and bm-core may live on two machines."""
    beats = seen(begun(), 11, 110.0, log())

    assert beats[UID].lag(109.0) == 0.0
    assert pair(beats, log((11, 109.9)))[UID].lag(200.0) == 0.0


@given(st.lists(st.sampled_from(["step", "answer", "read log", "read index"]), max_size=300))
def test_whatever_the_order_the_oldest_unanswered_step_counts(moves: list[str]) -> None:
    """Against what is true of both sides by what was read of them; memory stays bounded."""
    now, modseq, sent, applies = 100.0, 10, {10: 100.0}, list[tuple[int, float]]()
    beats, known = begun(), log()
    for move in moves:
        now += 1
        if move == "step":
            modseq += 1
            sent[modseq] = now
        elif move == "answer":
            applies.append((modseq, now))
        elif move == "read log":
            known = log(*applies[-16:])
            beats = pair(beats, known)
        else:
            beats = seen(beats, modseq, sent[modseq], known)
        outstanding = beats[UID].outstanding
        assert len(outstanding) <= STEPS
        assert all(
            step.highest_modseq > max((a.highest_modseq for a in known.probe_applies[UID]), default=0)
            for step in outstanding
        )
        assert beats[UID].lag(now) is None or 0 <= (beats[UID].lag(now) or 0) <= now - 100
