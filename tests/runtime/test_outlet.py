import os
import threading
from contextlib import suppress
from typing import TextIO, cast

from polled import WITHIN

from bmrepmon.runtime.outlet import Outlet


class Stopped:
    """A terminal whose user has pressed Ctrl-S, until it goes on."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.waiting = threading.Event()
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        self.waiting.set()
        assert self.goes_on.wait(WITHIN)
        self.lines += text.splitlines()

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        return True


def test_nobody_waits_for_a_stopped_terminal() -> None:
    """Lines wait as far as there is room; the first that is written then tells how many found none."""
    terminal = Stopped()
    outlet = Outlet(cast(TextIO, terminal), room=3)
    outlet.write("line 0\n")
    assert terminal.waiting.wait(WITHIN)
    for number in range(1, 6):
        outlet.write(f"line {number}\n")
    in_time = outlet.close(0.01)
    terminal.goes_on.set()

    assert not in_time
    assert outlet.close(WITHIN)
    assert terminal.lines == ["line 0", "2 lines were lost here: nobody took them", "line 1", "line 2", "line 3"]


def test_a_reader_that_has_gone_raises_nothing() -> None:
    """The daemon lives on when its terminal was closed."""
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w")
    outlet = Outlet(stream)
    for _ in range(10):
        outlet.write("line\n")

    assert outlet.close(WITHIN)
    with suppress(BrokenPipeError):
        stream.close()


def test_a_pipe_that_nobody_empties_stops_no_writer() -> None:
    """A pipe holds some 64 kB; what comes then waits in its thread."""
    read, write = os.pipe()
    stream = os.fdopen(write, "w")
    outlet = Outlet(stream)
    for _ in range(100):
        outlet.write("x" * 8192 + "\n")
    stuck = not outlet.close(0.05)
    os.close(read)

    assert stuck
    assert outlet.close(WITHIN)
    with suppress(BrokenPipeError):
        stream.close()
