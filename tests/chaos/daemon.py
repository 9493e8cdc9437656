"""What of the daemon reads a log and saves: in this process, or in one of its own that can be killed."""

import json
import logging
import os
import re
import resource
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import structlog

from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.state import State, reduce
from bmrepmon.parse.lines import Batches
from bmrepmon.runtime.follower import Follower
from bmrepmon.runtime.store import Store

NOBODY = 65534
TESTS = Path(__file__).parent.parent
_LINE = re.compile(rb"[^\n]* - line (\d+)\.*")


class Report(NamedTuple):
    """What the daemon knows."""

    lines: Mapping[str, int]  # "event": how many whole lines, "sum" of their numbers; "torn": all others
    gaps: int
    unread: int | None
    problem: str | None  # why nothing can be saved


class Daemon(Protocol):
    """Something that follows and saves, and can be ended without a warning."""

    def do(self, command: str, number: int = 0) -> Report:
        """Do one of COMMANDS."""

    def kill(self) -> None:
        """End at once; what was not saved is lost."""


def tally(activity: LogActivity, batches: Batches) -> LogActivity:
    """Fold by counting the lines and adding their numbers, so that one lost and one doubled are not taken for none."""
    counted = dict(activity.lines)
    for line in chain.from_iterable(batches):
        match = _LINE.fullmatch(line)
        for key, value in (("event", 1), ("sum", int(match[1]))) if match else (("torn", 1),):
            counted[key] = counted.get(key, 0) + value
    return replace(activity, lines=frozen(counted))


@contextmanager
def full_disk(limit: int | None) -> Iterator[None]:
    """Let no file of this process grow beyond ``limit`` bytes, which breaks off writes as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def without_rights() -> Iterator[None]:
    """Be nobody meanwhile if this is root, who may read and write everything."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(mine)


class Small:
    """A daemon within this process. Killed, it loses all that it did not save, but its files are closed properly."""

    def __init__(self, log: Path, directory: Path, limit: int | None) -> None:
        """Go on from what was saved; ``limit`` is how much fits on the state's disk."""
        with without_rights(), full_disk(limit):
            self._store = Store(directory)
            self._state = State(started_at=0.0, durable=self._store.load())
        durable = self._state.durable
        self._follower = Follower(
            "log",
            log,
            activity=durable.log,
            checkpoint=durable.checkpoints.get("log"),
            counts=durable.followers.get("log", FollowerCounts()),
            fold_for=lambda _: tally,
            zone=UTC,
            local_zone=UTC,
        )

    def do(self, command: str, number: int = 0) -> Report:
        """Do one of COMMANDS."""
        with without_rights():
            COMMANDS[command](self, number)
        counts = self._follower.counts
        return Report(dict(self._state.durable.log.lines), counts.gaps, counts.unread_bytes, self._store.problem)

    def look(self, budget: int) -> None:
        """Advance one step."""
        if event := self._follower.advance(budget):
            self._state = reduce(self._state, event)

    def read(self, _: int = 0) -> None:
        """Advance to the end."""
        before = None
        while self._state is not before or self._follower.behind:
            before = self._state
            self.look(1 << 20)

    def save(self, _: int = 0) -> None:
        """Save while there is room."""
        self._store.save(self._state.durable)

    def save_limited(self, limit: int) -> None:
        """Save while no file may grow beyond ``limit`` bytes."""
        with full_disk(limit):
            self.save()

    def kill(self) -> None:
        """End at once."""
        with without_rights():
            self._follower.close()
            self._store.close()


def _go(daemon: Small, _: int) -> None:
    daemon.read()
    daemon.save()


COMMANDS: Mapping[str, Callable[[Small, int], None]] = {
    "look": Small.look,
    "read": Small.read,
    "save": Small.save,
    "save_limited": Small.save_limited,
    "go": _go,  # read and save; a process of its own goes on with that until the next command
}


class Child:
    """A daemon in a process of its own. Killed, it closes nothing."""

    def __init__(self, log: Path, directory: Path, limit: int | None) -> None:
        """Start it."""
        room = "" if limit is None else str(limit)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.daemon", str(log), str(directory), room],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
        )

    def do(self, command: str, number: int = 0) -> Report:
        """Do one of COMMANDS."""
        pipe, answers = self._process.stdin, self._process.stdout
        assert pipe
        assert answers
        pipe.write(f"{command} {number}\n".encode())
        pipe.flush()
        answer: list[Any] = json.loads(answers.readline())
        return Report(*answer)

    def kill(self) -> None:
        """Send SIGKILL, at whatever it is just doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()


def main(log: str, directory: str, room: str) -> None:
    """Obey the commands of standard input."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # stdout is for answers
    daemon = Small(Path(log), Path(directory), int(room) if room else None)
    orders, going = os.fdopen(0, "rb", buffering=0), False
    while True:
        while going and not select.select([orders], [], [], 0)[0]:
            daemon.do("look", 3000)
            daemon.do("save")
        command, number = orders.readline().split()
        sys.stdout.write(json.dumps(daemon.do(command.decode(), int(number))) + "\n")
        sys.stdout.flush()
        going = command == b"go"


if __name__ == "__main__":
    main(*sys.argv[1:])
