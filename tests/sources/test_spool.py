"""Walks over real trees, compared with what `find` and a naive count by lstat say."""

import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bmrepmon.model.observations import PartitionCount, StoreCount
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.spool import DEPTH, StoreSource, StoreTree, printable
from bmrepmon.sources.spool.listing import Lister, Listing
from bmrepmon.sources.spool.unique import numbers

AS_NOBODY = """
import json, os, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[2])
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.spool import StoreSource
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    count = StoreSource("spool", "bm-master", Path(sys.argv[1])).read()
    print(json.dumps([count.files, count.messages, count.unreadable, count.unreadable_examples]))
except SourceError as error:
    print(json.dumps([error.reason, str(error)]))
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take the role of another user")


def put(root: Path, *names: str | bytes) -> None:
    for name in names:
        path = Path(os.fsdecode(os.path.join(os.fsencode(root), os.fsencode(name))))  # noqa: PTH118 - names are bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def walk(root: Path) -> StoreCount:
    return StoreSource("spool", "bm-master", root).read()


def failure(root: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        walk(root)
    return caught.value


def naive(root: Path) -> tuple[dict[str, tuple[int, int, int]], set[tuple[int, int]]]:
    """Count per partition by the plainest means: recursion and an lstat of everything."""
    counts: dict[str, tuple[int, int, int]] = {}
    inodes: set[tuple[int, int]] = set()
    for path, status in everything(os.fsencode(root)):
        parts = os.path.relpath(path, os.fsencode(root)).split(b"/")
        if stat.S_ISDIR(status.st_mode):
            counts.setdefault(printable(parts[0]), (0, 0, 0))
        partition = printable(parts[0]) if len(parts) > 1 else ""
        if not stat.S_ISREG(status.st_mode):
            continue
        message = re.fullmatch(rb"[0-9]+\.", parts[-1]) and not {b"stage.", b"sync."} & set(parts[:-1])
        files, messages, _ = counts.get(partition, (0, 0, 0))
        counts[partition] = (files + 1, messages + bool(message), 0)
        if message:
            inodes.add((status.st_dev, status.st_ino))
    for folder in folders(os.fsencode(root)):
        files, messages, number = counts[folder]
        counts[folder] = (files, messages, number + 1)
    return counts, inodes


def held(root: Path) -> set[tuple[int, int]]:
    """Return device and inode of each message that a tree has listed."""
    tree, found = StoreTree(os.fsencode(root)), set()
    list(tree.refresh())
    waiting = [tree.top]
    while waiting:
        folder = waiting.pop()
        found |= {(folder.device, inode) for inode in numbers(folder.messages)}
        waiting.extend(folder.children.values())
    return found


def everything(directory: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    for name in os.listdir(directory):  # noqa: PTH208 - names are bytes
        path = directory + b"/" + name
        status = os.lstat(path)
        yield path, status
        if stat.S_ISDIR(status.st_mode):
            yield from everything(path)


def folders(root: bytes) -> Iterator[str]:
    """Yield the partition of each folder, as `find` sees them."""
    command = ["find", ".", "(", "-name", "stage.", "-o", "-name", "sync.", ")", "-prune", "-o"]
    command += ["-type", "f", "-regextype", "posix-extended", "-regex", r".*/[0-9]+\.", "-printf", r"%h\0"]
    found = subprocess.run(command, cwd=root, capture_output=True, check=True, env={"LC_ALL": "C"}).stdout
    for folder in set(found.split(b"\0")[:-1]):
        yield printable(folder.split(b"/")[1]) if b"/" in folder else ""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A spool with everything that a spool can hold and a few things that it should not."""
    root = tmp_path / "data"
    inbox = "bm__a_test/domain/a/a.test/t/user/tom"
    put(root, f"{inbox}/1.", f"{inbox}/2.", f"{inbox}/0000000000000000000003.", f"{inbox}/2024/7.")
    put(
        root,
        f"{inbox}/cyrus.header",
        f"{inbox}/4.NEW",
        f"{inbox}/...",
        f"{inbox}/5",
        f"{inbox}/\u0663.",
        f"{inbox}/-1.",
    )
    put(root, "bm__a_test/stage./812-1700000000-1", "bm__a_test/stage./12.", "bm__a_test/sync./99/8.")
    put(root, b"bm__a_test/domain/a/a.test/t/user/tom/caf\xe9 \n/9.", b"b\xe9d/domain/3.", "README", "6.")
    (root / inbox / "2024.").mkdir()
    put(root, f"{inbox}/2024./not-a-message")
    (root / "bm__b_test/domain").mkdir(parents=True)
    os.link(root / inbox / "1.", root / inbox / "2024/8.")
    os.link(root / inbox / "1.", root / "bm__b_test/domain/1.")
    (root / inbox / "10.").symlink_to(root / inbox / "1.")
    (root / inbox / "loop").symlink_to(root)
    (root / "bm__link").symlink_to(root / "bm__a_test")
    os.mkfifo(root / inbox / "11.")
    return root


