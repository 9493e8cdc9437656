"""A store that may be looked at only so fast."""

import ctypes
import os
import platform
import threading
import time
from pathlib import Path

import pytest

from bmrepmon.model.readings import Partial, SourceError
from bmrepmon.sources.spool import Pace, StoreSource, StoreTree
from bmrepmon.sources.spool.listing import Lister, Listing
from bmrepmon.sources.spool.pace import IDLE, IOPRIO_SET, ROUND, THIS_THREAD, stand_back

PER_SECOND = 5
FOLDERS, FILES = 20, 30
HOUR_NS = 3_600_000_000_000


class Clock(threading.Event):
    """An event that nobody sets in time, and a clock that only waiting for it moves."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.now += timeout
        return False


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty folders, and a thread that stays as it is: it runs other tests, too."""
    monkeypatch.setattr("bmrepmon.sources.spool.pace.stand_back", lambda: None)
    for number in range(FOLDERS):
        folder = tmp_path / f"p/{number}"
        folder.mkdir(parents=True)
        for uid in range(FILES):
            (folder / f"{uid}.").touch()
    return tmp_path


def limited(root: Path) -> tuple[StoreSource, Clock]:
    clock = Clock()
    source = StoreSource("spool", "bm-master", root, None, Pace(PER_SECOND, lambda: clock.now))
    source._stopping = clock
    late = Lister(clock=lambda: time.time_ns() + HOUR_NS)  # so that nothing has changed just now
    source._tree = StoreTree(os.fsencode(root), lister=late, alone=True)
    return source, clock


def rounds(source: StoreSource) -> tuple[list[str], int]:
    """Read until there is an answer; return what the rounds before it said, and the answer."""
    said: list[str] = []
    while len(said) < 100:
        try:
            return said, source.read().messages
        except Partial as partial:
            said.append(str(partial))
    raise AssertionError(said)


def test_a_pass_takes_as_many_rounds_as_its_limit_asks_for(store: Path) -> None:
    """Rounds that are not the last say that they are partial; the last one tells of everything."""
    source, clock = limited(store)
    said, messages = rounds(source)

    assert messages == FOLDERS * FILES
    assert len(said) == FOLDERS * FILES // PER_SECOND // int(ROUND)
    assert all("[limits] spool_files_per_second" in sentence for sentence in said)
    assert clock.now - 100.0 >= FOLDERS * FILES / PER_SECOND


def test_later_rounds_look_only_at_what_changed(store: Path) -> None:
    """Then one round is enough."""
    source, clock = limited(store)
    rounds(source)
    (store / "p/7/99.").touch()
    rounds(source)
    clock.now += 60.0

    assert rounds(source) == ([], FOLDERS * FILES + 1)


def test_a_round_that_hits_the_limit_has_not_looked_at_more(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no time were more names looked at than the limit allows, but for those of one directory."""
    source, clock = limited(store)
    looks: list[tuple[float, int]] = []
    look = Lister.look

    def noted(self: Lister, path: bytes) -> Listing:
        found = look(self, path)
        looks.append((clock.now, found.files))
        return found

    monkeypatch.setattr(Lister, "look", noted)
    rounds(source)
    total = 0
    for at, files in looks:
        assert total <= (at - 100.0) * PER_SECOND + FILES + 1
        total += files


def test_a_limited_source_that_is_closed_stops(store: Path) -> None:
    """It does not wait until it may look at more."""
    source = StoreSource("spool", "bm-master", store, None, Pace(1))
    closing = threading.Timer(0.0, source.close)
    closing.start()
    with pytest.raises(SourceError, match="is ending"):
        source.read()
    closing.join()


@pytest.mark.skipif(platform.machine() not in IOPRIO_SET, reason="the number of the call is not known here")
def test_only_the_thread_that_looks_stands_back() -> None:
    """It reads the disk when nobody else does; the threads that answer scrapes go on as they were."""
    get, classes = IOPRIO_SET[platform.machine()] + 1, list[int]()

    def look() -> None:
        stand_back()
        classes.append(ctypes.CDLL(None).syscall(get, *THIS_THREAD))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    classes.append(ctypes.CDLL(None).syscall(get, THIS_THREAD[0], threading.get_native_id()))

    assert classes[0] == IDLE
    assert classes[1] != IDLE
