import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from bmrepmon.config.installation import Database, Installation
from bmrepmon.config.load import parse_settings
from bmrepmon.config.types import Secret
from bmrepmon.demo.postgres import PASSWORD, Postgres
from bmrepmon.discovery import discover
from bmrepmon.offline.doctor import Check, examine, render_json, render_text
from bmrepmon.offline.doctor.database import database_check
from bmrepmon.offline.doctor.places import walked
from bmrepmon.words.language import load_language

PLANTED = "hunter2-PLANTED"
ENGLISH, FRENCH = (load_language(code, "doctor") for code in ("en", "fr"))


def still() -> float:
    """A clock that stands still: no walk runs out of time."""
    return 0.0


@pytest.fixture
def root() -> Iterator[Path]:
    """The root of a machine, which everybody may enter, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def nobody() -> Iterator[None]:
    """Give up root's rights for a while; whoever else runs the tests has none to give up."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def machine(root: Path, text: str = "") -> Installation:
    return discover(parse_settings(text.encode(), "test", {}), root, {})


def found(installation: Installation) -> dict[str, Check]:
    return {check.subject: check for check in examine(installation, ENGLISH, still)}


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def test_a_readable_machine_has_nothing_to_mend(root: Path) -> None:
    """Every source that is there is told with its owner and permission, and doctor is content."""
    make(root, "var/log/bm/replication.log", "var/log/bm/core.log", "proc/net/tcp", "var/lib/cyrus/sync/core/log")
    make(root, "var/spool/cyrus/data/bm-master__a_test/domain/a/a.test/t/user/tom/1.", "var/lib/bmrepmon/state")

    checks = found(machine(root))

    assert {subject for subject, check in checks.items() if check.status == "ok"} >= {
        "replication log", "core log", "sessions", "sync log of bm-master", "spool of bm-master", "state directory",
    }  # fmt: skip
    assert {subject for subject, check in checks.items() if check.status == "absent"} == {"meta", "archive", "bm.ini"}
    assert all(check.good for check in checks.values())
    assert checks["spool of bm-master"].found.startswith(f"{root}/var/spool/cyrus/data: ")
    assert checks["spool of bm-master"].found.endswith(" 0755, folders looked into: 7")


def test_a_log_that_may_come_later_is_no_failure_and_a_written_one_is(root: Path) -> None:
    """At its default place the log appears when bm-core starts; a path that somebody wrote is a promise."""
    (root / "var/log/bm").mkdir(parents=True)

    checks = found(machine(root, "[core]\ncore_log = '/nowhere/core.log'\n"))

    assert checks["replication log"].status == "note"
    assert checks["core log"] == Check(
        "core log",
        "failed",
        "/nowhere/core.log: is missing",
        ("write in [core] core_log where it is, or leave the key out",),
    )


def test_a_folder_where_a_file_should_be_and_a_file_where_a_folder_should_be(root: Path) -> None:
    """The wrong kind of thing is told for what it is."""
    (root / "var/log/bm/core.log").mkdir(parents=True)
    make(root, "var/spool/cyrus/data")

    checks = found(machine(root))

    assert checks["core log"].found == f"{root}/var/log/bm/core.log: is a directory"
    assert checks["spool of local"].found == f"{root}/var/spool/cyrus/data: not a directory"
    assert not checks["core log"].good
    assert not checks["spool of local"].good


def test_unreadable_folders_of_a_spool_are_counted_and_named(root: Path) -> None:
    """Folders that Cyrus made for itself are told with the two ways to read them."""
    make(root, *(f"var/spool/cyrus/data/bm-master__a_test/domain/{letter}/x/1." for letter in "abcde"))
    make(root, "var/spool/cyrus/data/lost+found/x")
    domain = root / "var/spool/cyrus/data/bm-master__a_test/domain"
    for letter in "abcd":
        (domain / letter).chmod(0)
    (root / "var/spool/cyrus/data/lost+found").chmod(0)

    with nobody():
        check = found(machine(root))["spool of bm-master"]
    for letter in "abcd":
        (domain / letter).chmod(0o755)
    (root / "var/spool/cyrus/data/lost+found").chmod(0o755)

    assert check.status == "failed"
    assert " cannot read 4 of them: " in check.found
    assert check.found.count("bm-master__a_test/domain/") == 3
    assert check.found.endswith(", ...")
    assert "AmbientCapabilities=CAP_DAC_READ_SEARCH" in check.remedy[1]