def test_every_oddity_counts_as_find_and_lstat_say(odd: Path) -> None:
    """Files, messages, folders and inodes of each partition are those of independent counts."""
    expected, inodes = naive(odd)
    count = walk(odd)
    find = subprocess.run(["find", odd, "-type", "f", "-printf", "."], capture_output=True, check=True).stdout

    assert {p.partition: (p.files, p.messages, p.folders) for p in count.partitions} == expected
    assert held(odd) == inodes
    assert count.files == len(find) == 20
    assert (count.messages, count.folders, count.unique_messages, count.unreadable) == (9, 6, 7, 0)


def test_the_same_in_numbers_written_out(odd: Path) -> None:
    """What each partition of the odd spool is worth, by hand."""
    assert walk(odd).partitions == (
        PartitionCount("", 2, 1, 1),
        PartitionCount("b\\xe9d", 1, 1, 1),
        PartitionCount("bm__a_test", 16, 6, 3),
        PartitionCount("bm__b_test", 1, 1, 1),
    )


names = st.sampled_from([b"a", b"2024", b"1.", b"22.", b"stage.", b"sync.", b"x.y", b"\xff", b"cyrus.index"])
trees = st.recursive(
    st.sampled_from(["file", "link"]), lambda inner: st.dictionaries(names, inner, max_size=5), max_leaves=25
)


def build(at: bytes, tree: object) -> None:
    if isinstance(tree, dict):
        os.mkdir(at)  # noqa: PTH102 - names are bytes
        for name, inner in tree.items():
            build(at + b"/" + name, inner)
    elif tree == "file":
        os.close(os.open(at, os.O_CREAT))
    else:
        os.symlink(b"..", at)  # noqa: PTH211 - names are bytes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, trees, max_size=4))
def test_any_tree_counts_as_the_naive_way_does(tree: dict[bytes, object]) -> None:
    """No arrangement of names, directories and links makes a difference."""
    with tempfile.TemporaryDirectory() as directory:
        build(os.fsencode(directory) + b"/data", tree)
        root = Path(directory, "data")
        expected, inodes = naive(root)
        count = walk(root)

        assert {p.partition: (p.files, p.messages, p.folders) for p in count.partitions} == expected
        assert count.unique_messages == len(inodes)
        assert held(root) == inodes


def test_the_root_may_be_a_link(odd: Path) -> None:
    """Administrators move spools to other disks this way."""
    link = odd.parent / "link"
    link.symlink_to(odd)

    assert walk(link) == walk(odd)


def test_a_tree_deeper_than_recursion_allows(tmp_path: Path) -> None:
    """Depth costs no stack, and what is deeper than any spool is told and left out."""
    deep = tmp_path.joinpath("p", *["d"] * (DEPTH + 5))
    deep.mkdir(parents=True)
    (deep / "1.").touch()
    (deep.parents[5] / "1.").touch()
    count = walk(tmp_path)

    assert (count.messages, count.unreadable) == (1, 1)


def test_an_empty_partition_is_known_to_be_empty(tmp_path: Path) -> None:
    """Zero is a count; the folder of the file system itself is no partition."""
    (tmp_path / "bm__a_test").mkdir()
    (tmp_path / "lost+found").mkdir()

    assert walk(tmp_path).partitions == (PartitionCount("bm__a_test", 0, 0, 0),)


