"""One directory read record by record of the kernel, and many by two processes."""

import marshal
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from bmrepmon.model.readings import SourceError
from bmrepmon.sources.spool import StoreSource, listing, sharing
from bmrepmon.sources.spool.listing import Lister, Listing, _Found
from bmrepmon.sources.spool.unique import numbers

PYTHONS = sorted({str(path.resolve()) for path in Path("/usr/bin").glob("python3.[0-9]*") if path.name[9:].isdigit()})
WORKERS = {
    "dead": ("false",),
    "hanging": ("sleep", "1000"),
    "missing": ("/nonexistent/python",),
    "babbling": ("echo", "no listing at all"),
    "cut off": ("head", "-c", "3"),
    "dies while it answers": ("sh", "-c", f"'{sys.executable}' -IS '{listing.__file__}' | head -c 900"),
}
digits = st.integers(1, 30).map(lambda length: b"9" * length + b".")
odd = st.lists(st.sampled_from([b"7", b".", b"x", b"\xff", b" ", b"\n", b"\x18", b"\x08"]), min_size=1, max_size=40)
names = st.one_of(digits, st.integers(0, 10**6).map(b"%d.".__mod__), odd.map(b"".join)).filter(
    lambda name: name not in {b".", b".."}
)


def plainly(directory: bytes) -> tuple[int, set[int], set[bytes]]:
    """Count files, message inodes and subdirectories the slow way."""
    files, messages, subdirectories = 0, set(), set()
    with os.scandir(directory) as entries:
        for entry in entries:
            files += entry.is_file(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                subdirectories.add(entry.name)
            elif entry.name[:-1].isdigit() and entry.name.endswith(b".") and entry.is_file(follow_symlinks=False):
                messages.add(entry.stat(follow_symlinks=False).st_ino)
    return files, messages, subdirectories


def seen(found: Listing) -> tuple[int, set[int], set[bytes]]:
    return found.files, numbers(found.messages), set(found.subdirectories)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names, st.sampled_from(["file", "file", "file", "directory", "link"]), max_size=60))
def test_any_names_are_read_as_python_reads_them(entries: dict[bytes, str]) -> None:
    """Long and short names, names that look like parts of a record, in whatever order the disk has them."""
    with tempfile.TemporaryDirectory() as place:
        directory = os.fsencode(place)
        for name, kind in entries.items():
            path = directory + b"/" + name
            if kind == "file":
                os.close(os.open(path, os.O_CREAT))
            elif kind == "directory":
                os.mkdir(path)  # noqa: PTH102 - names are bytes
            else:
                os.symlink(b"1.", path)  # noqa: PTH211 - names are bytes
        lister, without = Lister(), Lister()
        without._getdents = None

        assert seen(lister.look(directory)) == seen(without.look(directory)) == plainly(directory)


def test_a_directory_that_needs_many_reads(tmp_path: Path) -> None:
    """One buffer holds two thousand names."""
    for number in range(1, 5000):
        (tmp_path / f"{number}.").touch()
    files, messages, subdirectories = seen(Lister().look(os.fsencode(tmp_path)))

    assert (files, len(messages), subdirectories) == (4999, 4999, set())


def record(inode: int, length: int, kind: int, name: bytes) -> bytes:
    """Write a record as the kernel does, with whatever there was before behind the name's end."""
    head = inode.to_bytes(8, sys.byteorder) + bytes(8) + length.to_bytes(2, sys.byteorder) + bytes([kind])
    return (head + name + b"\0").ljust(length, b"\0")


def test_remains_of_other_records_are_no_records(tmp_path: Path) -> None:
    """Behind a name there may be anything, even a whole message's record that was there before."""
    lister, found = Lister(), _Found(os.open(tmp_path, os.O_RDONLY))
    stale = record(13, 24, 8, b"13.")
    outer = record(7, 48, 8, b"odd")[:24] + stale
    records = record(1, 24, 8, b"1.") + outer + record(2, 32, 8, b"20000.") + record(3, 24, 4, b"3.") + outer
    lister._bytes[: len(records)] = records
    lister._take(len(records), found)
    os.close(found._directory)

    assert (found.files, found.subdirectories) == (4, [b"3."])
    assert numbers(b"".join(found.messages)) == {1, 2}


