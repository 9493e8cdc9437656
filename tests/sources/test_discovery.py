import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from psycopg.conninfo import conninfo_to_dict

from bmrepmon.config.installation import Finding, Installation
from bmrepmon.config.load import parse_settings
from bmrepmon.discovery import discover

PLANTED = "hunter2 'PLANTED\\"
INI = f'[global]\ndbtype = PGSQL\nhost = "10.0.0.9"\ndb=bj\nuser=bj\npassword="{PLANTED}"\n'
FIB_TRIE = "  |-- 10.0.0.7\n     /32 host LOCAL\n  |-- 127.0.0.1\n     /32 host LOCAL\n"

Look = Callable[..., Installation]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Discover the machine below tmp_path, with a configuration and an environment."""

    def discovered(text: str = "", environ: dict[str, str] | None = None) -> Installation:
        return discover(parse_settings(text.encode(), "test", {}), tmp_path, environ or {})

    return discovered


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder whose parents everybody may enter, unlike tmp_path's."""
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


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def partitions(root: Path, *names: str, store: str = "var/spool/cyrus/data") -> None:
    for name in names:
        (root / store / name).mkdir(parents=True)


def of(found: Installation, subject: str) -> list[Finding]:
    return [finding for finding in found.findings if finding.subject == subject]


def test_an_empty_machine_has_no_source_and_says_so(tmp_path: Path, look: Look) -> None:
    """Nothing of BlueMind is there: every source is None, and each default place is named in a finding."""
    found = look()

    backend = found.backends[0]
    assert (found.replication_log, found.core_log) == (None, None)
    assert (backend.spool, backend.meta, backend.archive, backend.sync_log, backend.database) == (None,) * 5
    assert (backend.name, backend.addresses, backend.expected_sessions) == ("local", (), 4)
    assert found.proc == tmp_path / "proc"
    assert found.state_directory == tmp_path / "var/lib/bmrepmon"
    assert {finding.reason for finding in found.findings} == {"absent"}
    assert {finding.subject for finding in found.findings} == {
        "replication log", "core log", "spool", "meta", "archive", "sync log", "bm.ini",
    }  # fmt: skip


def test_a_single_server_is_found_with_no_configuration(tmp_path: Path, look: Look) -> None:
    """BlueMind's default paths, the server's name from its partitions, and the database from bm.ini."""
    partitions(tmp_path, "bm-master__acme_test", "bm-master__corp_test", "default", "lost+found")
    partitions(tmp_path, "bm-master__acme_test", store="var/spool/cyrus/meta")
    partitions(tmp_path, store="var/spool/bm-hsm/cyrus-archives/x")
    (tmp_path / "var/lib/cyrus/sync/core").mkdir(parents=True)
    (tmp_path / "var/log/bm").mkdir(parents=True)
    (tmp_path / "var/spool/bm-hsm/cyrus-archives").mkdir(parents=True)
    write(tmp_path / "etc/bm/bm.ini", INI)

    found = look()

    backend = found.backends[0]
    assert found.replication_log == tmp_path / "var/log/bm/replication.log"
    assert found.core_log == tmp_path / "var/log/bm/core.log"
    assert len(found.backends) == 1
    assert backend.name == "bm-master"
    assert backend.spool == tmp_path / "var/spool/cyrus/data"
    assert backend.meta == tmp_path / "var/spool/cyrus/meta"
    assert backend.archive == tmp_path / "var/spool/bm-hsm/cyrus-archives"
    assert backend.sync_log == tmp_path / "var/lib/cyrus/sync/core"
    assert backend.database is not None
    assert backend.database.shown == "dbname=bj-data host=10.0.0.9 user=bj"
    assert conninfo_to_dict(backend.database.conninfo.reveal()) == {
        "host": "10.0.0.9",
        "dbname": "bj-data",
        "user": "bj",
        "password": PLANTED,
    }
    assert "PLANTED" not in f"{found} {found!r} {backend.database}"


def test_of_several_servers_the_one_with_most_partitions_is_ours(tmp_path: Path, look: Look) -> None:
    """A spool that was moved between servers holds partitions of both; the choice is told."""
    partitions(tmp_path, "old-server__a_test", "bm_1__a_test", "bm_1__b_test")

    found = look()

    assert found.backends[0].name == "bm_1"
    assert [finding.reason for finding in of(found, "backend")] == ["ambiguous"]
    assert of(found, "backend")[0].values == {"names": "bm_1, old-server", "name": "bm_1"}


def test_without_partitions_the_host_names_the_backend(tmp_path: Path, look: Look) -> None:
    """A core server without a spool is called by its host name."""
    write(tmp_path / "etc/hostname", "core-1\n")

    assert look().backends[0].name == "core-1"


