"""What a test may leave running: nothing."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

GRACE = 2.0  # seconds that what was told to end may take
RUNNERS = ("pytest_timeout", "execnet")  # whose threads are those of the test runner itself


@contextmanager
def nothing_left(grace: float = GRACE) -> Iterator[None]:
    """Compare what runs before and after."""
    threads, children, watched = set(threading.enumerate()), children_of_ours(), inotify_descriptors()
    yield
    deadline = monotonic() + grace
    left = [f"thread {thread.name}" for thread in lingering(set(threading.enumerate()) - threads, deadline)]
    while (new := children_of_ours() - children) and monotonic() < deadline:
        threading.Event().wait(0.02)
    left += [f"child {name}" for name in new]  # by name: a server that was restarted is no new one
    left += [f"inotify descriptor {number}" for number in inotify_descriptors() - watched]
    assert not left, f"left running: {', '.join(left)}"


def lingering(threads: set[threading.Thread], deadline: float) -> list[threading.Thread]:
    """Return the threads that do not end by themselves."""
    ours = [thread for thread in threads if not thread.name.startswith(RUNNERS)]
    for thread in ours:
        thread.join(max(0.0, deadline - monotonic()))
    return [thread for thread in ours if thread.is_alive()]


def children_of_ours() -> Counter[str]:
    """Count the children of this process that run, by name."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return Counter()  # nearly always: spares looking at every process
    children = Counter[str]()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended since
            name, _, fields = status.read_text(errors="replace").partition(" (")[2].rpartition(") ")
            state, parent = fields.split()[:2]
            children[name] += state != "Z" and int(parent) == os.getpid()
    return +children


def inotify_descriptors() -> set[str]:
    """Name the descriptors of this process that watch folders."""
    descriptors = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if entry.readlink().name == "anon_inode:inotify":
                descriptors.add(entry.name)
    return descriptors
