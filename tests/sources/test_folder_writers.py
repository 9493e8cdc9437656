"""Folders that another process writes, moves and removes while they are looked at: nothing false is ever told."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from cyrus_tree import USER, CyrusTree, unique_id

from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.survey import FolderSurvey
from bmrepmon.sources.folders import FolderSource, FolderTree

LOOKS = 300
STEPS = 60  # of a writer, again and again
TORN = {"too_short", "bad_crc", "header_mismatch", "no_header", "no_unique_id"}

HALVES = """
import os, sys
wholes = [open(path, "rb").read() for path in sys.argv[2:]]
index = os.open(sys.argv[1], os.O_WRONLY)
while True:
    for whole in wholes:
        os.pwrite(index, whole[:60], 0)
        os.pwrite(index, whole[60:], 60)
"""
BOTH_FILES = """
import os, sys
index, header, *pairs = sys.argv[1:]
while True:
    for new_index, new_header in zip(pairs[::2], pairs[1::2]):
        for new, place in ((new_header, header), (new_index, index)):
            os.link(new, place + ".NEW")
            os.rename(place + ".NEW", place)
            if os.path.exists(place + ".NEW"):  # of two names of one file, rename leaves both
                os.unlink(place + ".NEW")
"""
REPLICATED = """
import os, sys, zlib
index, replica = (os.open(path, os.O_RDWR) for path in sys.argv[1:])
header = bytearray(os.pread(index, 128, 0))
for number in range(2, 50_000):
    header[28:32], header[68:76] = number.to_bytes(4, "big"), (1000 * number).to_bytes(8, "big")
    header[124:] = zlib.crc32(header[:124]).to_bytes(4, "big")
    os.pwrite(index, header, 0)
    os.pwrite(replica, b"%08d" % number, 0)
"""
MOVES = """
import os, shutil, sys
whole, going, gone = sys.argv[1:]
while True:
    shutil.copytree(whole, going)
    os.rename(going, gone)
    shutil.rmtree(gone)
"""


@pytest.fixture
def tree(tmp_path: Path) -> CyrusTree:
    return CyrusTree(tmp_path / "meta")


@pytest.fixture
def versions(tmp_path: Path, tree: CyrusTree) -> list[Path]:
    """The directories of one folder as it was, with one message after the other; the last is in its place."""
    kept = []
    for number in range(1, STEPS + 1):
        tree.put(USER, number, 1000 * number)
        kept.append(Path(shutil.copytree(tree.root / USER, tmp_path / f"version{number}")))
    return kept


@contextmanager
def writer(script: str, *arguments: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a script of its own until the end of the block."""
    with subprocess.Popen([sys.executable, "-c", script, *arguments], stderr=subprocess.PIPE) as process:
        try:
            yield process
            assert process.poll() in (None, 0), process.stderr.read() if process.stderr else ""
        finally:
            process.kill()


def whole(survey: FolderSurvey) -> int | None:
    """Return the last uid of the only folder, whose modseq is a thousand times that; None while it is not known."""
    for folder in survey:
        assert folder.highest_modseq == 1000 * folder.last_uid
        return folder.last_uid
    assert {reason for _, _, reason in survey.unknown()} <= TORN
    return None


def test_headers_that_are_written_in_two_halves(tree: CyrusTree, versions: list[Path]) -> None:
    """What is believed was written as a whole; and the last word is the right one once the writer has ended."""
    index, source, seen = tree.root / USER / "cyrus.index", FolderTree("bm-master", tree.root), set[int | None]()
    with writer(HALVES, index, *(version / "cyrus.index" for version in versions)):
        for look in count():
            seen.add(whole(source.survey()))
            if look > LOOKS and len(seen - {None}) > 5:
                break
    index.write_bytes((versions[41] / "cyrus.index").read_bytes())

    assert whole(source.survey()) == 42


def test_a_header_that_is_changed_together_with_its_index(tree: CyrusTree, tmp_path: Path) -> None:
    """Caught between the two files, a folder is looked at again, and is never given the id of another one."""
    pairs, expected = [], dict[str, int]()
    for number in (1, 2):
        path = f"other{number}"
        (CyrusTree(tmp_path)).put(path, number, 1000 * number)
        pairs += [tmp_path / path / "cyrus.index", tmp_path / path / "cyrus.header"]
        expected[unique_id(path)] = number
    tree.put(USER, 1, 1000)
    place, source, seen = tree.root / USER, FolderTree("bm-master", tree.root), set[str]()
    with writer(BOTH_FILES, place / "cyrus.index", place / "cyrus.header", *pairs):
        for look in count():
            survey = source.survey()
            for folder in survey:
                name = survey.unique_id(folder.number)
                assert expected.get(name or "", 1) == folder.last_uid
                seen.add(name or "")
            if look > LOOKS and seen >= expected.keys():
                break


def test_what_is_replicated_at_once_is_never_far_behind(tree: CyrusTree, tmp_path: Path) -> None:
    """While a process writes and replicates message after message, one is on its way, or none."""
    index, replica = tree.put(USER, 1, 1000), tmp_path / "replica"
    replica.write_bytes(b"%08d" % 1)

    def stored() -> Positions:
        uid = int(replica.read_bytes())
        return Positions.of([(unique_id(USER), Position(1000 * uid, uid, 7))])

    source, lags = FolderSource("bm-master", FolderTree("bm-master", tree.root), None, stored), set[tuple[int, int]]()
    with writer(REPLICATED, index, replica) as process:
        while process.poll() is None:
            found = source.read()
            if not found.unknown:
                lags.add((found.lag_messages, found.lag_changes))

    assert (0, 0) in lags <= {(0, 0), (1, 1000)}
    assert (source.read().lag_messages, source.read().survey.rows[-1] is None) == (0, False)


def test_folders_that_come_move_and_go(tree: CyrusTree, tmp_path: Path) -> None:
    """Whatever happens beside them, those that stay are known at every look, each once."""
    stay = {f"{USER}/stay{n}": n for n in range(50)}
    for path, uid in stay.items():
        tree.put(path, uid)
    CyrusTree(tmp_path).put("going/below/further", 1)
    source = FolderTree("bm-master", tree.root)
    with writer(MOVES, tmp_path / "going", tree.root / USER / "going", tree.root / USER / "gone"):
        for _ in range(LOOKS):
            survey = source.survey()
            found = [(survey.path(folder.number), folder.last_uid) for folder in survey]
            assert sorted(each for each in found if "stay" in each[0]) == sorted(stay.items())
            assert {reason for _, _, reason in survey.unknown()} <= TORN
