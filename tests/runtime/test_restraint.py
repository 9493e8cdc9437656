from polled import HandClock

from bmrepmon.runtime.restraint import KINDS, PER_MINUTE, Restraint


def test_a_flood_is_cut_and_counted() -> None:
    """So many lines of a kind a minute; the first of the next minute tells how many were left out."""
    clock = HandClock(60.0)
    restraint = Restraint(steady=clock.steady)
    admitted = [restraint.admit("flood") for _ in range(PER_MINUTE + 7)]
    quiet = restraint.admit("quiet")
    clock.moment += 60

    assert admitted == [0] * PER_MINUTE + [None] * 7
    assert quiet == 0
    assert restraint.admit("flood") == 7
    assert restraint.admit("flood") == 0


def test_a_flood_of_kinds_shares_one_allowance() -> None:
    """Texts that never repeat cost no memory either."""
    restraint = Restraint(steady=HandClock(60.0).steady)
    admitted = [restraint.admit(f"kind {number}") for number in range(KINDS + PER_MINUTE + 50)]

    assert admitted.count(None) == 50
    assert len(restraint._seen) == KINDS + 1
