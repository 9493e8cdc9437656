"""The log is renamed and made anew while it is followed."""

from followed_log import LogWriter, Tail, compress


def test_lines_before_and_after_the_rename_are_read(writer: LogWriter, tail: Tail) -> None:
    """What was unread in the old file is read before the new one."""
    writer.write(10)
    tail.read()
    writer.write(5)
    writer.rotate(".2022-11-07")
    writer.write(7)

    assert tail.read() == 22
    assert tail.counts.rotations == 1
    assert tail.counts.gaps == 0


def test_a_write_to_the_renamed_file_is_not_lost(writer: LogWriter, tail: Tail) -> None:
    """A writer that keeps its descriptor for a while after the rename, and an empty new file beside it."""
    writer.write(10)
    tail.read()
    writer.path.rename(writer.path.with_name("replication.log.1"))
    writer.path.touch()
    assert tail.read() == 10
    writer.write(5)  # still into the renamed file

    assert tail.read() == 15
    writer.close()
    writer.write(1)
    assert tail.read() == 16
    assert tail.counts.rotations == 1


def test_the_old_file_is_removed_before_it_was_read_to_its_end(writer: LogWriter, tail: Tail) -> None:
    """The open descriptor outlives rename, compression and removal."""
    writer.write(10)
    tail.read()
    writer.write(10)
    compress(writer.rotate(".2022-11-07")).unlink()
    writer.write(1)

    assert tail.read() == 21
    assert tail.counts.gaps == 0


def test_two_rotations_between_two_looks(writer: LogWriter, tail: Tail) -> None:
    """The file in between never stood under the log's name when it was looked at; it is read from its archive."""
    writer.write(10)
    tail.read()
    for day in ("07", "08", "09"):
        writer.write(4)
        compress(writer.rotate(f".2022-11-{day}"))
    writer.write(1)

    assert tail.read() == 23
    assert tail.counts.rotations == 3
    assert tail.counts.gaps == 0


def test_a_rotation_before_the_first_line_was_read_is_followed(writer: LogWriter, tail: Tail) -> None:
    """Nothing read yet is not nothing to read."""
    writer.write(5)
    tail.step(1)
    writer.rotate(".1")
    writer.write(5)

    assert tail.read() == 10


def test_a_restart_right_after_the_rotation_reads_nothing_twice(writer: LogWriter, tail: Tail) -> None:
    """The new file is there but empty: the position is still the end of the old one."""
    writer.write(10)
    tail.read()
    writer.rotate(".1")
    writer.path.touch()
    tail.restart()
    assert tail.read() == 10
    tail.restart()
    writer.write(2)

    assert tail.read() == 12
    assert tail.counts.rotations == 1
    assert tail.counts.gaps == 0


def test_copies_and_extracts_beside_the_log_are_not_read(writer: LogWriter, tail: Tail) -> None:
    """What an administrator puts there is no rollover."""
    writer.write(10)
    tail.read()
    text = writer.path.read_bytes()
    writer.path.with_name("replication.log.bak").write_bytes(text)
    writer.rotate(".1")
    extract = b"".join(writer.line() for _ in range(4))
    writer.path.with_name("replication.log.errors").write_bytes(extract)
    writer.write(1)

    assert tail.read() == 11


def test_half_a_date_in_the_new_log_hides_no_file(writer: LogWriter, tail: Tail) -> None:
    """The first bytes of a line stand at the beginning of every file of that day, and make none a copy of another."""
    writer.write(2)
    tail.read()
    writer.rotate(".2")
    writer.write(3)
    writer.rotate(".1")
    line = writer.line()
    writer.put(line[:12])
    tail.restart()

    tail.read()
    writer.put(line[12:])
    assert tail.read() == 6
    assert tail.counts.gaps == 0
