"""Passes over a store that changes: each gives what a count of everything would give at that moment."""

import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bmrepmon.model.observations import StoreCount
from bmrepmon.model.readings import Partial
from bmrepmon.sources.spool import Pace, StoreSource, StoreTree, UniqueMessages
from bmrepmon.sources.spool.listing import Lister, Listing

MS, S = 1_000_000, 1_000_000_000
NAMES = ("1.", "2.", "3000.", "cyrus.header", "x")
BELOW = (b"a", b"a/b", b"a/b/c", b"d", b"x")  # a partition
NAMES_A_ROUND = 4
PLACES = ("p/a", "p/a/b", "p/a/b/c", "p/d", "p/d/stage.", "q")
WRITER = """
import os, random, sys
chance, root = random.Random(7), sys.argv[1]
places = [f"{root}/p{n % 3}/{n}" for n in range(12)]
for place in places:
    os.makedirs(place, exist_ok=True)
for number in range(4000):
    at, other = chance.choice(places), chance.choice(places)
    try:
        match chance.randrange(8):
            case 0 | 1 | 2: open(f"{at}/{number}.", "x").close()
            case 3: os.link(f"{at}/{chance.choice(os.listdir(at))}", f"{other}/{number}.")
            case 4 | 5: os.unlink(f"{at}/{chance.choice(os.listdir(at))}")
            case 6: os.rename(f"{at}/{chance.choice(os.listdir(at))}", f"{other}/{number}.")
            case 7:
                away = f"{root}/p{number % 3}/{number}"
                os.rename(at, away)
                os.rename(away, at)
    except (OSError, IndexError):
        pass
"""


class Status(NamedTuple):
    """What a tree wants to know of a directory."""

    st_ctime_ns: int
    st_dev: int
    st_ino: int


class Waited(threading.Event):
    """Nobody sets it, and waiting for it moves its clock."""

    now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        return False

    def steady(self) -> float:
        """Return the seconds that were waited."""
        return self.now


class Disk:
    """A real store whose clock is turned by hand and ticks as coarsely as asked for."""

    def __init__(self, root: Path, tick: int) -> None:
        self.root = root
        self.tick = tick
        self.now = 1_700_000_000 * S + 600 * MS
        self.changed: dict[int, int] = {}  # by inode of a directory
        self.touch(root)
        unique = UniqueMessages(["spool"])
        self.source = StoreSource("spool", "bm-master", root, unique)
        self.source._tree = StoreTree(
            os.fsencode(root), status=self.status, lister=Lister(self.status, lambda: self.now)
        )

    def touch(self, *directories: Path) -> None:
        """Let these have changed."""
        for directory in directories:
            self.changed[directory.stat().st_ino] = self.now - self.now % self.tick

    def status(self, path: bytes | int, dir_fd: int | None = None) -> Status:
        real = os.fstat(path) if isinstance(path, int) else os.lstat(path, dir_fd=dir_fd)
        return Status(self.changed.get(real.st_ino, 0), real.st_dev, real.st_ino)

    def do(self, action: str, at: Path, other: Path, name: str, new: str) -> None:
        """Do what can be done, and note which directories it changed."""
        try:
            match action:
                case "create":
                    (at / name).open("x").close()
                case "link":
                    (other / new).hardlink_to(at / name)
                case "unlink":
                    (at / name).unlink()
                case "rename":
                    (at / name).rename(other / new)
                case "mkdir":
                    at.mkdir(parents=True)
                    self.touch(*(parent for parent in at.parents if parent.is_relative_to(self.root)), at)
                case "rmdir":
                    at.rmdir()
                    self.touch(at.parent)
                case "move":
                    at.rename(other)
                    return self.touch(at.parent, other.parent)  # not every file system says so of ``other``, too
        except OSError:
            return None
        return self.touch(*(directory for directory in (at, other) if directory.is_dir()))


def everything(root: Path) -> StoreCount:
    """Count all there is, with nothing known from before."""
    return StoreSource("spool", "bm-master", root).read()