def test_written_paths_are_taken_as_they_are(tmp_path: Path, look: Look) -> None:
    """Paths of the administrator are neither put below the root nor dropped when they are missing."""
    partitions(tmp_path, "bm-master__acme_test")

    found = look(
        """
        [core]
        replication_log = "/nowhere/replication.log"
        core_log = ""
        timezone = "Europe/Paris"
        [state]
        directory = "/nowhere/state"
        [[backend]]
        spool = "/nowhere/spool"
        meta = ""
        addresses = ["10.1.1.1"]
        expected_sessions = 1
        """
    )

    backend = found.backends[0]
    assert found.replication_log == Path("/nowhere/replication.log")
    assert found.core_log is None
    assert found.timezone == ZoneInfo("Europe/Paris")
    assert found.state_directory == Path("/nowhere/state")
    assert (backend.spool, backend.meta) == (Path("/nowhere/spool"), None)
    assert (backend.addresses, backend.expected_sessions) == (("10.1.1.1",), 1)


def test_of_several_backends_only_the_local_one_has_defaults(tmp_path: Path, look: Look) -> None:
    """The spool on this machine belongs to the backend that its partitions name, and to no other."""
    partitions(tmp_path, "bm-2__acme_test")
    write(tmp_path / "etc/bm/bm.ini", INI)

    found = look("[[backend]]\nname = 'bm-1'\naddresses = ['10.0.0.1']\n[[backend]]\nname = 'bm-2'\n")

    one, two = found.backends
    assert (one.spool, one.database) == (None, None)
    assert two.spool == tmp_path / "var/spool/cyrus/data"
    assert two.database is not None


def test_a_local_spool_that_no_backend_claims_is_told(tmp_path: Path, look: Look) -> None:
    """With several backends of other names, the spool on this machine would be forgotten silently."""
    partitions(tmp_path, "bm-3__acme_test")

    found = look("[[backend]]\nname = 'bm-1'\n[[backend]]\nname = 'bm-2'\n")

    assert [finding.reason for finding in of(found, "backend")] == ["ambiguous"]
    assert of(found, "backend")[0].values == {"name": "bm-3"}


def test_zones_known_without_a_database_of_zones(look: Look) -> None:
    """UTC works on a machine without tzdata, and auto leaves the question to the log."""
    assert look("[core]\ntimezone = 'UTC'\n").timezone is UTC
    assert look().timezone is None


def test_the_state_directory_that_systemd_gives(look: Look) -> None:
    """Of several directories the first is used."""
    assert look(environ={"STATE_DIRECTORY": "/s/a:/s/b"}).state_directory == Path("/s/a")


@pytest.mark.parametrize(
    ("address", "host"), [("10.0.0.7", "10.0.0.8"), ("127.0.0.1", "10.0.0.8"), ("10.0.0.99", "10.0.0.9")]
)
def test_the_override_for_one_of_this_machines_addresses_wins(
    tmp_path: Path, look: Look, address: str, host: str
) -> None:
    """Core copies the overrides of all servers to all servers; only our own counts, key by key."""
    write(tmp_path / "proc/net/fib_trie", FIB_TRIE)
    write(tmp_path / "etc/bm/bm.ini", INI)
    write(tmp_path / f"etc/bm/bm.ini.{address}", "[global]\nhost=10.0.0.8\n")

    database = look().backends[0].database

    assert database is not None
    assert database.shown == f"dbname=bj-data host={host} user=bj"


def test_an_unreadable_bm_ini_is_told_and_not_fatal(tmp_path: Path, look: Look) -> None:
    """A folder where the file should be: no database, and a finding that names the way out."""
    (tmp_path / "etc/bm/bm.ini").mkdir(parents=True)

    found = look()

    assert found.backends[0].database is None
    assert of(found, "bm.ini") == [
        Finding(
            "bm.ini",
            "unreadable",
            "ini_unreadable",
            {"problem": "EISDIR"},
            tmp_path / "etc/bm/bm.ini",
        )
    ]


def test_a_forbidden_folder_is_told_and_not_fatal(open_folder: Path) -> None:
    """Where even looking is forbidden, the default is kept, so that its source tells why it fails."""
    write(open_folder / "etc/bm/bm.ini", INI)
    partitions(open_folder, "bm-master__acme_test")
    for forbidden in ("etc/bm", "var/spool/cyrus"):
        (open_folder / forbidden).chmod(0)

    with nobody():
        found = discover(parse_settings(b"", "test", {}), open_folder, {})

    assert found.backends[0].spool == open_folder / "var/spool/cyrus/data"
    assert found.backends[0].database is None
    assert [finding.reason for finding in of(found, "bm.ini")] == ["unreadable"]
    assert of(found, "bm.ini")[0].values == {"problem": "EACCES"}


@pytest.mark.parametrize("text", ["", "[global]\nuser=bj\n", "[global]\nhost=h\nuser=u\ndbtype=MYSQL\n"])
def test_a_bm_ini_without_what_is_needed(tmp_path: Path, look: Look, text: str) -> None:
    """A file without host or user, or for another kind of database, names no database."""
    write(tmp_path / "etc/bm/bm.ini", text)

    found = look()

    assert found.backends[0].database is None
    assert [finding.reason for finding in of(found, "bm.ini")] == ["invalid"]


