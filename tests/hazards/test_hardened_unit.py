"""The daemon under what the systemd unit leaves it: no rights but to read, and nowhere to write but its state."""

import ctypes.util
import json
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import confined
import pytest
from daemon import BMREPMON, Daemon
from watched import QUICK, config, health

from bmrepmon.demo.server import Plan, SimulatedServer

NOBODY = pwd.getpwnam("nobody").pw_uid
CAPABILITY = "dac_read_search"
RIGHTS = {"CapEff": "0000000000000004", "CapBnd": "0000000000000004", "NoNewPrivs": "1", "Uid": str(NOBODY)}
STATUS = {**RIGHTS, "Seccomp": "2", "Seccomp_filters": "2"}
UNIT = Path(__file__).parents[2] / "deploy/bmrepmon.service"
FOLDERS = 100  # by the second process
SECOND = """
import json, os, sys, time
from bmrepmon.sources.spool.pace import stand_back
from bmrepmon.sources.spool.sharing import SecondProcess
stand_back()  # which the unit forbids, having done it itself
folders = sorted(os.fsencode(entry.path) for entry in os.scandir(sys.argv[1]))
second = SecondProcess([[folder] for folder in folders])
second._process.wait()
print(json.dumps([found if isinstance(found, int) else found.files
                  for number in range(len(folders)) for found in second.brought(number) or [-1]]))
second.end()
"""
FORBIDDEN = """
import json, mmap, os, socket
def tried(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
print(json.dumps([
    tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_EXEC | mmap.PROT_WRITE)),
    tried(lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)),
    tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, 19)),
    tried(lambda: os.memfd_create("answers")),
]))
"""

SESSIONS = """
import json, socket
from bmrepmon.sources.sessions import ask
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    print(json.dumps(ask(server.getsockname()[1])))
"""


@pytest.fixture
def server() -> Iterator[SimulatedServer]:
    """A server whose spool only its owner may enter, as Cyrus makes it, in a folder that everybody may reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "root"
        root.mkdir(mode=0o755)
        with SimulatedServer(root, Plan(mailboxes=4, messages=60, database=False)) as made:
            made.build()
            made.step(10)
            for place in ("var/spool/cyrus/data", "var/spool/cyrus/meta"):
                for path in [root / place, *(root / place).rglob("*")]:
                    path.chmod(0o700 if path.is_dir() else 0o600)
            state = root / "var/lib/bmrepmon"
            state.mkdir(parents=True, mode=0o700, exist_ok=True)
            os.chown(state, NOBODY, NOBODY)
            yield made


def unit(state: Path, capabilities: str = f"-all,+{CAPABILITY}") -> Sequence[str]:
    """Return what runs a program as the unit does: another user, one right, few calls, only ``state`` to write to.

    Without that right every call is left: Python itself may lie where it cannot be started again then.
    """
    rights = f"--reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs"
    ability = f"--inh-caps={capabilities} --ambient-caps={capabilities} --bounding-set={capabilities}"
    where = shlex.quote(str(state))
    mounts = f"mount --bind {where} {where} && mount -o remount,bind,ro / && mount -o remount,bind,rw {where}"
    calls = "" if capabilities == "-all" else shlex.join([sys.executable, confined.__file__, str(UNIT)])
    runner = ["unshare", "--mount", "sh", "-c", f'{mounts} && exec setpriv {rights} {ability} {calls} "$@"', "sh"]
    if os.geteuid() or not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        pytest.skip("only root can take rights away from a program like this")
    if not (shutil.which("systemd-analyze") and ctypes.util.find_library("seccomp")):
        pytest.skip("what the unit's filter of system calls stands for is told by systemd and libseccomp")
    tried = subprocess.run([*runner, *BMREPMON, "--version"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this machine does not allow it: {tried.stderr.strip()}")
    return runner


def test_it_works_with_the_rights_of_the_unit(server: SimulatedServer) -> None:
    """Every source of the machine succeeds, the state is saved, and the kernel confirms what was taken away."""
    state = server.root / "var/lib/bmrepmon"
    with Daemon(server.root, config(server), within=unit(state), PYTHONDONTWRITEBYTECODE="1", **QUICK) as daemon:
        daemon.ready()
        told = {source: health(daemon, source)["success"] for source in ("spool", "archive", "folders", "log")}
        status = Path(f"/proc/{daemon.process.pid}/status").read_text()
        fields = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.split()[1:]}
        assert daemon.stop() == 0

    assert {name: fields[name] for name in STATUS} == STATUS
    assert told == {"spool": True, "archive": True, "folders": True, "log": True}
    assert {path.owner() for path in state.iterdir()} == {"nobody"}


def test_without_the_right_to_read_it_says_so(server: SimulatedServer) -> None:
    """Else the test above would show nothing."""
    state = server.root / "var/lib/bmrepmon"
    with Daemon(
        server.root, config(server), within=unit(state, "-all"), PYTHONDONTWRITEBYTECODE="1", **QUICK
    ) as daemon:
        daemon.ready()
        spool = health(daemon, "spool")
        assert daemon.stop() == 0

    assert spool["reason"] == "permission"


def test_the_second_process_works_with_the_rights_of_the_unit(server: SimulatedServer) -> None:
    """What lists half of a large spool may read it, too, and needs nothing that the unit forbids."""
    folders = server.root / "folders"
    for number in range(FOLDERS):
        folder = folders / f"{number:03}"
        folder.mkdir(parents=True)
        (folder / "1.").touch()
        folder.chmod(0o700)
    state = server.root / "var/lib/bmrepmon"

    assert answer(unit(state), SECOND, folders) == [1] * FOLDERS


def test_the_kernel_tells_of_sessions_with_the_rights_of_the_unit(server: SimulatedServer) -> None:
    """Else its tables of connections would be read, at ten times the cost, and nobody would notice."""
    assert answer(unit(server.root / "var/lib/bmrepmon"), SESSIONS) == [{"127.0.0.1": 1}, True]


def test_what_the_unit_forbids_is_forbidden_here(server: SimulatedServer) -> None:
    """Else the tests above would show less than they seem to."""
    refused = answer(unit(server.root / "var/lib/bmrepmon"), FORBIDDEN)

    assert refused == ["PermissionError", "PermissionError", "PermissionError", None]


def answer(within: Sequence[str], program: str, *arguments: Path) -> object:
    """Run a program of Python within what the unit leaves it; return what it prints."""
    command = [*within, sys.executable, "-c", program, *map(str, arguments)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60).stdout)
