import pytest

from bmrepmon.model.history import Point
from bmrepmon.publish.chart import Frame, frame, increase


@pytest.mark.parametrize(
    ("known", "span"),
    [(None, 900), (60, 900), (901, 3600), (3601, 10800), (20_000, 21_600), (40_000, 43_200), (86_400, 86_400)],
)
def test_a_frame_is_as_short_as_what_is_known(known: float | None, span: float) -> None:
    """A daemon of an hour shows its hour, not a day without anything."""
    assert frame(1e6, None if known is None else 1e6 - known).span == span


def test_each_column_has_what_lies_in_it() -> None:
    """The end of the frame belongs to the last column; what lies outside belongs to none."""
    points = [Point(at, at) for at in (-1.0, 0.0, 5.0, 11.0, 40.0, 41.0)]

    assert Frame(40.0, 40.0, 4).fold(points, max) == (5.0, 11.0, None, 40.0)


def test_a_rate_is_a_minute_s_growth() -> None:
    """Columns without a second point know nothing, and a reset is no growth."""
    counted = [(0, 100), (60, 160), (120, 170), (180, 3), (900, 50), (960, 56)]

    assert increase(counted, Frame(960, 960, 4)) == (70 / 3, None, None, 6.0)
