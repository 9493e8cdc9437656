"""Whatever is wrong with a command line, a file or a machine: clear lines that name it and the way out."""

import gzip
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from daemon import BMREPMON, Daemon, bmrepmon
from programs import python_for_all

from bmrepmon.demo.server import SimulatedServer

Environ = Iterable[tuple[str, str]]

PLANTED = "hunter2-PLANTED"  # a secret; the simulated server's own is looked for too
RECORDED = Path(__file__).parents[1] / "fixtures/logs/replication-2022.log.gz"
FILES: dict[str, bytes] = {  # what lies in the folder that each command works in
    "typo.toml": b"[core]\nreplicaton_log = '/x'\n[schedul]\nspool = '1s'\n",
    "syntax.toml": f"[core]\n[[backend]]\ndatabase = password={PLANTED}\n".encode(),
    "type.toml": f"[core]\nsync_port = '{PLANTED}'\n".encode(),
    "latin.toml": "[core]\n# été\n".encode("latin-1"),
    "fine.toml": b"[core]\ntimezone = 'Europe/Paris'\n",
    "empty.log": b"",
    "binary.log": bytes(range(256)) * 64,
    "zeros.log": bytes(5000),
    "cut.log.gz": RECORDED.read_bytes()[:60],
    "no.log.gz": gzip.compress(b"nothing of interest\n" * 99),
}

as_nobody = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")


class Case(NamedTuple):
    """A command line, its exit code, and what each line on stderr must name."""

    command: str
    code: int
    lines: tuple[tuple[str, ...], ...]
    environ: tuple[str, str] = ("LC_ALL", "C.UTF-8")


FAILED = (
    Case("check-config --config nothing.toml", 1, (("nothing.toml", "no such file", "--config"),)),
    Case("check-config --config folder", 1, (("folder", "is a directory", "name the file"),)),
    Case(
        "check-config --config typo.toml",
        1,
        (
            ("typo.toml", "[core] replicaton_log", "did you mean 'replication_log'"),
            ("typo.toml", "[schedul]", "did you mean 'schedule'"),
        ),
    ),
    Case("check-config --config syntax.toml", 1, (("syntax.toml", "line 3, column", "is not TOML", "quotes"),)),
    Case("check-config --config type.toml", 1, (("type.toml", "[core] sync_port", "must be a whole number"),)),
    Case("check-config --config latin.toml", 1, (("latin.toml", "line 2", "not UTF-8", "save the file"),)),
    Case("once --config typo.toml", 1, (("replicaton_log", "did you mean"), ("schedul", "did you mean"))),
    Case("doctor --config nothing.toml", 1, (("nothing.toml", "no such file", "--config"),)),
    Case(
        "run --config type.toml --listen 127.0.0.1:0",
        1,
        (("type.toml", "[core] sync_port", "must be a whole number"),),
    ),
    Case(
        "check-config",
        1,
        (("BMREPMON_CORE__SYNC_PORT", "must be a whole number"),),
        ("BMREPMON_CORE__SYNC_PORT", PLANTED),
    ),
    Case(
        "check-config",
        1,
        (("BMREPMON_SCHEDULE__SPOL", "no key", "did you mean 'BMREPMON_SCHEDULE__SPOOL'"),),
        ("BMREPMON_SCHEDULE__SPOL", PLANTED),
    ),
    Case("run --listen nonsense", 1, (("[web] listen", "'nonsense'", "HOST:PORT"),)),
    Case("run --root folder --state-dir here --listen 1.2.3.4:5", 1, (("1.2.3.4:5", "--listen"),)),
    Case("replay nothing.log", 1, (("nothing.log", "no such file", "/var/log/bm/replication.log"),)),
    Case("replay folder", 1, (("folder", "is a directory", "folder/replication.log*"),)),
    Case("replay empty.log binary.log", 1, (("empty.log", "empty", "leave it out"), ("binary.log", "right file?"))),
    Case("replay zeros.log", 1, (("zeros.log", "no event", "right file?"),)),
    Case("replay cut.log.gz", 1, (("cut.log.gz", "no event", "right file?"),)),
    Case("replay no.log.gz", 1, (("no.log.gz", "no event", "right file?"),)),
    Case("replay /dev/null", 1, (("/dev/null", "not a regular file", "save"),)),
)
MISUSED = (
    Case("once --root nowhere", 2, (("--root", "nowhere", "does not exist"),)),
    Case("once --root fine.toml", 2, (("--root", "fine.toml", "is a file"),)),
    Case("frobnicate", 2, (("No such command", "frobnicate"),)),
    Case("once --frobnicate", 2, (("No such option", "--frobnicate"),)),
    Case("once --format yaml", 2, (("--format", "text", "json", "prometheus"),)),
    Case("replay", 2, (("Missing argument", "FILES"),)),
    Case("replay empty.log --timezone Mars/Phobos", 2, (("Mars/Phobos", "Europe/Paris"),)),
    Case("replay empty.log --min-gap soon", 2, (("soon", "30s"),)),
    Case("demo --messages many", 2, (("--messages", "many", "integer"),)),
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with ``FILES``, which everybody may enter, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "folder/proc").mkdir(parents=True)
        for file, content in FILES.items():
            (place / file).write_bytes(content)
        yield place


