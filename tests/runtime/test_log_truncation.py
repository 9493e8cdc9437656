"""The log loses its content while it keeps its inode."""

import os

import pytest
from followed_log import LogWriter, Tail, compress


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("after", [0, 3, 200])
def test_copytruncate_loses_nothing(writer: LogWriter, tail: Tail, packed: bool, after: int) -> None:
    """What was unread is read from the copy, then the log from its beginning, however long it is by then."""
    writer.write(100)
    tail.read()
    writer.write(20)
    copy = writer.copytruncate(".1")
    if packed:
        compress(copy)
    writer.write(after)

    assert tail.read() == 120 + after
    assert tail.counts.truncations == 1
    assert tail.counts.rotations == 0
    assert tail.counts.gaps == 0
    writer.write(1)
    tail.restart()
    assert tail.read() == 121 + after
    assert tail.counts.gaps == 0


@pytest.mark.parametrize("after", [1, 3, 500])
def test_without_a_copy_reading_begins_anew(writer: LogWriter, tail: Tail, after: int) -> None:
    """Shorter or longer than before: the fingerprint tells. What came after the last look may be lost: a gap."""
    writer.write(100)
    tail.read()
    os.truncate(writer.path, 0)
    writer.write(after)

    assert tail.read() == 100 + after
    assert tail.counts.truncations == 1
    assert tail.counts.gaps == 1


def test_rewritten_to_the_same_size(writer: LogWriter, tail: Tail) -> None:
    """A size that did not change does not hide another content."""
    writer.write(9)
    tail.read()
    size = writer.path.stat().st_size
    os.truncate(writer.path, 0)
    line = writer.line()
    writer.put(line[:-1] + b"." * (size - len(line)) + b"\n")
    assert writer.path.stat().st_size == size

    assert tail.read() == 10
    assert tail.counts.truncations == 1


def test_a_log_whose_end_was_cut_off_is_not_counted_twice(writer: LogWriter, tail: Tail) -> None:
    """What is left was read: reading goes on behind it, as after a power cut that took the last seconds."""
    writer.write(100)
    tail.read()
    os.truncate(writer.path, writer.path.stat().st_size - 500)
    assert tail.read() == 100
    writer.put(b"\n")
    writer.write(5)

    assert tail.read() == 105
    assert tail.counts.truncations == 1
    assert tail.counts.gaps == 1


def test_truncated_while_down(writer: LogWriter, tail: Tail) -> None:
    """The same inode with another content is found at the next start."""
    writer.write(100)
    tail.read()
    writer.write(10)
    compress(writer.copytruncate(".1"))
    writer.write(5)
    tail.restart()

    assert tail.read() == 115
    assert tail.counts.truncations == 1
    assert tail.counts.gaps == 0


def test_truncated_twice_before_a_line_is_complete(writer: LogWriter, tail: Tail) -> None:
    """Half a line that vanishes was never counted."""
    writer.put(b"half a line")
    assert tail.read() == 0
    os.truncate(writer.path, 0)
    writer.write(2)

    assert tail.read() == 2
    assert tail.counts.truncations == 1


def test_an_end_that_was_cut_off_is_one_gap_over_restarts(writer: LogWriter, tail: Tail) -> None:
    """A daemon that starts again before a new line came knows of the cut, and reads what comes after it."""
    writer.write(60)
    tail.read()
    content = writer.path.read_bytes()
    os.truncate(writer.path, content.find(b"\n", 2000) + 1)
    tail.read()
    assert tail.counts.gaps == 1
    tail.restart()
    writer.write(1)

    assert tail.read() == 61
    assert (tail.counts.gaps, tail.counts.truncations) == (1, 1)
