"""The positions of folders that a log tells, over everything that happens to logs."""

import gzip
import os
import threading
from datetime import UTC
from pathlib import Path

import pytest
from followed_log import LogWriter

from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.positions import PastPositions, Position, Positions
from bmrepmon.model.readings import NoData, Reading, SourceError
from bmrepmon.model.state import Durable, LogAdvanced, State, reduce
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.follower import Follower
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.log_past import LogPast
from bmrepmon.runtime.waker import ManualWaker

FOREVER = 10**9
SESSION = "[t1] n.b.b.c.r.s.ReplicationSession INFO - REPL"


def applied(second: int, folder: str, uid: int, day: int = 8) -> bytes:
    """Return the lines of an APPLY MAILBOX that was answered OK."""
    fields = f"UNIQUEID {folder} MBOXNAME a.test!user.tom LAST_UID {uid} HIGHESTMODSEQ {uid * 10} UIDVALIDITY 7"
    at, frame = f"2022-11-{day:02d} 10:00:{second:02d},000", f"[frame-{second:08d}]"
    return f"{at} {SESSION} C: {frame}: APPLY MAILBOX %({fields})\n{at} {SESSION} S: {frame}: OK success\n".encode()


def known(positions: Positions) -> dict[str, int]:
    found = {name: positions.get(name) for name in "abcd"}
    return {name: position.last_uid for name, position in found.items() if position}


def follow(path: Path, durable: Durable) -> Follower[LogActivity]:
    return Follower(
        "log",
        path,
        activity=durable.log,
        checkpoint=durable.checkpoints.get("log"),
        counts=durable.followers.get("log", FollowerCounts()),
        fold_for=fold_replication_log,
        zone=UTC,
        local_zone=UTC,
    )


def read_on(path: Path, state: State) -> State:
    """Read the log to its end, as a process that starts with what another one saved."""
    following = follow(path, state.durable)
    event: LogAdvanced | None = following.advance(FOREVER)
    while event is not None or following.behind:
        state = state if event is None else reduce(state, event)
        event = following.advance(FOREVER)
    following.close()
    return state


@pytest.fixture
def writer(tmp_path: Path) -> LogWriter:
    return LogWriter(tmp_path / "replication.log")


def pack(path: Path, modified_at: float | None = None) -> Path:
    """Compress a file as logback does."""
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    if modified_at is not None:
        os.utime(packed, (modified_at, modified_at))
    return packed


def test_positions_go_on_over_a_rotation(writer: LogWriter) -> None:
    """A folder that is quiet since then stays where it was, whether somebody read on at once or after a restart."""
    writer.put(applied(1, "a", 5) + applied(2, "b", 6))
    state = read_on(writer.path, State(0.0))
    pack(writer.rotate(".2022-11-08"))
    writer.put(applied(3, "a", 7, day=9))

    assert known(read_on(writer.path, state).logged()) == {"a": 7, "b": 6}


def test_after_a_gap_no_older_position_is_believed(writer: LogWriter) -> None:
    """Lines that nobody has read may have moved any folder; what is told from now on counts again."""
    writer.put(applied(1, "a", 5) + applied(2, "b", 6))
    state = read_on(writer.path, reduce(State(0.0), past(Positions.of([("d", Position(10, 1, 7))]))))
    assert known(state.logged()) == {"a": 5, "b": 6, "d": 1}
    writer.rotate(".2022-11-08").unlink()
    writer.put(applied(3, "c", 7, day=9))
    state = read_on(writer.path, state)
    assert state.durable.followers["log"].gaps == 1
    assert set(known(state.logged())) <= {"c"}
    writer.put(applied(4, "a", 8, day=9))

    found = known(read_on(writer.path, state).logged())
    assert found["a"] == 8
    assert not {"b", "d"} & found.keys()


def past(positions: Positions) -> Reading:
    return Reading("past", "", 0.0, 1.0, PastPositions(positions))


