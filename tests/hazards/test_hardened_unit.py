"""The daemon under what the systemd unit leaves it: no rights but to read, and nowhere to write but its state."""

import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from daemon import BMREPMON, Daemon
from watched import QUICK, config, health

from bmrepmon.demo.server import Plan, SimulatedServer

NOBODY = pwd.getpwnam("nobody").pw_uid
CAPABILITY = "dac_read_search"
STATUS = {"CapEff": "0000000000000004", "CapBnd": "0000000000000004", "NoNewPrivs": "1", "Uid": str(NOBODY)}


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
    """Return what runs a program as the unit does: every mount read-only but ``state``, another user, one right."""
    rights = f"--reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs"
    ability = f"--inh-caps={capabilities} --ambient-caps={capabilities} --bounding-set={capabilities}"
    where = shlex.quote(str(state))
    mounts = f"mount --bind {where} {where} && mount -o remount,bind,ro / && mount -o remount,bind,rw {where}"
    runner = ["unshare", "--mount", "sh", "-c", f'{mounts} && exec setpriv {rights} {ability} "$@"', "sh"]
    if os.geteuid() or not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        pytest.skip("only root can take rights away from a program like this")
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
