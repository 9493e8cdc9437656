from datetime import datetime, timedelta
from pathlib import Path

import pytest
from followed_log import LogWriter, Tail
from hypothesis import given, settings, strategies as st

from bmrepmon.runtime.log_file import BLOCK, open_log
from bmrepmon.runtime.log_start import last_hour

FIRST = datetime(2026, 11, 22, 23, 10)  # noqa: DTZ001 - as a log has it; midnight lies between
STEPS = st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 40_000)), min_size=1, max_size=40)  # seconds, bytes


def event(at: datetime, size: int = 0) -> bytes:
    """An event, with lines of a stack trace below it."""
    return f"{at:%Y-%m-%d %H:%M:%S},000 [main] test INFO - line\n".encode() + b"\tat some.java.Class\n" * (size // 20)


def start(log: Path) -> int:
    stream = open_log(log)
    try:
        return last_hour(stream)
    finally:
        stream.close()


@settings(deadline=None)
@given(steps=STEPS)
def test_the_last_hour_begins_with_its_first_event(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]]
) -> None:
    """Whatever the distances between events, and however long each one is."""
    log = tmp_path_factory.mktemp("log") / "replication.log"
    at, offset, events = FIRST, 0, []
    with log.open("wb") as file:
        for seconds, size in steps:
            at += timedelta(seconds=seconds)
            events.append((at, offset))
            offset += file.write(event(at, size))

    assert start(log) == next(offset for when, offset in events if when >= at - timedelta(hours=1))


def test_of_a_long_log_only_the_last_hour_is_read(tmp_path: Path) -> None:
    """Two hours, an event a second, several blocks; after a restart nothing is read again."""
    writer = LogWriter(tmp_path / "replication.log")
    writer.write(7201)
    tail = Tail(writer.path, last_hour)

    assert writer.path.stat().st_size > 2 * BLOCK
    assert tail.read() == 3601
    writer.write(1)
    tail.restart()
    assert tail.read() == 3602
    assert (tail.counts.gaps, tail.counts.rotations) == (0, 0)


def test_a_restart_before_the_first_line_begins_at_the_same_place(tmp_path: Path) -> None:
    """The place is saved with the first step, even if that brought no whole line."""
    writer = LogWriter(tmp_path / "replication.log")
    writer.write(7201)
    tail = Tail(writer.path, last_hour)
    tail.step(budget=1)
    tail.restart()
    writer.write(3600)

    assert tail.read() == 7201


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", 0),
        (b"no dates here\n" * 20_000, 0),
        (b"2026-99-99 00:00:00,000 [main] x\n", 0),
        (b"0001-01-01 00:00:00,000 [main] x\n", 0),
        (b"\x00" * 300_000, 0),
        (event(FIRST) + event(FIRST + timedelta(hours=2)), len(event(FIRST))),
        (event(FIRST) + event(FIRST + timedelta(minutes=59)), 0),
        (event(FIRST + timedelta(hours=2)) + event(FIRST), 0),  # the clock was set back
    ],
    ids=["empty", "undated", "impossible", "earliest", "zeros", "old", "young", "backwards"],
)
def test_whatever_a_log_holds_there_is_a_place_to_begin(tmp_path: Path, content: bytes, expected: int) -> None:
    """Without dates, or with impossible ones, the whole log is read."""
    log = tmp_path / "replication.log"
    log.write_bytes(content)

    assert start(log) == expected


def test_a_log_that_appears_later_is_read_whole(tmp_path: Path) -> None:
    """What is written after the daemon began is never left out."""
    writer = LogWriter(tmp_path / "replication.log")
    tail = Tail(writer.path, last_hour)
    tail.step()
    writer.write(7200)
    tail.step()
    writer.write(1)

    assert tail.read() == 7201
