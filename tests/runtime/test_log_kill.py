"""The daemon is killed at any moment, and nothing can be tidied up."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from followed_log import LogWriter, Tail, compress

from bmrepmon.model.state import Durable, LogAdvanced, State, reduce
from bmrepmon.runtime.store import Store

DAEMON = """
import sys
from pathlib import Path
from test_log_kill import Small

daemon = Small(Path(sys.argv[1]), Path(sys.argv[2]))
while True:
    daemon.step(int(sys.argv[3]))
    daemon.save()
    print(".", end="", flush=True)
"""


class Small:
    """What of the daemon reads a log and saves."""

    def __init__(self, log: Path, directory: Path) -> None:
        """Go on from what was saved."""
        self._store = Store(directory)
        self._state = State(started_at=0.0, durable=self._store.load())
        self._tail = Tail(log)
        self._tail.activity = self._state.durable.log
        self._tail.checkpoint = self._state.durable.checkpoints.get("log")
        self._tail.counts = self._state.durable.followers.get("log", self._tail.counts)
        self._tail.restart()

    def step(self, budget: int) -> None:
        """Read a little."""
        for _ in range(3):
            if event := self._tail.step(budget):
                self._apply(event)

    def _apply(self, event: LogAdvanced) -> None:
        self._state = reduce(self._state, event)

    def save(self) -> None:
        """Save what has changed."""
        self._store.save(self._state.durable)

    def finish(self) -> Durable:
        """Read to the end, and close."""
        self._tail.read()
        self._tail.follower.close()
        self._store.close()
        return Durable(log=self._tail.activity, followers={"log": self._tail.counts})


@pytest.mark.parametrize("seed", range(3))
def test_totals_are_true_after_kills_at_random_moments(writer: LogWriter, tmp_path: Path, seed: int) -> None:
    """The log is written to, rotated and compressed, while its reader is killed a dozen times."""
    dice = random.Random(seed)  # noqa: S311 - reproducible is what it has to be
    command = [sys.executable, "-c", DAEMON, str(writer.path), str(tmp_path / "state"), "3000"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
    writer.write(100)
    for number in range(8):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as daemon:
            assert daemon.stdout
            for _ in range(dice.randrange(1, 12)):
                assert daemon.stdout.read(1) == b"."
                writer.write(dice.randrange(200))
            if dice.random() < 0.5:
                rolled = writer.rotate(f".{20 - number}")
                writer.write(dice.randrange(1, 50))
                compress(rolled)
            daemon.kill()

    survivor = Small(writer.path, tmp_path / "state").finish()
    assert survivor.log.lines == {"event": writer.lines}
    assert survivor.followers["log"].gaps == 0
