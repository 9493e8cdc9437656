"""What the daemon itself costs while little happens: the demo's server with many folders, watched for some minutes.

The server lives in this process and the daemon in one of its own, with the schedule of a real installation and as its
systemd unit starts it.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.measure import Differs, Result
from bmrepmon.demo.driver import Driver
from bmrepmon.demo.scenarios import SCENARIOS
from bmrepmon.demo.server import Plan, SimulatedServer
from bmrepmon.runtime.clock import SystemClock

PER_MAILBOX = 8.7  # folders, on average
READY_WITHIN = 120.0  # seconds
SETTLES_IN = 10.0  # seconds after the first round of everything, at most as many as are watched
UNIT = Path(__file__).parents[1] / "deploy/bmrepmon.service"
TICKS = os.sysconf("SC_CLK_TCK")


def idles(folders: int, seconds: float) -> list[Result]:
    """Watch the daemon beside a server of about so many folders for ``seconds``, once.

    Raises:
        Differs: the daemon does not see the folders that there are.
    """
    with tempfile.TemporaryDirectory() as root, _server(Path(root), folders) as server:
        config = _configuration(server)
        with _daemon(config, server.root) as (process, address):
            told = _ready(address)
            there = sum(not folder.deleted for folder in server.truth().folders)
            if abs(told - there) > there * 0.01:  # some come and go meanwhile
                raise Differs(f"daemon_idle: the daemon sees {told} folders, there are {there}")
            time.sleep(min(SETTLES_IN, seconds))
            before, begun = _cpu(process.pid), time.monotonic()
            time.sleep(seconds)
            share = 100 * (_cpu(process.pid) - before) / (time.monotonic() - begun)
            memory = _rss(process.pid)
    return [Result("daemon_idle_rss", "MiB", (memory,)), Result("daemon_idle_cpu", "%", (share,))]


@contextmanager
def _server(root: Path, folders: int) -> Iterator[SimulatedServer]:
    """Let a simulated server live in real time."""
    plan = Plan(mailboxes=round(folders / PER_MAILBOX), messages=2 * folders, epoch=time.time())
    with SimulatedServer(root, plan) as server:
        server.build()
        SCENARIOS["steady"].play(server)
        failed = threading.Event()
        driver = Driver(server, SystemClock(), failed.set)
        driver.start()
        try:
            yield server
        finally:
            driver.stop()
        if failed.is_set():
            raise Differs(f"daemon_idle: {driver.failure}")


def _configuration(server: SimulatedServer) -> Path:
    """Take the demo's configuration without its hurry."""
    file = server.root / "etc/bmrepmon/bmrepmon.toml"
    text = re.sub(r"(?ms)^\[(schedule|verdict)\].*?(?=^\[|\Z)", "", file.read_text())
    file.write_text(text)
    return file


@contextmanager
def _daemon(config: Path, root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    program = Path(sys.executable).with_name("bmrepmon")
    command = [str(word) for word in (program, "run", "--config", config, "--root", root, "--listen", "127.0.0.1:0")]
    environment, before = _environment(UNIT.read_text(), root), _line(UNIT.read_text(), "ExecStartPre")
    subprocess.run([sys.executable, *shlex.split(before)[1:]], env=environment, check=True)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process, _address(process.stderr)
        finally:
            process.terminate()


def _environment(unit: str, root: Path) -> dict[str, str]:
    """Return our own environment with what the unit sets, its directories below ``root``."""
    variables = re.findall(r"(\w+)=(\S+)", _line(unit, "Environment"))
    set_there = {name: value.replace("/var/", f"{root}/var/") for name, value in variables}
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **set_there}


def _line(unit: str, key: str) -> str:
    """Return what a unit says of a key that it has once."""
    [line] = re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)
    return str(line)


def _address(log: IO[str] | None) -> str:
    """Read where the daemon listens from its log; what it says afterwards is read and dropped."""
    for line in log or ():
        if log and (found := re.search(r"listen=\W*(127\.0\.0\.1:\d+)", line)):
            threading.Thread(target=log.read, daemon=True).start()
            return found[1]
    raise Differs("daemon_idle: the daemon ended at once")


def _ready(address: str) -> int:
    """Wait for the first round of everything; return how many folders it saw."""
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        states = re.findall(r"^bmrepmon_folders\{.*state=\"(?!deleted)\w+\"\} (\S+)$", text, re.MULTILINE)
        if states:
            return round(sum(map(float, states)))
        time.sleep(0.5)
    raise Differs("daemon_idle: the daemon has not looked at folders within two minutes")


def _cpu(pid: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _rss(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20