def run(place: Path, *arguments: str, nobody: bool = False, environ: Environ = ()) -> subprocess.CompletedProcess[str]:
    """Run a command in ``place``; as a user without rights if asked."""
    account = pwd.getpwnam("nobody")
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if nobody else {}
    packages = {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)} if nobody else {}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # the identity is one of several keywords
        [python_for_all() if nobody else sys.executable, *BMREPMON[1:], *arguments],
        cwd=place,
        env={**os.environ, "LC_ALL": "C.UTF-8", **packages, **dict(environ)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **identity,
    )


def check(said: str, lines: tuple[tuple[str, ...], ...], told: list[str]) -> None:
    """Hold the lines that were told against what they must name; nothing secret and no traceback anywhere."""
    assert len(told) == len(lines), said
    assert [[word for word in words if word not in line] for line, words in zip(told, lines, strict=True)] == [
        [] for _ in lines
    ], said
    assert "Traceback" not in said
    assert PLANTED not in said


@pytest.mark.parametrize("case", FAILED, ids=lambda case: f"{case.command} {case.environ[0]}")
def test_a_failure_is_a_line_for_each_problem(place: Path, case: Case) -> None:
    """Exit code 1, nothing on stdout, and exactly the lines that the problems need."""
    done = run(place, *case.command.split(), environ=[case.environ])

    assert (done.returncode, done.stdout) == (case.code, "")
    told = done.stderr.splitlines()
    assert all(line.startswith("bmrepmon: ") for line in told)
    check(done.stderr, case.lines, told)


@pytest.mark.parametrize("case", MISUSED, ids=lambda case: case.command)
def test_wrong_usage_is_told_by_the_last_line(place: Path, case: Case) -> None:
    """Exit code 2, the usage, and one line with the mistake."""
    done = run(place, *case.command.split())

    assert (done.returncode, done.stdout) == (case.code, "")
    assert done.stderr.startswith("Usage: bmrepmon ")
    check(done.stderr, case.lines, [line for line in done.stderr.splitlines() if line.startswith("Error: ")])


def test_a_good_configuration_is_told_in_one_line(place: Path) -> None:
    """In the language of the user, on stdout; without a file the defaults are named."""
    told = {
        (locale, named): run(place, "check-config", "--root", "folder", *named, environ=[("LC_ALL", locale)])
        for locale in ("C.UTF-8", "fr_FR.UTF-8")
        for named in ((), ("--config", "fine.toml"))
    }

    assert {(done.returncode, done.stderr) for done in told.values()} == {(0, "")}
    assert [done.stdout for done in told.values()] == [
        "no configuration file, all defaults: fine\n",
        "fine.toml: fine\n",
        "pas de fichier de configuration, que des valeurs par défaut : rien à redire\n",
        "fine.toml : rien à redire\n",
    ]


def test_a_damaged_archive_is_analysed_up_to_the_damage(place: Path) -> None:
    """What can be read is worth having; the damage is told before it, and programs find it in the document."""
    damaged = place / "damaged.log.gz"
    damaged.write_bytes(RECORDED.read_bytes()[:9000])
    text, french, document = (
        run(place, "replay", "damaged.log.gz", *options, environ=[("LC_ALL", locale)])
        for locale, options in (("C", ()), ("fr_FR.UTF-8", ()), ("fr_FR.UTF-8", ("--format", "json")))
    )

    assert [done.returncode for done in (text, french, document)] == [0, 0, 0]
    assert text.stdout.startswith("Warning: damaged.log.gz: the archive is damaged")
    assert french.stdout.startswith("Attention : damaged.log.gz : l'archive est endommagée")
    (warning,) = json.loads(document.stdout)["warnings"]
    assert warning.startswith("damaged.log.gz: the archive is damaged")


