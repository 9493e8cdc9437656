"""The right to read is taken away and given back."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from followed_log import LogWriter, Tail

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody may look into; the one of tmp_path is for its owner alone."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def without_rights() -> Iterator[None]:
    """Root may read everything: become nobody meanwhile."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(mine)


@pytest.fixture
def tail(folder: Path) -> Iterator[Tail]:
    tail = Tail(folder / "replication.log")
    yield tail
    tail.follower.close()


@pytest.fixture
def writer(folder: Path) -> Iterator[LogWriter]:
    writer = LogWriter(folder / "replication.log")
    yield writer
    writer.close()


def as_owner(action: object, *arguments: object) -> None:
    """Do something with the rights of the test itself, then give them up again."""
    assert callable(action)
    effective, real = os.geteuid(), os.getuid()
    os.seteuid(real)
    action(*arguments)
    os.seteuid(effective)


def rotate_to_private(writer: LogWriter) -> None:
    """Make the new log unreadable, as a rotation with mode 0600 does."""
    writer.rotate(".1")
    writer.write(3)
    writer.path.chmod(0)


def test_a_new_file_that_may_not_be_read(writer: LogWriter, tail: Tail, request: pytest.FixtureRequest) -> None:
    """The old one is read to its end; the new one from its beginning as soon as it may be."""
    writer.write(10)
    tail.read()
    writer.write(2)
    request.getfixturevalue("without_rights")
    as_owner(rotate_to_private, writer)

    assert tail.read() == 12
    assert "permission" in str(tail.counts)
    as_owner(writer.path.chmod, 0o644)
    assert tail.read() == 15
    assert (tail.counts.reason, tail.counts.rotations, tail.counts.gaps) == (None, 1, 0)


def test_taken_away_over_a_restart(writer: LogWriter, tail: Tail, request: pytest.FixtureRequest) -> None:
    """A log that may not be opened at start is tried again at every look."""
    writer.write(10)
    tail.read()
    writer.write(5)
    writer.path.chmod(0)
    request.getfixturevalue("without_rights")
    tail.restart()

    assert tail.read() == 10
    assert tail.counts.reason == "permission"
    as_owner(writer.path.chmod, 0o644)
    assert tail.read() == 15
    assert tail.counts.gaps == 0


def test_an_open_log_stays_readable(writer: LogWriter, tail: Tail, request: pytest.FixtureRequest) -> None:
    """Rights count when a file is opened."""
    writer.write(10)
    tail.read()
    request.getfixturevalue("without_rights")
    as_owner(writer.path.chmod, 0)
    as_owner(writer.write, 5)

    assert tail.read() == 15
