"""The daemon as its users run it: a process of its own, asked over loopback."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from prometheus_client.parser import text_string_to_metric_families

BMREPMON = (sys.executable, "-m", "bmrepmon")
PATIENCE = 60.0  # seconds; only a broken daemon takes that long

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def bmrepmon(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*BMREPMON, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **environ},
    )


class Daemon:
    """``bmrepmon run`` on a tree; a context manager that ends it."""

    def __init__(
        self,
        root: Path,
        config: Path | None = None,
        options: Sequence[str] = (),
        within: Sequence[str] = (),
        **environ: str,
    ) -> None:
        """Start it, ``within`` a program that runs others; it listens on a port that the system chooses."""
        named = ["--config", str(config)] if config else []
        command = [
            *within,
            *BMREPMON,
            "run",
            "--root",
            str(root),
            *named,
            "--listen",
            "127.0.0.1:0",
            "--log-format",
            "json",
        ]
        self.process = subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}
        )
        self.log: list[str] = []
        self.port = self._port()
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Ask for a path; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def metrics(self) -> Samples:
        """Scrape; return values by name and sorted labels."""
        families = text_string_to_metric_families(self.get("/metrics")[1].decode())
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}

    def status(self) -> Any:
        """Return the status document."""
        return json.loads(self.get("/api/v1/status")[1])

    def ready(self) -> Self:
        """Wait until every source was read once."""
        eventually(lambda: self.get("/-/ready")[0] == 200, lambda: self.get("/-/ready"))
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        self._ended()

    def _ended(self) -> int:
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stderr:
            self.process.stderr.close()
        return code

    def _port(self) -> int:
        """Read the port from the first line that names it."""
        assert self.process.stderr
        for line in self.process.stderr:
            self.log.append(line)
            if '"listen"' in line:
                return int(json.loads(line)["listen"].rpartition(":")[2])
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stderr.close()
        raise AssertionError(f"the daemon did not start: {''.join(self.log)}")

    def _read_log(self) -> None:
        assert self.process.stderr
        self.log.extend(self.process.stderr)


def eventually(condition: Callable[[], bool], otherwise: Callable[[], object] = lambda: "it never came true") -> None:
    """Wait until ``condition`` holds; fail with what ``otherwise`` says when it does not in good time."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(otherwise())
        time.sleep(0.05)  # between two looks at another process; nothing here depends on its length


def find_files(root: Path, *tests: str) -> int:
    """Count as administrators do: ``find ROOT -type f ... | wc -l``."""
    found = subprocess.run(["find", str(root), "-type", "f", *tests, "-printf", "."], capture_output=True, check=True)
    return len(found.stdout)


def message_inodes(*roots: Path) -> set[tuple[int, int]]:
    """Return device and inode of every message file, found by find."""
    return {pair for root in roots for pair in _inodes(root)}


def _inodes(root: Path) -> Iterator[tuple[int, int]]:
    pruned = ["(", "-name", "stage.", "-o", "-name", "sync.", ")", "-prune", "-o"]
    tests = ["-type", "f", "-regextype", "posix-extended", "-regex", r".*/[0-9]+\.", "-printf", r"%D %i\n"]
    found = subprocess.run(["find", str(root), *pruned, *tests], capture_output=True, check=True, text=True)
    for line in found.stdout.splitlines():
        device, inode = line.split()
        yield int(device), int(inode)