step = st.tuples(
    st.sampled_from(["create", "create", "link", "unlink", "rename", "mkdir", "rmdir", "move", "move"]),
    st.sampled_from(PLACES),
    st.sampled_from(PLACES),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
)
pause = st.sampled_from([MS, 5 * MS, 30 * MS, 300 * MS, 3 * S])


@pytest.mark.parametrize("tick", [1, 4 * MS, S])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(st.one_of(step, step, step, pause), max_size=30))
def test_every_pass_equals_a_count_of_everything(tick: int, steps: list[tuple[str, ...] | int]) -> None:
    """After any sequence of changes, at any resolution of time stamps, whenever a pass comes."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        disk = Disk(root, tick)
        for place in PLACES[::2]:
            disk.do("mkdir", root / place, root, "", "")
            disk.do("create", root / place, root, "1.", "")
        for known in steps:
            if isinstance(known, int):
                disk.now += known
                assert disk.source.read() == everything(root)
            else:
                disk.now += 1000
                action, at, other, name, new = known
                disk.do(action, root / at, root / other, name, new)
        assert disk.source.read() == everything(root)


@pytest.mark.parametrize("tick", [1, 4 * MS, S])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(st.one_of(step, step, pause), max_size=30), first=st.lists(st.sampled_from(BELOW)))
def test_passes_of_many_rounds_equal_a_count_of_everything(
    tick: int, steps: list[tuple[str, ...] | int], first: list[bytes]
) -> None:
    """Whatever happens between the rounds, and whichever directories each of them is told to look at first."""
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr("bmrepmon.sources.spool.pace.stand_back", lambda: None)  # this thread runs other tests, too
        root = Path(directory)
        disk, clock = Disk(root, tick), Waited()
        disk.source._pace, disk.source._stopping = Pace(1, clock.steady, NAMES_A_ROUND), clock
        disk.source._first = lambda: first
        for place in PLACES[::2]:
            disk.do("mkdir", root / place, root, "", "")
        for known in steps:
            if isinstance(known, int):
                disk.now += known
                with suppress(Partial):
                    disk.source.read()
            else:
                disk.now += 1000
                action, at, other, name, new = known
                disk.do(action, root / at, root / other, name, new)
        whole(disk.source)  # it had begun before the last change

        assert whole(disk.source) == everything(root)


def whole(source: StoreSource) -> StoreCount:
    """Read until a pass comes to its end."""
    for _ in range(1000):
        with suppress(Partial):
            return source.read()
    raise AssertionError("no pass comes to its end")


@pytest.mark.parametrize("tick", [1, 4 * MS, 10 * MS, S])
@pytest.mark.parametrize("late", [False, True])
def test_a_change_within_the_tick_of_the_one_before_is_seen(tmp_path: Path, tick: int, *, late: bool) -> None:
    """The directory's time does not tell it, so that it stays suspect, even when the tick is nearly over."""
    disk, folder = Disk(tmp_path, tick), tmp_path / "a"
    disk.now += -disk.now % S + 5 * tick  # with a nanosecond part, as nearly all have, where there are such
    counts = []
    for name in ("1.", "2.", "3."):
        disk.do("mkdir", folder, folder, "", "")
        disk.do("create", folder, folder, name, "")
        disk.now += max(0, tick - disk.now % tick - 2) if late else 1
        counts.append(disk.source.read().messages)

    assert counts == [1, 2, 3]


def test_two_folders_that_change_places(tmp_path: Path) -> None:
    """Their names and times are as before, and what is in them is not."""
    disk = Disk(tmp_path, S)
    for place, name in (("p/a", "x"), ("q/a", "1.")):
        disk.do("mkdir", tmp_path / place, tmp_path, "", "")
        disk.do("create", tmp_path / place, tmp_path / place, name, "")
    disk.now += 5 * S
    before = disk.source.read()
    for place, to in (("p/a", "p/b"), ("q/a", "p/a"), ("p/b", "q/a")):
        disk.do("move", tmp_path / place, tmp_path / to, "", "")
    after = disk.source.read()

    assert [(p.partition, p.messages) for p in before.partitions] == [("p", 0), ("q", 1)]
    assert [(p.partition, p.messages) for p in after.partitions] == [("p", 1), ("q", 0)]


