"""The day turns while the daemon is down: logback renames, compresses, and begins a new file."""

import gzip
import os
from dataclasses import replace
from pathlib import Path

import pytest
from followed_log import LogWriter, Tail, compress


@pytest.mark.parametrize("packed", [True, False])
def test_reading_goes_on_in_the_archive(writer: LogWriter, tail: Tail, packed: bool) -> None:
    """The archive with the checkpoint's fingerprint is read on from the offset, then the live file."""
    writer.write(100)
    tail.read()
    writer.write(20)
    archive = writer.rotate(".2022-11-07")
    if packed:
        compress(archive)
    writer.write(3)
    tail.restart()

    assert tail.read() == 123
    assert tail.counts.rotations == 1
    assert tail.counts.gaps == 0


def test_several_days_are_read_in_order_of_their_dates(writer: LogWriter, tail: Tail) -> None:
    """Whatever the names and times of the files say: their first events tell."""
    writer.write(10)
    tail.read()
    archives = []
    for number in range(5):
        writer.write(10)
        archives.append(writer.rotate(f".{9 - number}"))
    for at, archive in enumerate(reversed(archives)):
        os.utime(compress(archive), (at, at))
    writer.write(1)
    tail.restart()

    assert tail.read() == 61
    assert tail.counts.rotations == 5


def test_older_archives_are_left_alone(writer: LogWriter, tail: Tail) -> None:
    """Days from before the checkpoint have been counted, or were never meant to be."""
    writer.write(10)
    compress(writer.rotate(".2022-11-05"))
    writer.write(10)
    tail.read()
    compress(writer.rotate(".2022-11-06"))
    writer.write(10)
    tail.restart()

    assert tail.read() == 20


def test_a_kill_in_the_middle_of_an_archive(writer: LogWriter, tail: Tail) -> None:
    """A checkpoint in an archive is like any other."""
    writer.write(10)
    tail.read()
    writer.write(50_000)
    compress(writer.rotate(".2022-11-07"))
    writer.write(5)
    tail.restart()
    for _ in range(8):
        tail.step(200_000)
        tail.restart()

    assert 10 < tail.lines < 50_010
    assert tail.read() == 50_015
    assert tail.counts.gaps == 0


def test_logback_has_not_finished_compressing(writer: LogWriter, tail: Tail) -> None:
    """Beside the beginning of a .gz stands the renamed file; that one is whole."""
    writer.write(1000)
    tail.read()
    writer.write(10)
    renamed = writer.rotate("8123456789.tmp")
    renamed.with_name("replication.log.2022-11-07.gz").write_bytes(b"\x1f\x8b\x08\x00")
    writer.write(1)
    tail.restart()

    assert tail.read() == 1011
    assert tail.counts.gaps == 0


def test_an_archive_that_is_gone_is_a_gap(writer: LogWriter, tail: Tail) -> None:
    """What nobody can read any more is told, and reading goes on with the live file."""
    writer.write(10)
    tail.read()
    writer.write(20)
    writer.rotate(".1").unlink()
    writer.write(3)
    tail.restart()

    assert tail.read() == 13
    assert tail.counts.gaps == 1
    assert tail.counts.rotations == 1
    tail.restart()
    assert tail.read() == 13
    assert tail.counts.gaps == 1


def test_a_damaged_archive_is_a_gap(writer: LogWriter, tail: Tail) -> None:
    """What can be read of it is read; the rest is missing, and said to be."""
    writer.write(10)
    tail.read()
    writer.write(50_000)
    packed: Path = compress(writer.rotate(".2022-11-07"))
    os.truncate(packed, packed.stat().st_size // 2)
    writer.write(5)
    tail.restart()
    tail.read()

    assert 15 < tail.lines < 50_015
    assert tail.counts.gaps == 1
    assert tail.checkpoint is not None
    assert tail.checkpoint.inode == writer.path.stat().st_ino


def test_an_inode_used_again_is_another_file(writer: LogWriter, tail: Tail) -> None:
    """The fingerprint tells files apart when device and inode do not."""
    writer.write(100)
    tail.read()
    writer.rotate(".1")
    writer.write(100)
    assert tail.checkpoint is not None
    tail.checkpoint = replace(tail.checkpoint, inode=writer.path.stat().st_ino)
    tail.restart()

    assert tail.read() == 200
    assert tail.counts.gaps == 0


def test_a_long_way_back_holds_few_descriptors(writer: LogWriter, tail: Tail) -> None:
    """Twenty archives of core.log are read, and given back one after the other."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    writer.write(1)
    tail.read()
    for number in range(20):
        writer.write(2)
        compress(writer.rotate(f".{20 - number}"))
    writer.write(1)
    tail.restart()

    assert tail.read() == 42
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2


def test_an_unfinished_copy_with_the_old_inode(writer: LogWriter, tail: Tail) -> None:
    """Inodes are used again: half a .gz that has the one of the log is no better than the whole file beside it."""
    writer.write(2000)
    tail.read()
    rolled = writer.rotate(".1")
    writer.write(3)
    begun = rolled.with_name(f"{rolled.name}.gz")
    begun.write_bytes(gzip.compress(rolled.read_bytes(), 1)[:-2000])
    assert tail.checkpoint
    tail.checkpoint = replace(tail.checkpoint, inode=begun.stat().st_ino)
    tail.restart()

    assert tail.read() == 2003
    assert tail.counts.gaps == 0
