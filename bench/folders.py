"""Looks at the folders of a large Cyrus: the first, and one after which one folder in a hundred has changed."""

import json
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import bmrepmon.app.daemon  # noqa: F401 - what a daemon has in memory before it looks at anything
from bench.measure import Differs, Result
from bmrepmon.demo.cyrus_header import encode_header
from bmrepmon.demo.cyrus_index import IndexHeader, encode_index
from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.positions import Position, Positions
from bmrepmon.sources.folders import FolderSource, FolderTree

VERSION = 13  # of the index: BlueMind 4's
PLACE = "bm-master__bench_test/domain/b/bench.test/{letter}/user/user{user:06d}{folder}"
NAMES = (
    "",
    "/Sent",
    "/Drafts",
    "/Trash",
    "/Junk",
    "/Outbox",
    "/Archives",
    *(f"/Archives/{y}" for y in range(2010, 2023)),
)
RIGHTS = "lrswipkxtecda"
CHANGED = 100  # of so many folders one gets a message
UNITS = {"first": "s", "changed": "s", "memory": "MiB"}


def place(number: int) -> str:
    """Return where a folder lies: a user has twenty."""
    user, name = divmod(number, len(NAMES))
    return PLACE.format(letter=chr(ord("a") + user % 26), user=user, folder=NAMES[name])


def position(number: int, new: int = 0) -> Position:
    """Return how far a folder is, with so many ``new`` messages."""
    return Position(number % 7919 + 1 + new, number % 997 + new, 1)


def write(root: Path, number: int, new: int = 0) -> None:
    """Write a folder as Cyrus would have it; records, which nobody looks at, are left out."""
    folder, at = root / place(number), position(number, new)
    owner = f"user{number // len(NAMES):06d}"
    header = encode_header(
        VERSION, f"bench.test!user.{owner}", f"{number:016x}", None, [(owner, RIGHTS), ("admin0", RIGHTS)]
    )
    index = IndexHeader(at.last_uid, at.highest_modseq, at.uid_validity, 1_700_000_000, zlib.crc32(header))
    if not new:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cyrus.header").write_bytes(header)
    (folder / "cyrus.index").write_bytes(encode_index(VERSION, index, ()))


def surveys(root: Path, folders: int, runs: int) -> Sequence[Result]:
    """Make the metadata and look at it, warm, in processes of their own; nobody else has such looks.

    Raises:
        Differs: a look did not find what is there.
    """
    for number in range(folders):
        write(root, number)
    label = "100k" if folders == 100_000 else str(folders)
    found = [_in_its_own_process(root, folders) for _ in range(runs + 1)][1:]
    return [Result(f"folders_{label}_{what}", UNITS[what], tuple(run[what] for run in found)) for what in UNITS]


def look(root: Path, folders: int) -> dict[str, float]:
    """Look twice, and between the two put a message into one folder in a hundred, which the replica then has not."""
    before = _mebibytes("VmRSS")
    arrived = Positions.of((f"{number:016x}", position(number)) for number in range(folders))
    source = FolderSource("bm-master", FolderTree("bm-master", root), None, lambda: arrived)
    first = _timed(source, folders, 0)
    changed = range(0, folders, CHANGED)
    for number in changed:
        write(root, number, 1)
    again = _timed(source, folders, len(changed))
    for number in changed:
        write(root, number)
    return {"first": first, "changed": again, "memory": _mebibytes("VmHWM") - before}


def _in_its_own_process(root: Path, folders: int) -> dict[str, float]:
    child = [sys.executable, "-m", "bench.folders", str(root), str(folders)]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Differs(done.stderr.strip().rpartition("\n")[2])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _timed(source: FolderSource, folders: int, behind: int) -> float:
    begun = perf_counter()
    found = source.read()
    seconds = perf_counter() - begun
    _check(found, {"replicated": folders - behind, "lagging": behind}, behind)
    return seconds


def _check(found: FolderComparison, states: dict[str, int], messages: int) -> None:
    expected = {state: folders for state, folders in states.items() if folders}
    if (dict(found.states), found.lag_messages) != (expected, messages):
        raise Differs(f"folders: found {dict(found.states)} and {found.lag_messages} messages, there are {expected}")


def _mebibytes(name: str) -> float:
    """Return what the system tells of this process's memory."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]), int(sys.argv[2]))))
