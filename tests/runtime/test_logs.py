import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bmrepmon.runtime.logs import QUIET_LOGGERS, configure
from bmrepmon.runtime.restraint import PER_MINUTE

SECRET = "planted-secret"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    for name in QUIET_LOGGERS:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def test_json_lines_can_be_read_back() -> None:
    """One object a line, with level and time."""
    out = io.StringIO()
    configure("info", "json", out)
    structlog.get_logger().info("source failed", source="database", reason="refused")
    line = json.loads(out.getvalue())

    assert (line["event"], line["level"], line["reason"]) == ("source failed", "info", "refused")
    assert line["timestamp"].endswith("Z")


def test_logfmt_quotes_what_has_spaces() -> None:
    """Logfmt is one line of key=value."""
    out = io.StringIO()
    configure("info", "logfmt", out)
    structlog.get_logger().warning("source failed", source="spool")

    assert 'level=warning event="source failed" source=spool' in out.getvalue()


def test_what_is_below_the_level_is_not_written() -> None:
    """The level holds for every logger."""
    out = io.StringIO()
    configure("error", "console", out)
    structlog.get_logger().info("quiet")

    assert out.getvalue() == ""


def test_libraries_speak_only_in_warnings_and_in_our_form() -> None:
    """APScheduler tells every run at INFO; that is not for an operator."""
    out = io.StringIO()
    configure("info", "json", out)
    logging.getLogger("apscheduler.executors.default").info("Running job")
    logging.getLogger("apscheduler.executors.default").warning("missed")

    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["missed"]


def fail(password: str) -> None:
    raise ValueError("boom" if password else "")


@pytest.mark.parametrize("form", ["console", "json", "logfmt"])
def test_a_traceback_shows_no_local_variable(form: str) -> None:
    """A password in a frame must not reach the log."""
    out = io.StringIO()
    configure("info", form, out)  # type: ignore[arg-type]  # parametrised text
    try:
        fail(password=SECRET)
    except ValueError:
        structlog.get_logger().error("bug", exc_info=True)

    assert "boom" in out.getvalue()
    assert SECRET not in out.getvalue()


def test_the_same_line_is_written_so_often_a_minute() -> None:
    """Whoever says it, we or a library: a flood of bad requests must not fill a disk."""
    out = io.StringIO()
    configure("info", "json", out)
    for _ in range(PER_MINUTE + 100):
        structlog.get_logger().warning("a source fails")
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")

    assert len(out.getvalue().splitlines()) <= 4 * PER_MINUTE  # twice as much when a minute turns meanwhile


def test_an_exception_in_a_library_is_told_by_type_and_place() -> None:
    """Its text and the values around it could hold a password."""
    out = io.StringIO()
    configure("info", "json", out)
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    line = json.loads(out.getvalue())

    assert "Exception in ASGI application: ValueError at " in line["event"]
    assert SECRET not in out.getvalue()
