"""A store that may be looked at only so fast."""

import ctypes
import os
import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from bmrepmon.model.observations import StoreCount
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


def limited(root: Path, first: Callable[[], Iterable[bytes]] = tuple) -> tuple[StoreSource, Clock]:
    clock = Clock()
    source = StoreSource("spool", "bm-master", root, None, Pace(PER_SECOND, lambda: clock.now), first=first)
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


def partly(source: StoreSource) -> Partial:
    """Read a round that is not the last of its pass."""
    with pytest.raises(Partial) as caught:
        source.read()
    return caught.value


def messages(partial: Partial) -> int | None:
    """Return what a round says that there is by now."""
    return partial.observation.messages if isinstance(partial.observation, StoreCount) else None


def test_rounds_tell_how_much_is_done(store: Path) -> None:
    """From round to round more, by what is known of the store; and of what there is nothing before all was seen."""
    source, _ = limited(store)
    first = [partly(source) for _ in range(3)]

    assert 0 < first[0].progress < first[1].progress < first[2].progress < 1
    assert f"{first[1].progress:.0%} of this pass is done" in str(first[1])
    assert [messages(one) for one in first] == [None, None, None]


def test_what_has_changed_is_told_before_the_pass_is_through(store: Path) -> None:
    """Where mail is known to have come, the very next round has looked, though the others take their time."""
    known: list[bytes] = []
    source, clock = limited(store, lambda: [b"nothing/of/ours", *known])
    rounds(source)
    *_, last = source._tree.top.children[b"p"].children
    known.append(last)
    clock.now += 600.0
    for number in range(FOLDERS):
        (store / f"p/{number}/99.").touch()
    told = [partly(source)]
    looked_at = source._tree.top.children[b"p"].children[last].files
    told.append(partly(source))

    assert looked_at == FILES + 1
    assert messages(told[0]) in range(FOLDERS * FILES + 1, FOLDERS * FILES + FOLDERS)
    assert messages(told[1]) in range(FOLDERS * FILES + 2, FOLDERS * FILES + FOLDERS)
    assert rounds(source)[1] == FOLDERS * (FILES + 1)


def test_half_of_a_round_is_kept_for_the_rest(store: Path) -> None:
    """Folders in which something changes all the time do not keep a pass from its end."""

    def busy() -> Iterator[bytes]:
        for number in range(FOLDERS):
            for old, new in (("0.", "x"), ("x", "0.")):
                (store / f"p/{number}/{old}").rename(store / f"p/{number}/{new}")
            yield str(number).encode()

    source, _ = limited(store, busy)
    said = [len(rounds(source)[0]) for _ in range(3)]

    assert max(said) < 3 * FOLDERS * FILES / PER_SECOND / ROUND


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
