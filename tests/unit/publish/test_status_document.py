from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
import snapshots

from bmrepmon.model.history import Point, Window
from bmrepmon.publish.document import Status
from bmrepmon.publish.facts import awaited, sources
from bmrepmon.publish.status import describe, encode_status, history, render_status
from bmrepmon.publish.visits import unix_time


def test_the_document_holds_what_each_backend_has() -> None:
    """Counts, their times, the difference and both witnesses of sessions stand under stable names."""
    master = render_status(snapshots.full())["backends"][0]

    assert master["name"] == "bm-master"
    assert master["spool"]["partitions"] == [
        {"partition": "bm-master__example_net", "files": 12_900, "messages": 12_345, "folders": 210}
    ]
    assert master["database"] == {
        "bodies": 14_355,
        "doubt": 3,
        "exact": 14_350,
        "counted_at": "2023-11-14T22:09:20Z",
        "drift": -1,
        "problem": None,
        "server_version": 140_004,
    }
    assert master["delta_messages"] == 12_345 + 2000 - 14_355
    assert master["sessions"] == {"active": 4, "expected": 4, "logged": None}


def test_the_log_is_a_witness_for_a_sole_backend() -> None:
    """replication.log does not say whose sessions it counts."""
    assert render_status(snapshots.single())["backends"][0]["sessions"] == {"active": 5, "expected": 4, "logged": 4}


def test_what_is_not_known_is_null() -> None:
    """A daemon that has read nothing says null, not zero."""
    document = render_status(snapshots.unknown())

    assert document["log"] is None
    assert document["core"] is None
    assert document["other_sessions"] is None
    assert document["backends"] == [
        {
            "name": "bm-master",
            "verdict": None,
            "progress_ratio": None,
            "eta": None,
            "spool": None,
            "archive": None,
            "unique_messages": None,
            "database": None,
            "folders": None,
            "sync_log": None,
            "heartbeats": [],
            "delta_messages": None,
            "delta_explained": None,
            "sessions": {"active": None, "expected": 4, "logged": None},
        }
    ]


def test_the_log_is_told_with_the_names_of_replay() -> None:
    """The live log and the offline analysis call things alike."""
    log: dict[str, Any] = render_status(snapshots.full())["log"]

    assert log["apply_mailbox"] == 1007
    assert log["applied_messages"] == 812
    assert log["replies"] == {"ok": 1004, "no": 3, "bad": 0}
    assert log["errors"] == {"owner_unknown": 3}
    assert log["last_event"] == "2023-11-14T22:13:18Z"
    assert log["partitions"][0] == {
        "partition": "bm-master__example_net",
        "backend": "bm-master",
        "apply_mailbox": 1000,
        "last_apply": "2023-11-14T22:13:15Z",
        "last_heartbeat": "2023-11-14T22:13:09Z",
    }


def test_every_source_is_told_with_its_failure_and_way_out() -> None:
    """A failed source, a followed log that is missing and a round that runs are all in the list."""
    told = {(source["source"], source["backend"]): source for source in render_status(snapshots.full())["sources"]}

    assert told["database", snapshots.SECOND]["success"] is False
    assert told["database", snapshots.SECOND]["reason"] == "refused"
    assert told["core_log", ""]["error"].startswith("/var/log/bm/core.log is not there")
    assert told["log", ""]["success"] is True
    assert told["archive", snapshots.MASTER]["running_since"] == "2023-11-14T22:08:20Z"


def test_json_is_the_same_document() -> None:
    """What is encoded can be read back as the same value."""
    assert msgspec.json.decode(encode_status(snapshots.full()), type=Status) == describe(snapshots.full())


def test_history_begins_where_it_is_asked_to() -> None:
    """Points before since are left out; since itself is in."""
    window = Window((Point(10.0, 1.0), Point(70.0, 2.0), Point(130.5, 3.0)))

    assert history("x", window, 70.0).points == (
        (datetime(1970, 1, 1, 0, 1, 10, tzinfo=UTC), 2.0),
        (datetime(1970, 1, 1, 0, 2, 10, 500_000, tzinfo=UTC), 3.0),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.5", 12.5),
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01T01:00:10+01:00", 10.0),
        ("1970-01-01T01:00:10 01:00", 10.0),
        ("1970-01-01T00:00:10", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_since_is_unix_seconds_or_a_time_with_offset(text: str, expected: float | None) -> None:
    """A plus sign that a URL turned into a blank is understood; a time without offset is not guessed at."""
    assert unix_time(text) == expected


def test_ready_waits_for_every_source() -> None:
    """A source is awaited until a round has finished, also when it has not even begun."""
    expected = [("spool", snapshots.MASTER), ("capacity", snapshots.MASTER)]

    assert awaited(snapshots.full(), expected) == (("capacity", snapshots.MASTER),)
    assert awaited(snapshots.unknown(), expected) == (("capacity", snapshots.MASTER), ("spool", snapshots.MASTER))
    assert awaited(snapshots.full()) == ()


def test_sources_are_sorted() -> None:
    """Logs and polled sources stand in one list."""
    keys = [(health.source, health.backend) for health in sources(snapshots.full())]

    assert keys == sorted(keys)
    assert ("log", "") in keys


def test_times_are_of_the_snapshot_not_of_the_machine() -> None:
    """Wherever the daemon runs, times are UTC."""
    at = describe(snapshots.full()).at

    assert at == datetime(2023, 11, 14, 23, 13, 20, tzinfo=timezone(timedelta(hours=1)))
    assert at.tzinfo is UTC