def test_a_folder_that_goes_takes_along_what_is_below(tmp_path: Path) -> None:
    """Wherever it comes back, all of it is counted there and once."""
    disk = Disk(tmp_path, 1)
    for place in ("p/a/b/c", "q"):
        disk.do("mkdir", tmp_path / place, tmp_path, "", "")
    disk.do("create", tmp_path / "p/a/b/c", tmp_path, "1.", "")
    counts = [disk.source.read()]
    for place, to in (("p/a", "q/a"), ("q/a/b", "p/b")):
        disk.do("move", tmp_path / place, tmp_path / to, "", "")
        counts.append(disk.source.read())

    assert [[p.messages for p in count.partitions] for count in counts] == [[1, 0], [0, 1], [1, 0]]
    assert [count.unique_messages for count in counts] == [1, 1, 1]


@pytest.mark.parametrize("steps", range(12))
def test_a_folder_that_goes_while_a_pass_runs_takes_along_what_is_below(tmp_path: Path, steps: int) -> None:
    """Also when it was already looked at, and what is below it was found as it had been."""
    disk = Disk(tmp_path, 1)
    for place in ("p/a/b/c", "p/d", "q"):
        disk.do("mkdir", tmp_path / place, tmp_path, "", "")
    disk.do("create", tmp_path / "p/a/b/c", tmp_path, "1.", "")
    disk.now += 3 * S
    disk.source.read()
    disk.do("create", tmp_path / "p", tmp_path, "x", "")
    disk.now += 3 * S
    going = disk.source._tree.refresh()
    for _ in range(steps):
        next(going, None)
    disk.do("move", tmp_path / "p/a", tmp_path / "q/a", "", "")
    list(going)

    assert disk.source.read() == everything(tmp_path)


def test_what_did_not_change_is_not_listed_again(tmp_path: Path) -> None:
    """A pass costs a look at the time of each directory, and a listing of those that changed."""
    listed: list[bytes] = []

    class Noting(Lister):
        def look(self, path: bytes) -> Listing:
            listed.append(path.removeprefix(os.fsencode(tmp_path)))
            return super().look(path)

    disk = Disk(tmp_path, 1)
    disk.source._tree = StoreTree(
        os.fsencode(tmp_path), status=disk.status, lister=Noting(disk.status, lambda: disk.now)
    )
    for place in ("p/a/b", "p/c"):
        disk.do("mkdir", tmp_path / place, tmp_path, "", "")
    disk.now += 3 * S
    disk.source.read()
    first, disk.now = sorted(listed), disk.now + 3 * S
    listed.clear()
    disk.do("create", tmp_path / "p/a/b", tmp_path / "p/a/b", "1.", "")
    disk.source.read()
    disk.now += 3 * S
    disk.source.read()
    disk.source.read()

    assert first == [b"/", b"/p", b"/p/a", b"/p/a/b", b"/p/c"]
    assert listed == [b"/", b"/p/a/b", b"/", b"/p/a/b", b"/"]


def test_a_writer_that_races_the_passes_is_never_missed(tmp_path: Path) -> None:
    """Whatever happens while a pass runs, the first one after it is right."""
    source = StoreSource("spool", "bm-master", tmp_path)
    with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path]) as writer:
        passes = 0
        while writer.poll() is None:
            source.read()
            passes += 1

    assert writer.returncode == 0
    assert passes > 1
    assert source.read() == everything(tmp_path)
    assert source.read().messages > 0


def test_the_stores_of_a_backend_share_their_messages(tmp_path: Path) -> None:
    """A message that is in the spool and in the archives counts once, as soon as both are known."""
    (tmp_path / "spool/p").mkdir(parents=True)
    (tmp_path / "archive/p").mkdir(parents=True)
    (tmp_path / "spool/p/1.").touch()
    (tmp_path / "archive/p/7.").hardlink_to(tmp_path / "spool/p/1.")
    unique = UniqueMessages(["spool", "archive"])
    spool = StoreSource("spool", "bm-master", tmp_path / "spool", unique)
    archive = StoreSource("archive", "bm-master", tmp_path / "archive", unique)

    assert [source.read().unique_messages for source in (spool, archive, spool)] == [None, 1, 1]
