"""A short run of ``make verdicts``."""

import pytest
from verdicts.histories import CALM, STALLS, calm_day, stalled_hours
from verdicts.run import eta_errors, play

SEED = 7
SOME = ("core restarts", "clock", "rotation", "no probe", "refusals")  # each in a few seconds


@pytest.mark.parametrize("kind", SOME)
def test_nobody_is_woken_for_nothing(kind: str) -> None:
    """A whole day of what looks like a stall."""
    outcome = play(calm_day(SEED, list(CALM).index(kind)))

    assert (outcome.criticals, outcome.noise) == (0, [])
    assert outcome.judgements > 2000


@pytest.mark.parametrize("number", range(len(STALLS)), ids=[wrong.cause for wrong in STALLS])
def test_every_stall_is_found_with_its_reason(number: int) -> None:
    """Within the time that is promised, and nothing is said before it or long after."""
    outcome = play(stalled_hours(SEED, number))

    assert outcome.found_after is not None
    assert outcome.found_after < (480 if STALLS[number].critical else 2400)
    assert (outcome.right_reason, outcome.criticals) == (True, 0)


def test_the_time_to_drained_is_near() -> None:
    """At a steady rate, once a tenth is done."""
    errors = eta_errors(SEED, 0)

    assert len(errors) > 10
    assert sorted(errors)[len(errors) // 2] < 0.1
