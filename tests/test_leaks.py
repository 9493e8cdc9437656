"""The fixture that watches all other tests is one that can fail."""

import ctypes
import os
import subprocess
import sys
import threading

import pytest
from leaks import nothing_left


def test_a_thread_that_goes_on_is_named() -> None:
    """A thread that waits for ever is told by its name."""
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten")
    with pytest.raises(AssertionError, match="thread forgotten"), nothing_left(grace=0.0):
        thread.start()
    release.set()
    thread.join()


def test_a_thread_that_is_about_to_end_is_waited_for() -> None:
    """What ends by itself within the grace is no leak."""
    release = threading.Event()
    with nothing_left():
        threading.Thread(target=release.wait).start()
        threading.Timer(0.05, release.set).start()


def test_a_child_that_goes_on_is_named() -> None:
    """A process that was started and forgotten is told by its name."""
    with pytest.raises(AssertionError, match="child python"), nothing_left(grace=0.0):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    child.communicate(b"\n")
    assert child.returncode == 0


def test_a_child_that_is_about_to_end_is_waited_for() -> None:
    """What ends by itself within the grace is no leak, even when nobody has asked how it ended."""
    with nothing_left():
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.1)"])
    assert child.wait(timeout=10) == 0


def test_a_folder_that_is_still_watched_is_told() -> None:
    """An inotify descriptor that was not closed is counted, whoever opened it."""
    with pytest.raises(AssertionError, match="inotify descriptor"), nothing_left(grace=0.0):
        descriptor = ctypes.CDLL(None).inotify_init1(0)
    os.close(descriptor)