def test_logs_of_past_days_tell_of_folders_that_are_quiet_since(writer: LogWriter) -> None:
    """In their order, whatever their names; the present one counts above them, and copies and extracts do not count."""
    writer.put(applied(1, "a", 1, day=6) + applied(2, "b", 2, day=6))
    pack(writer.rotate(".2022-11-06"))
    writer.put(applied(1, "b", 3, day=7) + applied(2, "c", 4, day=7))
    writer.rotate(".1")
    writer.path.with_name("replication.log.old").write_bytes(applied(3, "d", 9, day=7))
    writer.put(applied(1, "c", 5, day=8))
    found = LogPast(writer.path).read()
    assert known(found.positions) == {"a": 1, "b": 3, "c": 4}

    state = reduce(read_on(writer.path, State(0.0)), past(found.positions))
    assert known(state.logged()) == {"a": 1, "b": 3, "c": 5}


def test_logs_that_are_too_old_or_damaged(writer: LogWriter) -> None:
    """The former are left alone; of the latter counts what stands before the damage."""
    writer.put(applied(1, "a", 1, day=5))
    pack(writer.rotate(".2022-11-05"), modified_at=1_000_000.0)
    writer.put(applied(1, "b", 2, day=7) + os.urandom(50_000))
    packed = pack(writer.rotate(".2022-11-07"), modified_at=1_900_000.0)
    packed.write_bytes(packed.read_bytes()[:-20_000])
    os.utime(packed, (1_900_000.0, 1_900_000.0))
    writer.put(applied(1, "c", 3))
    found = LogPast(writer.path, lambda: 2_000_000.0).read()

    assert set(known(found.positions)) <= {"b"}


def test_the_past_is_read_once(writer: LogWriter) -> None:
    """Then, and where there is none, there is nothing to read, which is no failure."""
    writer.put(applied(1, "a", 1, day=7))
    with pytest.raises(NoData):
        LogPast(writer.path).read()
    writer.rotate(".2022-11-07")
    writer.put(applied(1, "b", 2))
    source = LogPast(writer.path)
    assert known(source.read().positions) == {"a": 1}
    with pytest.raises(NoData):
        source.read()


def test_reading_the_past_ends_when_told(writer: LogWriter) -> None:
    """The daemon does not wait for a week of logs when it ends, nor for a log that is not there."""
    writer.put(applied(1, "a", 1, day=7))
    writer.rotate(".2022-11-07")
    with pytest.raises(SourceError) as missing:
        LogPast(writer.path).read()
    writer.put(applied(1, "b", 2))
    source = LogPast(writer.path)
    source.close()
    with pytest.raises(SourceError) as stopped:
        source.read()

    assert (missing.value.reason, stopped.value.reason) == ("missing", "stopped")


def test_whoever_asks_gets_what_was_written_before(writer: LogWriter) -> None:
    """With the thread and without it: after reaching the end, every line that was there is in the state."""
    writer.put(applied(1, "a", 1))
    keeper = Keeper(State(0.0))
    alone = LogLoop([follow(writer.path, Durable())], ManualWaker(), keeper.apply, SystemClock())
    assert alone.reach(5.0)
    assert known(keeper.state.logged()) == {"a": 1}
    alone.stop(1.0)

    loop = LogLoop([follow(writer.path, Durable())], ManualWaker(), keeper.apply, SystemClock())
    loop.start()
    try:
        for uid in range(2, 30):
            writer.put(applied(uid, "a", uid))
            assert loop.reach(5.0)
            assert known(keeper.state.logged()) == {"a": uid}
    finally:
        loop.stop(5.0)
    assert not loop.reach(0.01)


def test_several_may_ask_at_once(writer: LogWriter) -> None:
    """Each backend's comparison asks for itself."""
    writer.put(b"".join(applied(n % 60, "a", n) for n in range(2000)))
    keeper = Keeper(State(0.0))
    loop = LogLoop([follow(writer.path, Durable())], ManualWaker(), keeper.apply, SystemClock())
    answers: list[tuple[bool, dict[str, int]]] = []

    def ask() -> None:
        answers.append((loop.reach(10.0), known(keeper.state.logged())))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    loop.stop(1.0)

    assert answers == [(True, {"a": 1999})] * 4
