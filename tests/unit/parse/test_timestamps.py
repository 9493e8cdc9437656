from datetime import UTC, datetime, timedelta, timezone
from math import isnan
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bmrepmon.parse.timestamps import Timestamps
from bmrepmon.parse.timezone import infer_zone

PARIS = ZoneInfo("Europe/Paris")
REST = b" [vert.x-eventloop-thread-1] n.b.b.c.r.s.ReplicationSession INFO - Draining..."


def line(text: str) -> bytes:
    return text.encode() + REST


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]  # year to second


def test_a_date_is_read_in_the_zone_of_the_log() -> None:
    """Ten o'clock in Paris in June is eight o'clock UTC; milliseconds are kept."""
    assert Timestamps(PARIS).read(line("2022-06-28 10:00:00,004")) == utc(2022, 6, 28, 8, 0, 0) + 0.004


@pytest.mark.parametrize("text", ["", "OK success", "\tat java.base/java.lang.Thread.run", "2022-06-28 10:00:00.004"])
def test_any_other_line_has_no_date(text: str) -> None:
    """Continuation lines, and dates of another form, begin no event."""
    assert Timestamps(UTC).read(line(text)) is None


@pytest.mark.parametrize("text", ["2022-13-28 10:00:00,004", "2022-06-31 10:00:00,004", "0000-01-01 24:00:00,000"])
def test_an_impossible_date_is_told_apart(text: str) -> None:
    """What is shaped like a date and is none is not a number."""
    at = Timestamps(UTC).read(line(text))

    assert at is not None
    assert isnan(at)


def test_the_repeated_hour_does_not_run_backwards() -> None:
    """When the clocks go back, the second pass through the hour is an hour later than the first."""
    dates = Timestamps(PARIS)
    texts = (
        "01:59:59,000",
        "02:30:00,000",
        "02:29:59,990",
        "02:59:59,000",
        "02:00:00,000",
        "02:30:00,000",
        "03:00:00,000",
    )
    times = [dates.read(line(f"2022-10-30 {text}")) for text in texts]

    start = utc(2022, 10, 29, 23, 59, 59)
    assert [at - start for at in times if at] == pytest.approx([0, 1801, 1800.99, 3600, 3601, 5401, 7201])


def test_a_restart_in_the_repeated_hour_knows_what_was_read() -> None:
    """A parser that goes on after the second 02:10 does not fall back to the first 02:20."""
    after = utc(2022, 10, 30, 1, 10, 0)

    assert Timestamps(PARIS, after).read(line("2022-10-30 02:20:00,000")) == utc(2022, 10, 30, 1, 20, 0)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - written down without their zone
    st.sampled_from(["UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham"]),
)
def test_every_date_comes_back(moment: datetime, zone: str) -> None:
    """What is read is the moment that was written, to the millisecond."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    at = Timestamps(ZoneInfo(zone)).read(line(f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"))

    assert at == pytest.approx(moment.replace(tzinfo=ZoneInfo(zone)).timestamp(), abs=1e-4)


NOON = utc(2022, 6, 28, 12, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-06-28 12:00:00,004", UTC),
        ("2022-06-28 11:58:30,000", UTC),
        ("2022-06-28 14:00:00,004", PARIS),
        ("2022-06-28 17:30:00,000", timezone(timedelta(hours=5, minutes=30))),
        ("2022-06-28 02:29:00,000", timezone(timedelta(hours=-9, minutes=-30))),
        ("2022-06-28 12:07:00,000", None),
        ("2022-06-20 12:00:00,000", None),
        ("2022-06-31 12:00:00,000", None),
        ("OK success", None),
    ],
)
def test_the_zone_is_what_fits_the_files_time(text: str, expected: timezone | None) -> None:
    """UTC and the local zone come first, then quarter hours, then nothing."""
    assert infer_zone(line(text), NOON, PARIS) == expected