@as_nobody
@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("check-config --config closed.toml", (("closed.toml", "permission denied", "let the user"),)),
        ("replay closed.toml", (("closed.toml", "no permission", "run as root"),)),
    ],
)
def test_a_file_that_may_not_be_read_is_named(place: Path, command: str, lines: tuple[tuple[str, ...], ...]) -> None:
    """With the right that is missing."""
    (place / "closed.toml").write_text(f"# {PLANTED}\n")
    (place / "closed.toml").chmod(0)
    done = run(place, *command.split(), nobody=True)

    assert (done.returncode, done.stdout) == (1, "")
    check(done.stderr, lines, done.stderr.splitlines())


def without(path: Path) -> None:
    """Take a tree away."""
    shutil.rmtree(path)


def file_there(path: Path) -> None:
    """Put a file where a tree should be."""
    shutil.rmtree(path)
    path.write_text("")


SOUND = ("log", "core_log", "sessions", "spool")  # what works, unless it is what was spoilt


class Broken(NamedTuple):
    """What is done to a store or written about the database, and how its source fails."""

    source: str
    spoil: Callable[[Path], None] | None
    database: str  # of [[backend]]; {port} is that of PostgreSQL, {password} the right one
    reason: str
    names: tuple[str, ...]


DATABASE = "host=127.0.0.1 port={port} user=bj dbname=bj-data password={password}"
BROKEN = (
    Broken("spool", without, "", "missing", ("var/spool/cyrus/data", "its messages are unknown", "set spool")),
    Broken("spool", file_there, "", "not_a_directory", ("var/spool/cyrus/data", "set spool")),
    Broken("database", None, DATABASE.replace("{password}", PLANTED), "password", ("bm-master", "correct user")),
    Broken("database", None, DATABASE.replace("{port}", "1"), "refused", ("nobody listens", "start PostgreSQL")),
    Broken("database", None, DATABASE.replace("bj-data", "bj"), "no_table", ("t_message_body", "bj-data")),
    Broken("database", None, DATABASE.replace("bj-data", "nothing"), "no_database", ("correct dbname",)),
)


@pytest.fixture
def machine(place: Path) -> Iterator[Path]:
    """A small machine: a log, a spool with one message, and the sockets of this one."""
    root = place / "machine"
    (root / "var/log/bm").mkdir(parents=True)
    (root / "var/log/bm/core.log").touch()
    (root / "var/log/bm/replication.log").write_bytes(gzip.decompress(RECORDED.read_bytes()))
    folder = root / "var/spool/cyrus/data/bm-master__a_test/domain/a/a.test/t/user/tom"
    folder.mkdir(parents=True)
    (folder / "1.").touch()
    (root / "proc").symlink_to("/proc")
    yield root
    shutil.rmtree(root)


def write_config(root: Path, server: SimulatedServer, broken: Broken) -> Path:
    """Spoil the machine, and write a configuration for it."""
    assert server.postgres
    if broken.spoil:
        broken.spoil(root / "var/spool/cyrus/data")
    password = (server.root / "etc/bmrepmon/database.password").read_text()
    database = broken.database.format(port=server.postgres.port, password=password)
    file = root.with_name("broken.toml")
    spool = root / "var/spool/cyrus/data"
    file.write_text(f"[[backend]]\nname = 'bm-master'\nspool = '{spool}'\ndatabase = '{database}'\n")
    return file


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.source} {broken.reason}")
def test_one_broken_source_is_told_and_the_others_work(machine: Path, resting: SimulatedServer, broken: Broken) -> None:
    """`once` names the source, what is wrong and the way out; all the others are read, and the exit code is 0."""
    file = write_config(machine, resting, broken)
    document, text = (
        bmrepmon("once", "--root", machine, "--config", file, "--format", form, LC_ALL="C.UTF-8")
        for form in ("json", "text")
    )

    sources = {one["source"]: one for one in json.loads(document.stdout)["sources"]}
    failed = sources.pop(broken.source)
    assert (document.returncode, text.returncode) == (0, 0)
    assert (document.stderr, text.stderr) == ("", "")
    assert (failed["success"], failed["reason"]) == (False, broken.reason)
    assert [name for name in broken.names if name not in failed["error"]] == []
    assert {sources[name]["success"] for name in SOUND if name in sources} == {True}
    assert f"Exactly: {failed['error']}" in " ".join(text.stdout.split())
    said = document.stdout + text.stdout
    assert "Traceback" not in said
    assert PLANTED not in said


