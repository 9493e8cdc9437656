"""The time to drained."""

import random
from statistics import median

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.verdict.drain import eta, remaining_time
from bmrepmon.model.verdict.states import Sample, Trail


def falling(start: float, rate: float, seconds: int, noise: float = 0.0, seed: int = 1) -> list[tuple[float, float]]:
    """Return a backlog that goes down by ``rate`` a second, a point every half minute."""
    chance = random.Random(seed)  # noqa: S311 - seeded noise
    return [(float(at), start - rate * at + chance.gauss(0, noise)) for at in range(0, seconds, 30)]


def test_a_steady_drain_is_told_exactly() -> None:
    """Without noise there is nothing to estimate."""
    found = eta(falling(1000, 1.0, 601))

    assert found
    assert (round(found.likely), round(found.earliest), round(found.latest)) == (400, 400, 400)


def test_with_noise_the_median_error_is_small_once_a_tenth_is_done() -> None:
    """A tenth at most, over many drains of all sizes and paces."""
    errors = []
    for seed in range(200):
        chance = random.Random(seed)  # noqa: S311 - seeded noise
        size, rate = 10 ** chance.uniform(1.5, 6.5), 1.0
        total = 10 ** chance.uniform(3.3, 5)
        rate = size / total
        at = int(total * chance.uniform(0.1, 0.9))
        points = [(a, v) for a, v in falling(size, rate, at, size * 0.002, seed) if a >= at - 900]
        found = eta(points)
        if found:
            errors.append(abs(found.likely - (total - at)) / (total - at))

    assert len(errors) >= 150
    assert median(errors) <= 0.10


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_what_does_not_drain_has_no_end(rate: float) -> None:
    """Neither a backlog that stands still nor one that grows."""
    assert eta(falling(1000, rate, 900)) is None


def test_too_little_is_not_enough() -> None:
    """A minute and five points are the least; nothing left needs no time."""
    assert eta(falling(1000, 1.0, 59)) is None
    assert eta([]) is None
    assert eta(falling(600, 1.0, 601)) is None


def test_wild_points_move_it_little() -> None:
    """One in six may be anything."""
    points = falling(10_000, 2.0, 900)
    for n in range(0, len(points), 6):
        points[n] = (points[n][0], 1e9)
    points[-1] = (points[-1][0], 10_000 - 2 * points[-1][0])
    found = eta(points)

    assert found
    assert found.likely == pytest.approx(points[-1][1] / 2, rel=0.15)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**7)), max_size=80, unique_by=lambda p: p[0]))
def test_it_is_never_wild(points: list[tuple[float, int]]) -> None:
    """Whatever comes in: absent, or a positive time within its range."""
    found = eta([(at, float(value)) for at, value in sorted(points)])

    assert found is None or 0 < found.earliest <= found.likely <= found.latest


def test_only_the_last_quarter_of_an_hour_counts() -> None:
    """What happened before says nothing about now."""
    slow = [Sample(float(at), None, 100_000) for at in range(0, 3000, 30)]
    fast = [Sample(float(3000 + at), None, 100_000 - at * 10) for at in range(0, 900, 30)]
    found = remaining_time(Trail(samples=(*slow, *fast)))

    assert found
    assert found.likely == pytest.approx((100_000 - 870 * 10) / 10, rel=0.01)
