"""Secrets planted everywhere they could come from, and searched for everywhere they could go."""

import base64
import copy
import pickle
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from daemon import Daemon, bmrepmon, eventually
from watched import QUICK, config, health

from bmrepmon.config.load import parse_settings
from bmrepmon.config.settings import Settings
from bmrepmon.config.types import Secret
from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
TOKEN, PASSWORD, ENVIRON = "tok-PLANTED-9f2e", "pw-PLANTED-77aa", "env-PLANTED-31cc"
BLOB = base64.b64encode(f"\0admin0\0{TOKEN}".encode()).decode()
SECRETS = (TOKEN, PASSWORD, ENVIRON, BLOB, BLOB[:12])
PATHS = ("/", "/metrics", "/api/v1/status", "/api/v1/folders?state=all", "/api/v1/history", "/x", "/api/x", "/runbooks")
ASKED = (*PATHS, "/api/v1/folders?state=" + PASSWORD, "/api/v1/history?series=" + PASSWORD, "/" + PASSWORD)
STAMP = "2025-06-15 15:00:00,000 [vert.x-eventloop-thread-1] n.b.b.c.r.s.ReplicationSession INFO - "
AUTHENTICATIONS = (
    f"{STAMP}REPL C: [frame-0]: AUTHENTICATE PLAIN {BLOB}\n"
    f"{STAMP}REPL C: [frame-0]: AUTHENTICATE PLAIN {TOKEN}\n{BLOB}\n"
    f"{STAMP}AUTHENTICATE PLAIN {BLOB} went wrong\n{STAMP[:40]}{BLOB}\n"
)


def leaks(text: str) -> list[str]:
    """Return the secrets that ``text`` holds."""
    return [secret for secret in SECRETS if secret in text]


def plant(server: SimulatedServer) -> Path:
    """Write secrets into the log, bm.ini and the configuration; nobody answers where the latter points."""
    with (server.root / "var/log/bm/replication.log").open("a") as log:
        log.write(AUTHENTICATIONS)
    ini = server.root / "etc/bm/bm.ini"
    ini.parent.mkdir(parents=True, exist_ok=True)
    ini.write_text(f"[global]\ndb = bj\ndbtype = PGSQL\nuser = bj\npassword = {PASSWORD}\nhost = 127.0.0.1\n")
    where = config(server)
    conninfo = f"host=127.0.0.1 port=1 dbname=bj-data user=bj password={PASSWORD}"
    where.write_text(where.read_text().replace("[[backend]]", f'[[backend]]\ndatabase = "{conninfo}"'))
    return where


def test_the_daemon_tells_no_secret(make_server: MakeServer) -> None:
    """Neither on a page nor in its log, nor in what it keeps on disk."""
    server = make_server(database=False)
    where = plant(server)
    with Daemon(server.root, where, ["--log-level", "debug"], PGPASSWORD=ENVIRON, **QUICK) as daemon:
        eventually(lambda: health(daemon, "database")["success"] is False)
        answers = {path: daemon.get(path)[1].decode() for path in ASKED}
        for asking in ("status", "nagios"):
            asked = bmrepmon(asking, "--url", f"http://127.0.0.1:{daemon.port}")
            answers[asking] = asked.stdout + asked.stderr
        where.write_text(f'{where.read_text()}\n[[backend]]\nname = "b"\ndatabase = "password=\'{PASSWORD}"\n')
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: health(daemon, "configuration")["success"] is False)
        answers["after a reload"] = daemon.get("/")[1].decode() + daemon.get("/api/v1/status")[1].decode()
        assert daemon.stop() == 0
        log = "".join(daemon.log)
    state = server.root / "var/lib/bmrepmon"
    kept = {path.name: path.read_bytes().decode(errors="replace") for path in state.rglob("*") if path.is_file()}

    assert {path: leaks(text) for path, text in answers.items() if leaks(text)} == {}
    assert leaks(log) == []
    assert any(
        name.endswith((".sqlite", ".db", ".sqlite3")) or "sqlite" in text[:20].lower() for name, text in kept.items()
    )
    assert {name: leaks(text) for name, text in kept.items() if leaks(text)} == {}


def test_no_command_tells_a_secret(make_server: MakeServer) -> None:
    """In no format, whether it succeeds or fails."""
    server = make_server(database=False)
    where = plant(server)
    log = server.root / "var/log/bm/replication.log"
    machine = ("--root", server.root, "--config", where)
    commands = [
        ("check-config", *machine),
        *(("once", *machine, "--format", form) for form in ("text", "json", "prometheus")),
        *(("doctor", *machine, "--format", form) for form in ("text", "json")),
        *(("folders", *machine, "--all", "--format", form) for form in ("text", "json", "csv")),
        *(("replay", log, "--format", form) for form in ("text", "json")),
        *(("audit", *machine, "--format", form) for form in ("text", "json", "jsonl")),
    ]
    told = {command: bmrepmon(*command, PGPASSWORD=ENVIRON) for command in commands}

    assert [command for command, done in told.items() if done.returncode == 2] == []
    assert [command for command, done in told.items() if leaks(done.stdout + done.stderr)] == []


@pytest.mark.parametrize(
    "line",
    [
        f'database = "host=x password=\'{PASSWORD}"',
        f'database = "postgresql://u:{PASSWORD}@h:port/bj"',
        f'database = "pass{PASSWORD}"',
        f'database = ["{PASSWORD}"]',
        f'databse = "password={PASSWORD}"',
        f'password = "{PASSWORD}"',
        f'expected_sessions = "{PASSWORD}"',
        f'database = "password={PASSWORD}',
        f'database_password_file = "{PASSWORD}"',
    ],
)
def test_a_wrong_configuration_is_refused_without_its_password(tmp_path: Path, line: str) -> None:
    """The error names section and key, never the value."""
    where = tmp_path / "bmrepmon.toml"
    where.write_text(f"[[backend]]\n{line}\n")
    done = bmrepmon("check-config", "--root", tmp_path, "--config", where)

    assert (done.returncode, leaks(done.stdout + done.stderr)) == (1, [])
    assert "Traceback" not in done.stderr


def test_settings_show_no_password() -> None:
    """Not by str, repr, format, a copy, or the frames of a traceback; and they cannot be pickled."""
    settings = _settings()
    shown = [str(settings), repr(settings), f"{settings}", repr(copy.copy(settings)), f"{settings.backend[0].database}"]
    try:
        _fails(settings.backend[0].database)
    except ZeroDivisionError as error:
        shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()

    assert leaks("".join(shown)) == []
    with pytest.raises(TypeError):
        pickle.dumps(settings)
    with pytest.raises(TypeError):
        pickle.dumps(Secret(PASSWORD))


def _settings() -> Settings:
    text = f'[[backend]]\ndatabase = "host=h dbname=d password={PASSWORD}"\n'
    return parse_settings(text.encode(), "test", {})


def _fails(secret: object) -> object:
    return [secret, 1 / 0]
