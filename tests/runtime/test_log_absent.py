"""The log is not there: not yet, not any more, not a file."""

import os
from pathlib import Path

import pytest
from followed_log import LogWriter, Tail


def test_absent_at_start_is_told_and_waited_for(writer: LogWriter, tail: Tail) -> None:
    """The reason stands in the counts until the log is there."""
    event = tail.step()
    assert event is not None
    assert (tail.counts.exists, tail.counts.reason) == (False, "missing")
    assert str(writer.path) in str(tail.counts.error)
    assert tail.step() is None
    writer.write(3)

    assert tail.read() == 3
    assert (tail.counts.exists, tail.counts.reason, tail.counts.error) == (True, None, None)


def test_deleted_and_made_anew(writer: LogWriter, tail: Tail) -> None:
    """The removed file is read to its end, then the new one from its beginning."""
    writer.write(10)
    tail.read()
    writer.write(5)
    writer.path.unlink()
    assert tail.read() == 15
    assert (tail.counts.exists, tail.counts.reason) == (False, "missing")
    writer.write(2)  # into the removed file
    writer.close()
    writer.write(3)

    assert tail.read() == 20
    assert tail.counts.rotations == 1
    assert tail.counts.gaps == 0


def test_deleted_and_made_anew_while_down(writer: LogWriter, tail: Tail) -> None:
    """Nobody can tell what the removed file still held: a gap."""
    writer.write(10)
    tail.read()
    tail.follower.close()
    writer.path.unlink()
    writer.close()
    writer.write(3)
    tail.restart()

    assert tail.read() == 13
    assert tail.counts.gaps == 1


def test_a_symbolic_link_that_is_switched(tmp_path: Path) -> None:
    """A rotation by another name."""
    one, other = LogWriter(tmp_path / "log.one"), LogWriter(tmp_path / "log.other")
    link = tmp_path / "current"
    one.write(10)
    other.lines = 10
    other.write(4)
    link.symlink_to(one.path)
    tail = Tail(link)
    assert tail.read() == 10
    one.write(1)
    spare = tmp_path / "spare"
    spare.symlink_to(other.path)
    spare.replace(link)

    assert tail.read() == 15
    assert tail.counts.rotations == 1
    tail.follower.close()
    one.close()
    other.close()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_told(writer: LogWriter, tail: Tail, make: type) -> None:
    """A folder or a pipe under the log's name holds nobody up."""
    make(writer.path)
    tail.step()

    assert tail.counts.reason == "not_a_file"
