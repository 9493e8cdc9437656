"""What `bmrepmon demo` does: a simulated server in a temporary folder, and the same daemon on it."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Literal, Self

import psycopg

from bmrepmon.demo.driver import Driver
from bmrepmon.demo.scenarios import Scenario, find_scenario
from bmrepmon.demo.server import Plan, SimulatedServer
from bmrepmon.failures import Failure
from bmrepmon.runtime.clock import Clock, SystemClock

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

RunDaemon = Callable[[Path, Path], int]
"""Runs the daemon with a configuration on a root until it is told to end by a signal; returns its exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """The options of the command."""

    seed: int = 1
    mailboxes: int = 40
    messages: int = 4000
    scenario: str = "steady"
    speed: float = 1.0
    duration: float | None = None  # seconds after which it ends by itself
    keep: Path | None = None  # where to build it, and leave it; default a temporary folder that is removed
    log_format: Literal[2019, 2022] = 2022
    index_version: int = 13


class Demo:
    """A living simulated server; a context manager after which no process, thread or temporary folder is left."""

    def __init__(self, options: DemoOptions, clock: Clock | None = None) -> None:
        """Prepare; nothing is made before the context is entered."""
        self.root = Path()
        self.config = Path()  # of a monitor for this server
        self.server: SimulatedServer
        self.driver: Driver
        self._options = options
        self._clock = clock or SystemClock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:  # what was begun is ended, whatever came in between
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _begin(self) -> None:
        self._stack.enter_context(_signals_raise())
        scenario = find_scenario(self._options.scenario)
        self.root = self._stack.enter_context(_folder(self._options.keep))
        try:
            self.server = self._stack.enter_context(SimulatedServer(self.root, self._plan(scenario)))
            self.config = self.server.build()
        except (OSError, psycopg.Error) as error:
            raise Failure(f"the demo cannot be built below {self.root}: {error}") from error
        scenario.play(self.server)
        self.driver = Driver(self.server, self._clock, _end_ourselves)
        self._stack.callback(self.driver.stop)
        self.driver.start()

    def _plan(self, scenario: Scenario) -> Plan:
        options = self._options
        return Plan(
            seed=options.seed,
            mailboxes=options.mailboxes,
            messages=options.messages,
            log_format=options.log_format,
            index_version=options.index_version,
            epoch=self._clock.now(),
            speed=options.speed,
            **scenario.wishes,
        )

    def _end(self) -> None:
        _ignore_signals()
        self._stack.close()


def run_demo(options: DemoOptions, run_daemon: RunDaemon) -> int:
    """Simulate a server and run the daemon on it until Ctrl-C, SIGTERM or the end of ``duration``.

    Raises:
        Failure: the server could not be made, or could not go on.
    """
    try:
        with Demo(options) as demo:
            code = 0
            for seconds in _terms(find_scenario(options.scenario).monitor_restarts, options.duration):
                with _timer(seconds):
                    code = run_daemon(demo.config, demo.root)
            if demo.driver.failure:
                raise Failure(demo.driver.failure)
            return code
    except KeyboardInterrupt:  # the ordinary way to end a demo, even while it is being built
        return 0


def _terms(first: float | None, whole: float | None) -> tuple[float | None, ...]:
    """Return how long the daemon runs, one time after the other; None is until somebody ends it.

    >>> _terms(20.0, 60.0)
    (20.0, 40.0)
    """
    if first is None or (whole is not None and whole <= first):
        return (whole,)
    return first, None if whole is None else whole - first


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Make the folder that the server lives in; remove it at the end unless it is to be kept."""
    if keep is None:
        root = Path(tempfile.mkdtemp(prefix="bmrepmon-demo-"))
        try:
            yield root
        finally:
            shutil.rmtree(root, ignore_errors=True)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        used = any(keep.iterdir())
    except OSError as error:
        raise Failure(f"the demo cannot be kept in {keep}: {error.strerror}; name another folder") from None
    if used:
        raise Failure(f"the demo cannot be kept in {keep}: it is not empty, name another folder")
    yield keep.resolve()


@contextmanager
def _timer(seconds: float | None) -> Iterator[None]:
    """End the process, as SIGTERM does, after so many seconds."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, _end_ourselves)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _end_ourselves() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Turn the signals that end a process into KeyboardInterrupt, so that everything is cleaned up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _heeded()}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    """Let nothing interrupt the cleaning up, which takes a second; its last act gives the signals back."""
    for number in _heeded():
        signal.signal(number, signal.SIG_IGN)


def _heeded() -> list[signal.Signals]:
    """Return the signals that are ours to take: only in the main thread, and what nohup ignores stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        return []
    return [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
