from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.log_activity import CoreActivity
from bmrepmon.model.log_events import BreakerTripped, LogEvent, Malformed, Notice, ProbeFailed, ProbeLatency, Unknown
from bmrepmon.parse.core_log import CoreLogParser
from bmrepmon.parse.fold import fold_core_log

AT = datetime(2022, 6, 28, 10, 0, 1, 310000, UTC).timestamp()


def line(message: str, level: str = "INFO") -> bytes:
    return f"2022-06-28 10:00:01,310 [BM-Core3] n.b.b.c.r.l.p.LatencyMonitorWorker {level} - {message}".encode()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Replication latency is 84ms.", ProbeLatency(AT, 0.084)),
        ("Replication is lagging (>60sec) or broken: timeout", ProbeFailed(AT, "timeout")),
        ("Stopping replication probe", ProbeFailed(AT, "other")),
        ("probing failed: Replication latency is > 10sec", ProbeFailed(AT, "timeout")),
        ("probing failed: Login failed for admin0", ProbeFailed(AT, "login")),
        ("probing failed: SELECT of probe_a__b@b failed.", ProbeFailed(AT, "select")),
        ("probing failed: /vendor/cmu/cyrus-imapd/uniqueid annotation is missing", ProbeFailed(AT, "annotation")),
        ("probing failed: Failed to add a message to probe_a__b@b", ProbeFailed(AT, "append")),
        ("probing failed: null", ProbeFailed(AT, "other")),
        ("Probe will not start because /etc/bm/replication.probe.disabled exists.", Notice(AT, "probe_disabled")),
        ("[replication - 7f3a] noticed error, errorCount: 3", BreakerTripped(AT, 3)),
        ("[replication - 7f3a] Adding a 1500ms delay to error-prone operation", Notice(AT, "delayed")),
        ("Some other service started", Unknown(AT)),
    ],
)
def test_the_probe_and_the_breaker_are_read(message: str, expected: LogEvent) -> None:
    """Both eras' texts, and nothing of the rest."""
    assert CoreLogParser(UTC).parse(line(message)) == expected


def test_lines_become_an_activity() -> None:
    """The last latency, the number of failures and the reason of the last one."""
    messages = ("Replication latency is 84ms.", "probing failed: Login failed for admin0", "x")
    lines = [*map(line, messages), b"\tat a.B", line("[replication - 1] noticed error, errorCount: 1"), b"2022-06-31"]
    activity = fold_core_log(UTC)(CoreActivity(), [[*lines, b"2022-06-31 10:00:01,310 [main]"]])

    assert (activity.probe_latency, activity.probe_at) == (0.084, AT)
    assert (activity.probe_failures, activity.probe_failure_reason) == (1, "login")
    assert activity.circuit_breaker_errors == 1
    assert activity.last_event_at == AT
    assert dict(activity.lines) == {"event": 3, "unknown": 1, "continuation": 2, "malformed": 1}


@given(st.binary() | st.binary().map(line("").__add__))
def test_no_bytes_raise(raw: bytes) -> None:
    """Any bytes are some event."""
    assert isinstance(CoreLogParser(UTC).parse(raw), LogEvent)


def test_a_torn_line_is_malformed() -> None:
    """A line that ends before its message is counted as such."""
    assert CoreLogParser(UTC).parse(line("x")[:40]) == Malformed(AT)
