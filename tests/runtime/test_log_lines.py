"""Lines that are not there yet as a whole, or are no text."""

from followed_log import LogWriter, Tail


def test_half_a_line_waits_for_its_newline(writer: LogWriter, tail: Tail) -> None:
    """A line is counted once, when it is complete, whatever restarts come between."""
    writer.write(1)
    line = writer.line()
    for part in (line[:5], line[5:20], line[20:-1]):
        writer.put(part)
        assert tail.read() == 1
        tail.restart()
    assert tail.counts.unread_bytes == len(line) - 1
    writer.put(b"\n")

    assert tail.read() == 2
    assert tail.counts.unread_bytes == 0
    assert "torn" not in tail.activity.lines


def test_half_a_line_at_the_end_of_a_rotated_file(writer: LogWriter, tail: Tail) -> None:
    """Nothing follows it any more, so the end of the file ends it; it is counted once."""
    writer.write(1)
    writer.put(writer.line()[:-1])
    tail.read()
    writer.rotate(".1")
    writer.write(1)
    assert tail.read() == 3
    tail.restart()
    writer.write(1)

    assert tail.read() == 4
    assert "torn" not in tail.activity.lines


def test_a_line_far_longer_than_a_step(writer: LogWriter, tail: Tail) -> None:
    """Three MiB in one line are one line, though a step reads less."""
    writer.write(1)
    writer.put(writer.line(pad=3 << 20))
    writer.write(1)

    assert tail.read(budget=1 << 16) == 3


def test_any_bytes_are_lines(writer: LogWriter, tail: Tail) -> None:
    """NUL, invalid UTF-8 and carriage returns are passed on as they are."""
    writer.write(1)
    writer.put(b"\x00" * 5000 + b"\n\xff\xfe\r\n\n")
    writer.write(1)

    assert tail.read() == 2
    assert tail.activity.lines["torn"] == 3
