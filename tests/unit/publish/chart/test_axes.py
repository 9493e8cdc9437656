from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from bmrepmon.publish.chart import DECIMAL, TIME, Frame
from bmrepmon.publish.chart.axes import Stepper, clock, grid, times

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC).timestamp()


@given(
    st.floats(-1e9, 1e9, allow_subnormal=False),
    st.floats(0, 1e9, allow_subnormal=False),
    st.sampled_from([DECIMAL, TIME]),
)
def test_a_grid_holds_what_is_to_be_seen(low: float, more: float, step: Stepper) -> None:
    """The lines enclose every value, and are few."""
    lines = grid(low, low + more, step)

    assert lines[0] <= low
    assert 2 <= len(lines) <= 13
    assert lines[-1] >= low + more or step is TIME


def test_times_are_round_where_the_reader_is() -> None:
    """In Paris the hours of Paris are told, also where a zone is half an hour apart."""
    day = Frame(NOON + 1234, 86_400, 96)

    paris = [clock(at, ZoneInfo("Europe/Paris")) for at in times(day, ZoneInfo("Europe/Paris"))]
    kolkata = [clock(at, ZoneInfo("Asia/Kolkata")) for at in times(day, ZoneInfo("Asia/Kolkata"))]
    assert paris == ["16:00", "20:00", "00:00", "04:00", "08:00", "12:00"]
    assert kolkata == ["20:00", "00:00", "04:00", "08:00", "12:00", "16:00"]