def test_a_log_that_may_not_be_read_gets_the_command_that_opens_it(root: Path) -> None:
    """The command is complete: user, right and path, quoted for a shell."""
    make(root, "var/log/bm/replication.log", "var/log/bm/core.log", "etc/bm/bm.ini")
    (root / "var/log/bm/replication.log").chmod(0o600)
    (root / "etc/bm").chmod(0)

    with nobody():
        checks = found(machine(root))
        user = checks["user"].found.split()[0]
    (root / "etc/bm").chmod(0o755)

    if os.geteuid() == 0:
        assert checks["replication log"].remedy == (f"setfacl -m u:{user}:r {root}/var/log/bm/replication.log",)
        assert checks["replication log"].found.endswith(f" 0600: {user} may not read it")
    assert checks["core log"].good
    assert not checks["bm.ini"].good
    assert checks["bm.ini"].remedy == (
        f"setfacl -m u:{user}:x {root}/etc/bm   # then ask again: what lies below may need more",
    )


def test_a_walk_ends_when_its_time_is_over(root: Path) -> None:
    """A spool with millions of folders does not keep the administrator waiting."""
    make(root, *(f"{number}/x" for number in range(9)))
    ticks = iter(range(100))

    walk = walked(root, lambda: float(next(ticks)))

    assert walk.cut_short
    assert walk.listed == 3


def test_the_report_for_people_and_the_one_for_programs_agree() -> None:
    """Both name every check; commands are on a line of their own, never wrapped."""
    checks = (
        Check("spool of bm-master", "failed", "x: " + "long " * 40, ("setfacl -R " + "long " * 40 + "end",)),
        Check("core log", "absent", "[not markup]"),
    )
    out = io.StringIO()

    render_text(checks, Console(file=out, width=60), ENGLISH)

    lines = out.getvalue().splitlines()
    assert lines[0].startswith("FAILED spool of bm-master  x: long")
    assert lines[1].endswith("> setfacl -R " + "long " * 40 + "end")
    assert lines[2] == "-      core log            [not markup]"
    assert lines[-1] == "1 to mend, 0 fine, 1 not on this machine"
    document = json.loads(render_json(checks))
    assert document["good"] is False
    assert [check["subject"] for check in document["checks"]] == ["spool of bm-master", "core log"]


def test_the_report_speaks_french(root: Path) -> None:
    """Sentences, states and ways out are French; commands and paths are what they are."""
    make(root, "var/log/bm/replication.log", "proc/net/tcp")
    (root / "etc/bm/bm.ini").mkdir(parents=True)
    installation = machine(root, "[core]\ncore_log = '/nowhere/core.log'\n")
    out = io.StringIO()

    render_text(examine(installation, FRENCH, still), Console(file=out, width=60), FRENCH)

    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert any(line.startswith(f"ok journal de réplication {root}/var/log/bm/replication.log: ") for line in lines)
    assert "ÉCHEC journal de bm-core /nowhere/core.log : n'existe pas" in lines
    assert "> indiquez dans [core] core_log où il se trouve, ou retirez la clé" in lines
    assert f"- spool {root}/var/spool/cyrus/data n'existe pas sur cette machine" in lines
    assert any(line.startswith(f"ÉCHEC bm.ini {root}/etc/bm/bm.ini : est un répertoire : la base ") for line in lines)
    assert lines[-1].startswith("2 à corriger, ")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A real PostgreSQL with a mail database, an empty one, and roles with and without rights."""
    postgres = Postgres()
    try:
        postgres.create()
        postgres.start()
        with postgres.connect("postgres") as connection:
            connection.execute('CREATE DATABASE "bj-data"')
            connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PLANTED}'")
            connection.execute(f"CREATE ROLE \"it's me\" LOGIN PASSWORD '{PLANTED}'")
        with postgres.connect("bj-data") as connection:
            connection.execute("CREATE TABLE t_message_body (guid bytea PRIMARY KEY)")
            connection.execute("GRANT SELECT ON t_message_body TO reader")
        yield postgres
    finally:
        postgres.remove()


def database(server: Postgres, **parts: str) -> Check:
    """Examine a database of the server, as ``reader`` unless told otherwise."""
    wanted = {"host": "127.0.0.1", "port": str(server.port), "dbname": "bj-data", "user": "reader", "password": PLANTED}
    conninfo = " ".join(f"{key}='{value}'" for key, value in (wanted | parts).items()).replace("it's", r"it\'s")
    return database_check(ENGLISH, "database of bm-master", Database(Secret(conninfo), "bj-data on localhost"))


def test_a_database_that_can_be_read(server: Postgres) -> None:
    """Version, role and table are told."""
    check = database(server)

    assert check.status == "ok"
    assert check.found.startswith("bj-data on localhost: PostgreSQL ")
    assert check.found.endswith(", as reader, t_message_body can be read")


def test_a_role_that_could_write_is_noted(server: Postgres) -> None:
    """BlueMind's own role works, and a lesser one is advised."""
    check = database(server, user="bj", password=PASSWORD)

    assert check.status == "note"
    assert "may also write" in check.found
    assert check.remedy == ("better: deploy/postgresql-grants.sql makes a role that may only read",)