def test_types_that_the_file_system_does_not_tell(tmp_path: Path) -> None:
    """Then each entry is asked for, and one that is gone is nothing."""
    (tmp_path / "1.").touch()
    (tmp_path / "2").mkdir()
    found = _Found(os.open(tmp_path, os.O_RDONLY))
    for name in (b"1.", b"2", b"3."):
        found.take(name, 0, 77)
    os.close(found._directory)

    assert (found.files, numbers(b"".join(found.messages)), found.subdirectories) == (1, {77}, [b"2"])


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of so many folders that a second process is asked for help."""
    monkeypatch.setattr(sharing, "WORTHWHILE", 100)
    for number in range(300):
        folder = tmp_path / f"p/{number}"
        folder.mkdir(parents=True)
        for uid in range(number % 5):
            (folder / f"{uid}.").touch()
    return tmp_path


def children() -> set[str]:
    """Return the processes that this one has started."""
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


@pytest.fixture
def nobody_left() -> Iterator[None]:
    """No process outlives the pass that started it, and no file stays open."""
    before, files = children(), len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert children() == before
    assert len(list(Path("/proc/self/fd").iterdir())) <= files


@pytest.mark.usefixtures("nobody_left")
@pytest.mark.parametrize("worker", WORKERS)
def test_nothing_depends_on_the_second_process(many: Path, monkeypatch: pytest.MonkeyPatch, worker: str) -> None:
    """However it fails, the count is that of one process."""
    monkeypatch.setattr(sharing, "PROGRAM", WORKERS[worker])
    count = StoreSource("spool", "bm-master", many).read()

    assert (count.messages, count.folders, count.unique_messages) == (600, 240, 600)


@pytest.mark.usefixtures("nobody_left")
def test_the_second_process_takes_what_is_left(many: Path) -> None:
    """While this one is slow with its first directory, the other one lists all the rest."""
    listed, others = list[bytes](), children()

    class Slow(Lister):
        def look(self, path: bytes) -> Listing:
            for pid in children() - others:
                with suppress(ChildProcessError):  # it has ended, and stays to be waited for
                    os.waitid(os.P_PID, int(pid), os.WEXITED | os.WNOWAIT)
            listed.append(path)
            return super().look(path)

    paths = [os.fsencode(many / "p" / str(number)) for number in range(300)]
    found = list(sharing.look_at([*paths, b"/nonexistent"], Slow()))

    assert listed == paths[: sharing.BATCH]
    assert [len(one.messages) // 8 for one in found[:-1] if isinstance(one, Listing)] == [n % 5 for n in range(300)]
    assert found[-1] == 2


@pytest.mark.usefixtures("nobody_left")
def test_a_pass_that_is_stopped_leaves_no_process(many: Path) -> None:
    """Ending the daemon ends it, too."""
    source = StoreSource("spool", "bm-master", many)
    source.close()
    with pytest.raises(SourceError, match="spool of bm-master"):
        source.read()


@pytest.mark.parametrize("python", [sys.executable, *PYTHONS])
def test_every_python_of_this_machine_reads_the_same(tmp_path: Path, python: str) -> None:
    """Servers have their distribution's Python; that of Debian 12 has a fault in possessive groups."""
    for uid in range(1, 300):
        (tmp_path / f"{uid}.").touch()
    asked = marshal.dumps([[os.fsencode(tmp_path)]])
    done = subprocess.run([python, "-IS", listing.__file__], input=asked, capture_output=True, check=True)
    [found] = marshal.loads(done.stdout[8:])  # noqa: S302 - from our own process

    assert seen(Listing(*found)) == plainly(os.fsencode(tmp_path))
