"""The rest of the simulated machine: BlueMind's configuration, folders that are always there, and stray files."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from bmrepmon.demo.disk import ARCHIVE, META, SPOOL
from bmrepmon.demo.names import DEFAULT_PARTITION, partition
from bmrepmon.demo.population import DOMAINS, SERVER
from bmrepmon.demo.postgres import PASSWORD, USER
from bmrepmon.demo.truth import Store
from bmrepmon.model.frozen import frozen

SYNC_LOG = "var/lib/cyrus/sync/core"
LOGS = "var/log/bm"
PARTITIONS = tuple(partition(SERVER, domain) for domain in DOMAINS)
PLACES: Mapping[Store, tuple[str, ...]] = frozen({"spool": (*PARTITIONS, DEFAULT_PARTITION), "archive": PARTITIONS})

BM_INI = f"""[global]
dbtype = "PGSQL"
host = "127.0.0.1"
db = "bj"
user = "{USER}"
password = "{PASSWORD}"
external-url = "bm.demo.example"
"""
CONFIG = """# Written by `bmrepmon demo` for the machine that it simulates.
[verdict]
# Nobody wants to watch a demo for minutes.
warm_up = "5s"
disconnected_after = "10s"
core_down = "1m"
stalled_after = "20s"
silent_after = "1m"

[core]
timezone = "{zone}"
sync_port = {sync_port}

[[backend]]
name = "{server}"
{database}
[schedule]  # faster than on a real server: there is little to look at, and somebody is watching
spool = "5s"
folders = "5s"
database = "5s"
backlog = "2s"
sessions = "2s"

[state]
directory = "{root}/var/lib/bmrepmon"
"""
DATABASE = """database = "{conninfo}"
database_password_file = "{file}"
"""


def plant(root: Path) -> dict[tuple[Store, str], int]:
    """Make the tree; return how many files that are no messages lie in each store and partition."""
    for place in (SYNC_LOG, LOGS, "etc/bm", "etc/bmrepmon", "var/lib/bmrepmon", "var/spool/bm-cyrus-replication"):
        (root / place).mkdir(parents=True, exist_ok=True)
    for name in PARTITIONS:
        for store in (SPOOL, META, ARCHIVE):
            (root / store / name).mkdir(parents=True)
        crashed = root / SPOOL / name / "stage." / "1234-1600000000-0"  # a delivery that died long ago
        crashed.parent.mkdir()
        crashed.write_bytes(b"Return-Path: <>\r\n")
        (root / SPOOL / name / "sync." / "2502").mkdir(parents=True)
    (root / SPOOL / DEFAULT_PARTITION).mkdir()
    (root / "etc/bm/bm.ini").write_text(BM_INI)
    (root / "etc/cyrus-partitions").write_text("".join(_partition_lines(PARTITIONS)))
    (root / "proc").symlink_to("/proc")
    return {("spool", name): 1 for name in PARTITIONS}


def configure(root: Path, zone: str, sync_port: int, conninfo: str | None) -> Path:
    """Write the configuration of a monitor for this machine; return where it is."""
    database = ""
    if conninfo:
        secret = root / "etc/bmrepmon/database.password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        database = DATABASE.format(conninfo=conninfo, file=secret)
    file = root / "etc/bmrepmon/bmrepmon.toml"
    file.write_text(CONFIG.format(zone=zone, sync_port=sync_port, server=SERVER, database=database, root=root))
    return file


def _partition_lines(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        yield f"partition-{name}: /{SPOOL}/{name}\n"
        yield f"metapartition-{name}: /{META}/{name}\n"
        yield f"archivepartition-{name}: /{ARCHIVE}/{name}\n"