def test_a_missing_right_gets_a_command_that_grants_it(server: Postgres) -> None:
    """The grant names database, table and role, quoted for PostgreSQL and the shell."""
    check = database(server, user="it's me")

    assert check.status == "failed"
    assert check.found.endswith("as it's me: may not read t_message_body")
    assert check.remedy[0] == (
        "sudo -u postgres psql -d 'bj-data' -c 'GRANT SELECT ON t_message_body TO \"it'\\''s me\"'"
    )


def test_columns_that_may_not_be_read_are_told_by_table(server: Postgres) -> None:
    """As after an upgrade of bmrepmon: the file that grants them is to be run again."""
    with server.connect("bj-data") as connection:
        connection.execute("CREATE TABLE t_mailbox_replica (item_id bigint, last_uid bigint, name text)")
        connection.execute("CREATE TABLE t_container (id int, uid text, name text)")
        connection.execute("GRANT SELECT (id, uid) ON t_container TO reader")
        connection.execute("GRANT SELECT (item_id) ON t_mailbox_replica TO reader")
    check = database(server)
    with server.connect("bj-data") as connection:
        connection.execute("GRANT SELECT (last_uid) ON t_mailbox_replica TO reader")
    granted = database(server)

    assert check.status == "failed"
    assert check.found.endswith("may not read all of t_mailbox_replica; lag, difference and audit are unknown without")
    assert check.remedy[0] == "sudo -u postgres psql -d bj-data -f deploy/postgresql-grants.sql"
    assert granted.status == "ok"


@pytest.mark.parametrize(
    ("parts", "says", "helps"),
    [
        ({"password": "wrong-PLANTED"}, "password authentication failed", "check the password"),
        ({"password": ""}, "no password supplied", "check the password"),
        ({"dbname": "postgres"}, "there is no table t_message_body", "write dbname=bj-data"),
        ({"dbname": "bj"}, 'database "bj" does not exist', "psql -l"),
        ({"port": "1"}, "refused", "systemctl status postgresql"),
        ({"host": "nowhere.invalid"}, "", "check the host"),
        ({"port": "hunter2"}, "", "PostgreSQL runs"),
    ],
)
def test_each_failure_names_its_way_out(server: Postgres, parts: dict[str, str], says: str, helps: str) -> None:
    """What the server says is one line without a password, and the next line helps."""
    check = database(server, **parts)

    assert check.status == "failed"
    assert says in check.found
    assert helps in " ".join(check.remedy)
    assert "PLANTED" not in repr(check)
    assert "\n" not in check.found


def test_no_secret_in_the_whole_report(root: Path, server: Postgres) -> None:
    """Neither report shows the password, whether the connection works or not."""
    (root / "etc/bm").mkdir(parents=True)
    (root / "etc/bm/bm.ini").write_text(f"[global]\nhost=127.0.0.1:{server.port}\nuser=reader\npassword={PLANTED}\n")
    for text in ("", f"[[backend]]\ndatabase = 'host=127.0.0.1 port=1 password={PLANTED}'\n"):
        checks = examine(machine(root, text), ENGLISH, still)
        out = io.StringIO()
        render_text(checks, Console(file=out, width=200), ENGLISH)

        assert [check.good for check in checks if check.subject.startswith("database of")] == [not text]
        assert PLANTED not in out.getvalue() + render_json(checks) + repr(checks)
