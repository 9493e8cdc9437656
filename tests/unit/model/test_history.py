from hypothesis import given, strategies as st

from bmrepmon.model.history import SPAN, STEP, Point, Window


def test_the_newest_point_gives_way_within_the_step() -> None:
    """The last value is always there, and the points before it stay a step apart."""
    window = Window().add(0, 1).add(30, 2).add(50, 3)

    assert window.points == (Point(0, 1), Point(50, 3))


def test_steps_apart_are_all_kept() -> None:
    """Samples a step apart stay."""
    window = Window().add(0, 1).add(60, 2).add(120, 3)

    assert window.points == (Point(0, 1), Point(60, 2), Point(120, 3))


def test_what_is_older_than_the_span_is_dropped() -> None:
    """The window reaches back one day."""
    window = Window().add(0, 1).add(SPAN + 1, 2)

    assert window.points == (Point(SPAN + 1, 2),)


def test_a_clock_that_steps_back_takes_the_future_with_it() -> None:
    """After a step back no point lies in the future."""
    window = Window().add(0, 1).add(5000, 2).add(1000, 3)

    assert window.points == (Point(0, 1), Point(1000, 3))


@given(st.lists(st.tuples(st.floats(0, 3 * SPAN), st.floats(-1e9, 1e9)), max_size=200))
def test_a_window_is_ordered_and_bounded_whatever_comes(samples: list[tuple[float, float]]) -> None:
    """Any order of times leaves strictly increasing points, within the span, two a step at most."""
    window = Window()
    for at, value in samples:
        window = window.add(at, value)
    times = [point.at for point in window.points]

    assert times == sorted(set(times))
    assert all(times[-1] - at <= SPAN for at in times)
    assert len(times) <= 2 * SPAN / STEP + 2
