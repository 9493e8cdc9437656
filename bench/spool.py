"""Counts of a spool: of everything, and again after changes, against ``find -type f | wc -l`` and the like."""

import os
import random
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from bench.measure import Case, Differs, Result, compare
from bmrepmon.sources.spool import StoreSource, StoreTree

FD = "fdfind --unrestricted --type f | wc -l"
FIND, UNIQUE = "find -type f | wc -l", "find -type f -printf '%D %i\\n' | sort -u | wc -l"
CHANGED = 100  # of so many folders one gets a message
LAST = 9_000_000  # uid; greater than any
LINKED = 0.05  # of the messages are hard links to others: copies of one mail
PARTITION = "bm-master__bench_test/domain/b/bench.test"


def make_spool(root: Path, messages: int, folders: int) -> None:
    """Make folders of very unequal sizes, always the same ones, with ``messages`` files in all."""
    chance = random.Random(messages)
    weights = [chance.paretovariate(0.9) for _ in range(folders)]
    scale, made = messages / sum(weights), 0
    for number, weight in enumerate(weights):
        last = number == folders - 1
        size = messages - made if last else min(round(weight * scale), messages - made)
        user = f"{PARTITION}/u/user/user{number:06d}"
        _fill(root / user, size, chance)
        made += size


def _fill(folder: Path, size: int, chance: random.Random) -> None:
    folder.mkdir(parents=True)
    names = os.open(folder, os.O_DIRECTORY)
    for uid in range(1, size + 1):
        if uid > 1 and chance.random() < LINKED:
            os.link("1.", f"{uid}.", src_dir_fd=names, dst_dir_fd=names)
        else:
            os.close(os.open(f"{uid}.", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=names))
    os.close(names)


def counts(root: Path, messages: int, folders: int, runs: int) -> Iterator[Result]:
    """Make a spool, and one of a tenth of the messages in as many folders, and count them, warm.

    Raises:
        Differs: two ways gave two answers.
    """
    large, small = root / "large", root / "small"
    make_spool(large, messages, folders)
    make_spool(small, messages // 10, folders)
    label = "1m" if messages == 1_000_000 else str(messages)
    yield compare(Case(f"spool_full_{label}", FIND, lambda: listed(large), lambda: find(large)), runs)
    if fd := shutil.which("fdfind"):
        yield compare(Case(f"spool_fd_{label}", FD, lambda: listed(large), lambda: fd_count(fd, large)), runs)
    yield compare(Case(f"spool_unique_{label}", UNIQUE, lambda: unique(large), lambda: find_unique(large)), runs)
    known, tenth = Known(large), Known(small)
    yield pairs("spool_recount_1pct", FIND, known.changed, runs)
    yield pairs("spool_recount_scale", "ours, a tenth of the messages", lambda: (known.again(), tenth.again()), runs)


def pairs(name: str, peer: str, turn: Callable[[], tuple[float, float]], runs: int) -> Result:
    """Return what so many turns give, the first one left out."""
    seconds = [turn() for _ in range(runs + 1)][1:]
    return Result(name, "s", tuple(ours for ours, _ in seconds), tuple(theirs for _, theirs in seconds), peer)


def listed(root: Path) -> int:
    """Count all files; which of them are one and the same is another question, as it is for find."""
    tree = StoreTree(os.fsencode(root))
    for _ in tree.refresh():
        pass
    return sum(tally.files for _, tally in tree.partitions())


def unique(root: Path) -> int | None:
    """Count the distinct messages: all that a first round does."""
    return StoreSource("spool", "bm-master", root).read().unique_messages


class Known:
    """A spool that was counted before."""

    def __init__(self, root: Path) -> None:
        """Count it."""
        self._root = root
        self._source = StoreSource("spool", "bm-master", root)
        self._folders = sorted((root / PARTITION / "u/user").iterdir())
        self._files = self._source.read().files
        self._runs = 0

    def again(self) -> float:
        """Count it again; return the seconds."""
        begun = perf_counter()
        found = self._source.read().files
        seconds = perf_counter() - begun
        if found != self._files:
            raise Differs(f"spool: found {found} files again, there are {self._files}")
        return seconds

    def changed(self) -> tuple[float, float]:
        """Put a message into one folder in a hundred; return the seconds that counting again and find take then."""
        self._runs += 1
        for folder in random.Random(self._runs).sample(self._folders, len(self._folders) // CHANGED or 1):
            (folder / f"{LAST + self._runs}.").touch()
            self._files += 1
        begun = perf_counter()
        find(self._root)  # first, so that no change is so young that its folder would be listed once more
        seconds = perf_counter() - begun
        return self.again(), seconds


def find(root: Path) -> int:
    """Count files as administrators do."""
    return _lines("find", root, "-type", "f")


def fd_count(fd: str, root: Path) -> int:
    """Count files with all processors."""
    return _lines(fd, "--unrestricted", "--type", "f", ".", root)


def _lines(*command: str | Path) -> int:
    with subprocess.Popen(command, stdout=subprocess.PIPE) as found:
        return int(subprocess.run(["wc", "-l"], stdin=found.stdout, capture_output=True, check=True).stdout)


def find_unique(root: Path) -> int:
    """Count inodes as administrators do."""
    command = f"find {shlex.quote(str(root))} -type f -printf '%D %i\\n' | LC_ALL=C sort -u | wc -l"
    return int(subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout)
