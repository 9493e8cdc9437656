"""A full count of a spool, against ``find -type f | wc -l``."""

import os
import random
import subprocess
from pathlib import Path

from bench.measure import Case
from bmrepmon.sources.spool import StoreSource

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


def full_count(root: Path, messages: int, folders: int) -> Case:
    """Make the spool and return the comparison, warm."""
    make_spool(root, messages, folders)
    label = "1m" if messages == 1_000_000 else str(messages)
    return Case(f"spool_full_{label}", "find -type f | wc -l", lambda: _ours(root), lambda: _find(root))


def _ours(root: Path) -> int:
    return StoreSource("spool", "bm-master", root).read().files


def _find(root: Path) -> int:
    with subprocess.Popen(["find", root, "-type", "f"], stdout=subprocess.PIPE) as find:
        return int(subprocess.run(["wc", "-l"], stdin=find.stdout, capture_output=True, check=True).stdout)
