import json

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, strategies as st

from bmrepmon.config.crontab import crontab
from bmrepmon.config.types import Address, Duration, Secret, Trigger, quoted

PLANTED = "hunter2-PLANTED"


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("5m", 300), ("1h30m", 5400), ("2d", 172800), ("0s", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    """Durations are written as Prometheus writes them."""
    assert Duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "1.5s", "-1s", "1 s", "1s ", "٣s", "9" * 5000 + "s"])
def test_no_durations(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(ValueError, match="is not a duration: write for example 500ms"):
        Duration(text)


@pytest.mark.parametrize("text", ["127.0.0.1:10057", "[::1]:10057", "localhost:0", "0.0.0.0:65535"])
def test_addresses_read_as_they_are_written(text: str) -> None:
    """An address survives being read and shown."""
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "x", ":1", "x:", "x:65536", "::1:80", "[::1]", "[x]:1", "1.2.3:4", "a b:1", "256.1.1.1:1"]
)
def test_no_addresses(text: str) -> None:
    """A host that cannot be and a port out of range are refused."""
    with pytest.raises(ValueError, match="is not an address to listen on: write HOST:PORT"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("line", "normal"),
    [
        ("15 3 * * *", "15 3 * * *"),
        ("*/5  1-4,6 1 jan-mar *", "*/5 1-4,6 1 1,2,3 *"),
        ("0 0 * * 0", "0 0 * * sun"),
        ("0 0 * * 7", "0 0 * * sun"),
        ("0 0 * * MON-FRI", "0 0 * * mon,tue,wed,thu,fri"),
        ("0 0 29 2 *", "0 0 29 2 *"),
    ],
)
def test_cron_lines_have_one_normal_form(line: str, normal: str) -> None:
    """Weekdays become names, because schedulers number them differently."""
    assert crontab(line) == normal


@pytest.mark.parametrize(
    "line",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "a * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/60 * * * *",
        "0 0 31 4,6 *",
        "1, * * * *",
    ],
)
def test_no_cron_lines(line: str) -> None:
    """Values out of range, and days that never come, are refused."""
    with pytest.raises(ValueError, match="cron line"):
        crontab(line)


@given(st.from_regex(r"([0-9*]{1,2}(-[0-9]{1,2})?(/[0-9]{1,2})?(,[0-9]{1,2})? ){4}([0-7*]|mon-fri)", fullmatch=True))
def test_the_scheduler_takes_every_cron_line_that_passes(line: str) -> None:
    """What the configuration accepts never fails later, when the job is scheduled."""
    try:
        trigger = Trigger.cron(line)
    except ValueError:
        return
    assert CronTrigger.from_crontab(str(trigger.crontab), "UTC")


def test_a_secret_shows_itself_nowhere() -> None:
    """Printing, formatting, describing and comparing a secret never shows it; JSON refuses it."""
    secret = Secret(PLANTED)

    assert PLANTED not in f"{secret} {secret!r} {secret!s} {[secret]} {(secret,)!r} {secret:}"
    assert secret.reveal() == PLANTED
    assert secret == Secret(PLANTED)
    assert secret != PLANTED
    with pytest.raises(TypeError):
        json.dumps(secret)


@pytest.mark.parametrize("text", ["password=x", "postgresql://a:b@c", "bj:hunter2@db:5432", "x" * 41, "my Secret"])
def test_quoting_hides_what_may_be_a_password(text: str) -> None:
    """Long texts and those that look like credentials are told by their length."""
    assert quoted(text) == f"this text of {len(text)} characters"