@as_nobody
def test_a_spool_that_may_not_be_read_is_told_with_the_right_that_is_missing(place: Path, machine: Path) -> None:
    """As an ordinary user, on a spool that is Cyrus's own."""
    (machine / "var/spool/cyrus/data").chmod(0o700)
    done = run(place, "once", "--root", str(machine), "--format", "json", nobody=True)

    sources = {one["source"]: one for one in json.loads(done.stdout)["sources"]}
    assert (done.returncode, done.stderr) == (0, "")
    assert sources["spool"]["reason"] == "permission"
    assert "CAP_DAC_READ_SEARCH" in sources["spool"]["error"]
    assert sources["log"]["success"] is True


def test_an_unreadable_bm_ini_is_told(machine: Path, tmp_path: Path) -> None:
    """There is no source of which one could say that it fails: `once` says it beside, the daemon in its log."""
    (machine / "etc/bm/bm.ini").mkdir(parents=True)
    done = bmrepmon("once", "--root", machine, LC_ALL="C.UTF-8")
    with Daemon(machine, options=["--state-dir", str(tmp_path)]) as daemon:
        daemon.ready()
        daemon.stop()

    assert done.returncode == 0
    check(done.stderr, ((f"{machine}/etc/bm/bm.ini", "is a directory", "[[backend]] database"),), [done.stderr])
    told = [line for line in daemon.log if "bm.ini" in line]
    check("".join(daemon.log), (("is a directory", "[[backend]] database"),), told)


def test_the_daemon_tells_each_broken_source_once_and_goes_on(
    machine: Path, resting: SimulatedServer, tmp_path: Path
) -> None:
    """In its status and in its log, with the same sentence; without the password."""
    broken = Broken("database", without, DATABASE.replace("{password}", PLANTED), "password", ())
    file = write_config(machine, resting, broken)
    every = {f"BMREPMON_SCHEDULE__{source}": "1s" for source in ("SPOOL", "DATABASE")}
    with Daemon(machine, file, ["--state-dir", str(tmp_path)], **every) as daemon:
        status = daemon.ready().status()
        page = daemon.get("/")[1].decode()
        code = daemon.stop()

    failed = {one["source"]: one["error"] for one in status["sources"] if not one["success"]}
    assert code == 0
    assert set(failed) & {*SOUND, "database"} == {"spool", "database"}
    told = [json.loads(line) for line in daemon.log]
    assert {line["source"]: line["error"] for line in told if "source" in line and "error" in line} == {
        f"{source} of bm-master": error for source, error in failed.items()
    }
    assert len([line for line in told if "error" in line]) == len(failed)
    assert PLANTED not in page + json.dumps(status) + "".join(daemon.log)


def garbage(directory: Path) -> None:
    """A state file that is none."""
    (directory / "state.sqlite").write_bytes(b"this is no database " * 500)


def newer(directory: Path) -> None:
    """A state file of a bmrepmon to come."""
    with sqlite3.connect(directory / "state.sqlite") as connection:
        version = connection.execute("pragma user_version").fetchone()[0]
        connection.execute(f"pragma user_version = {version + 1}")
    connection.close()


@pytest.mark.parametrize(("spoil", "fate"), [(garbage, "corrupt"), (newer, "newer")])
def test_a_state_file_of_no_use_is_put_aside(
    machine: Path, tmp_path: Path, spoil: Callable[[Path], None], fate: str
) -> None:
    """The daemon says so in one line, keeps the file under another name, counts anew and saves again."""
    options = ["--state-dir", str(tmp_path)]
    with Daemon(machine, options=options) as daemon:
        daemon.ready().stop()
    spoil(tmp_path)
    spoilt = (tmp_path / "state.sqlite").read_bytes()
    with Daemon(machine, options=options) as daemon:
        applied = daemon.ready().status()["log"]["apply_mailbox"]
        code = daemon.stop()

    (aside,) = tmp_path.glob(f"state.sqlite.{fate}-*Z")
    assert (code, applied) == (0, 120)
    assert aside.read_bytes() == spoilt
    assert (tmp_path / "state.sqlite").read_bytes() not in (spoilt, b"")
    check("".join(daemon.log), ((aside.name,),), [line for line in daemon.log if '"error"' in line])


def test_a_state_that_cannot_be_saved_does_not_end_the_monitoring(machine: Path, tmp_path: Path) -> None:
    """A file where the state directory should be: one line in the log, and everything else works."""
    (tmp_path / "file").touch()
    with Daemon(machine, options=["--state-dir", str(tmp_path / "file")]) as daemon:
        applied = daemon.ready().status()["log"]["apply_mailbox"]
        code = daemon.stop()

    assert (code, applied) == (0, 120)
    errors = [line for line in daemon.log if '"error"' in line]
    check("".join(daemon.log), ((str(tmp_path / "file"), "from memory"),), errors)
