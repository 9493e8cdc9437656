from collections.abc import Iterator
from pathlib import Path

import pytest
from followed_log import LogWriter, Tail


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LogWriter]:
    writer = LogWriter(tmp_path / "replication.log")
    yield writer
    writer.close()


@pytest.fixture
def tail(writer: LogWriter) -> Iterator[Tail]:
    tail = Tail(writer.path)
    yield tail
    tail.follower.close()