@pytest.mark.parametrize(
    ("ini", "expected"),
    [
        ("host=h\nuser=u\n", {"host": "h", "dbname": "bj-data", "user": "u"}),
        ("host=h:5433\nuser=u\ndb=bj-data\n", {"host": "h", "port": "5433", "dbname": "bj-data", "user": "u"}),
        ("host=fe80::1\nuser=u u\ndb=x'\\\n", {"host": "fe80::1", "dbname": "x'\\-data", "user": "u u"}),
    ],
)
def test_what_bm_ini_says_reaches_libpq_unharmed(
    tmp_path: Path, look: Look, ini: str, expected: dict[str, str]
) -> None:
    """Spaces, quotes and backslashes in values survive the way into a connection string."""
    write(tmp_path / "etc/bm/bm.ini", f"[global]\n{ini}")

    database = look().backends[0].database

    assert database is not None
    assert conninfo_to_dict(database.conninfo.reveal()) == expected


def test_passwords_come_from_the_nearest_place(tmp_path: Path, look: Look) -> None:
    """A password file beats the connection string, which beats systemd's credential, which beats bm.ini."""
    write(tmp_path / "etc/bm/bm.ini", INI)
    write(tmp_path / "credentials/database_password", "from systemd\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    file = write(tmp_path / "password", "from file\nnot this\n")
    by_file = f"database_password_file = '{file}'"
    cases = [
        ("", {}, PLANTED),
        ("", environ, "from systemd"),
        (f"[[backend]]\n{by_file}", environ, "from file"),
        ("[[backend]]\ndatabase = 'host=h password=own'", environ, "own"),
        ("[[backend]]\ndatabase = 'host=h'", environ, "from systemd"),
        ("[[backend]]\ndatabase = 'host=h'", {}, None),
        ("[[backend]]\ndatabase = 'service=bm'", environ, None),
        ("[[backend]]\ndatabase = 'host=h passfile=/x'", environ, None),
        (f"[[backend]]\ndatabase = 'postgresql://u:own@h/d'\n{by_file}", environ, "from file"),
    ]
    for text, given, expected in cases:
        database = look(text, given).backends[0].database
        assert database is not None
        assert conninfo_to_dict(database.conninfo.reveal()).get("password") == expected, text


def test_a_missing_password_file_is_told(tmp_path: Path, look: Look) -> None:
    """The database is still tried, and the finding names the file."""
    found = look(f"[[backend]]\ndatabase = 'host=h'\ndatabase_password_file = '{tmp_path}/nothing'\n")

    assert found.backends[0].database is not None
    assert of(found, "database password") == [
        Finding(
            "database password",
            "unreadable",
            "password_missing",
            {},
            tmp_path / "nothing",
        )
    ]


@pytest.mark.parametrize(
    ("conninfo", "shown"),
    [
        ("service=bm", "service=bm"),
        ("postgresql://bj:PLANTED@db.test:5433/bj-data", "dbname=bj-data host=db.test port=5433 user=bj"),
        ("dbname=bj-data", "dbname=bj-data"),
        ("dbname='postgresql://u:PLANTED@h/d' host=h", "dbname=... host=h"),
        ("dbname='password=PLANTED'", "dbname=..."),
    ],
)
def test_a_database_is_shown_without_its_password(look: Look, conninfo: str, shown: str) -> None:
    """What people see of a connection never holds the password."""
    found = look(f'[[backend]]\ndatabase = "{conninfo}"\n')

    database = found.backends[0].database
    assert database is not None
    assert database.shown == shown
    assert "PLANTED" not in f"{found!r}"


def test_no_database_on_purpose(tmp_path: Path, look: Look) -> None:
    """An empty text switches a source off, whatever lies on the machine."""
    write(tmp_path / "etc/bm/bm.ini", INI)

    assert look("[[backend]]\ndatabase = ''\n").backends[0].database is None
    assert look("[bluemind]\nini = ''\n").backends[0].database is None


def test_metapartitions_that_lie_elsewhere_are_found(tmp_path: Path, look: Look) -> None:
    """Cyrus's own file tells; what it names in the usual place, or what is not there, is nothing to add."""
    partitions(tmp_path, "bm-master__a_test", "bm-master__b_test", store="var/spool/cyrus/meta")
    (tmp_path / "disk2/b").mkdir(parents=True)
    lines = (
        "metapartition-bm-master__a_test: /var/spool/cyrus/meta/bm-master__a_test\n"
        "metapartition-bm-master__b_test: /disk2/b\nmetapartition-bm-master__c_test: /disk3/c\n"
    )
    write(tmp_path / "etc/cyrus-partitions", lines)
    (backend,) = look().backends

    assert backend.metapartitions == (("bm-master__b_test", tmp_path / "disk2/b"),)


def test_a_file_of_partitions_that_may_not_be_read_is_told(open_folder: Path) -> None:
    """Without rights the usual place is all that is looked at."""
    partitions(open_folder, "bm-master__a_test", store="var/spool/cyrus/meta")
    write(open_folder / "etc/cyrus-partitions", "metapartition-x: /y\n").chmod(0o600)
    with nobody():
        found = discover(parse_settings(b"", "bmrepmon.toml", {}), open_folder, {})

    if os.geteuid() == 0:
        (finding,) = of(found, "meta")
        assert (finding.reason, finding.path) == ("unreadable", open_folder / "etc/cyrus-partitions")