def test_what_vanishes_while_walking_is_no_error(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that is gone, or became something else, between its listing and its own look counts as nothing."""
    look = Lister.look

    def vanished(self: Lister, path: bytes) -> Listing:
        if path.endswith(b"/2024"):
            (odd / "bm__a_test/domain/a/a.test/t/user/tom/2024").rename(odd.parent / "gone")
        if path.endswith(b"/bm__b_test"):
            (odd / "bm__b_test").rename(odd.parent / "moved")
            (odd / "README").rename(odd / "bm__b_test")
        return look(self, path)

    monkeypatch.setattr(Lister, "look", vanished)
    count = walk(odd)

    assert (count.messages, count.unreadable) == (6, 0)
    assert "bm__b_test" not in {p.partition for p in count.partitions}


def test_a_closed_source_stops_walking(odd: Path) -> None:
    """Ending the daemon does not wait for the end of a walk."""
    source = StoreSource("archive", "bm-master", odd)
    source.close()
    source.close()
    with pytest.raises(SourceError, match="archive of bm-master") as caught:
        source.read()

    assert caught.value.reason == "stopped"


def test_a_missing_root(tmp_path: Path) -> None:
    """A store that does not exist is a failure with a way out, not an empty store."""
    error = failure(tmp_path / "data")

    assert (error.reason, "set spool of this [[backend]]" in str(error)) == ("missing", True)


def test_a_root_that_is_a_file(odd: Path) -> None:
    """A path that points too deep is told from a missing one."""
    assert failure(odd / "README").reason == "not_a_directory"


def test_a_root_that_links_to_itself(tmp_path: Path) -> None:
    """It leads nowhere, and says so in one line."""
    (tmp_path / "data").symlink_to(tmp_path / "data")
    error = failure(tmp_path / "data")

    assert (error.reason, "symbolic links" in str(error)) == ("io", True)


def read_as_nobody(root: Path) -> list[object]:
    for directory in (root, *root.parents):
        if directory.is_relative_to(tempfile.gettempdir()) and directory != root:
            directory.chmod(directory.stat().st_mode | 0o711)
    child = [sys.executable, "-c", AS_NOBODY, str(root), json.dumps(sys.path)]
    answer: list[object] = json.loads(subprocess.run(child, capture_output=True, text=True, check=True).stdout)
    return answer


@needs_root
def test_unreadable_directories_are_counted_and_a_few_named(tmp_path: Path) -> None:
    """Cyrus's directories are 0700: without rights the count is partial and says so."""
    root = tmp_path / "data"
    root.mkdir(mode=0o755)
    put(root, "open/1.", "open/inner/2.", *(f"closed{n}/{n}." for n in range(7)))
    for n in range(7):
        (root / f"closed{n}").chmod(0o700)
    (root / "lost+found").mkdir(mode=0o700)  # of every ext4 disk, and nobody's business
    files, messages, unreadable, examples = read_as_nobody(root)

    assert (files, messages, unreadable) == (2, 2, 7)
    assert isinstance(examples, list)
    assert set(examples) < {str(root / f"closed{n}") for n in range(7)}
    assert len(examples) == 5


@needs_root
def test_a_root_without_permission(tmp_path: Path) -> None:
    """The way out is named."""
    root = tmp_path / "data"
    root.mkdir(mode=0o700)
    reason, message = read_as_nobody(root)

    assert reason == "permission"
    assert "CAP_DAC_READ_SEARCH" in str(message)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"bm-master__a_test", "bm-master__a_test"),
        ("dépôt".encode(), "dépôt"),
        (b"d\xe9", "d\\xe9"),
        (b"a\nb\x7f", "a\\nb\\x7f"),
        ("\u2028\U000e0001".encode(), "\\u2028\\U000e0001"),
    ],
)
def test_names_that_can_be_shown(name: bytes, shown: str) -> None:
    """No name breaks a line, a terminal or a label."""
    assert printable(name) == shown
    assert printable(name).isprintable()
