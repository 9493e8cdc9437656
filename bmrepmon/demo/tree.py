"""The rest of the simulated machines: BlueMind's configuration, folders that are always there, and stray files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmrepmon.demo.disk import ARCHIVE, META, SPOOL
from bmrepmon.demo.names import DEFAULT_PARTITION, partition
from bmrepmon.demo.population import DOMAINS
from bmrepmon.demo.postgres import PASSWORD, USER
from bmrepmon.demo.truth import Store
from bmrepmon.model.frozen import frozen

SYNC_LOG = "var/lib/cyrus/sync/core"
LOGS = "var/log/bm"
BACKEND_PLACES = {"spool": SPOOL, "meta": META, "archive": ARCHIVE, "sync_log": SYNC_LOG}

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

{backends}
[schedule]  # faster than on a real server: there is little to look at, and somebody is watching
spool = "5s"
folders = "5s"
database = "5s"
backlog = "2s"
sessions = "2s"

[state]
directory = "{root}/var/lib/bmrepmon"
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where one mail server is: its name, what its paths begin with, and from where its sync_client connects."""

    server: str
    home: Path
    address: str

    @property
    def partitions(self) -> tuple[str, ...]:
        """The partitions of its domains."""
        return tuple(partition(self.server, domain) for domain in DOMAINS)

    @property
    def places(self) -> Mapping[Store, tuple[str, ...]]:
        """The partitions of each store."""
        return frozen({"spool": (*self.partitions, DEFAULT_PARTITION), "archive": self.partitions})


def find_sites(root: Path, servers: Sequence[str]) -> tuple[Site, ...]:
    """Give each mail server its place on the machine below ``root``, which is itself the first of them."""
    homes = (root, *(root / "srv" / server for server in servers[1:]))
    return tuple(Site(s, home, f"127.0.0.{n}") for n, (s, home) in enumerate(zip(servers, homes, strict=True), 1))


def plant(root: Path, site: Site) -> None:
    """Make what is there once for all mail servers; ``site`` is that of bm-core's own machine."""
    for place in (LOGS, "etc/bm", "etc/bmrepmon", "var/lib/bmrepmon"):
        (root / place).mkdir(parents=True, exist_ok=True)
    (root / "etc/bm/bm.ini").write_text(BM_INI)
    (root / "etc/cyrus-partitions").write_text("".join(_partition_lines(site.partitions)))
    (root / "proc").symlink_to("/proc")


def plant_cyrus(site: Site) -> dict[tuple[Store, str], int]:
    """Make the tree of Cyrus; return how many files that are no messages lie in each store and partition."""
    for place in (SYNC_LOG, "var/spool/bm-cyrus-replication"):
        (site.home / place).mkdir(parents=True, exist_ok=True)
    spool = site.home / SPOOL
    for name in site.partitions:
        for store in (SPOOL, META, ARCHIVE):
            (site.home / store / name).mkdir(parents=True)
        crashed = spool / name / "stage." / "1234-1600000000-0"  # a delivery that died long ago
        crashed.parent.mkdir()
        crashed.write_bytes(b"Return-Path: <>\r\n")
        (spool / name / "sync." / "2502").mkdir(parents=True)
    (spool / DEFAULT_PARTITION).mkdir()
    return {("spool", name): 1 for name in site.partitions}


def configure(root: Path, zone: str, sync_port: int, backends: Mapping[Site, str | None]) -> Path:
    """Write the configuration of a monitor for this machine; return where it is.

    ``backends`` tells of each mail server how to connect to its database, if it has one.
    """
    secret = root / "etc/bmrepmon/database.password"
    if any(backends.values()):
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
    sections = (
        "\n".join(_section(root, site, conninfo, secret, sole=len(backends) == 1))
        for site, conninfo in backends.items()
    )
    file = root / "etc/bmrepmon/bmrepmon.toml"
    file.write_text(CONFIG.format(zone=zone, sync_port=sync_port, backends="\n".join(sections), root=root))
    return file


def _section(root: Path, site: Site, conninfo: str | None, secret: Path, *, sole: bool) -> Iterator[str]:
    """Tell what a monitor does not find out by itself; the default paths are those of the first mail server."""
    yield f'[[backend]]\nname = "{site.server}"'
    if not sole:
        yield f'addresses = ["{site.address}"]'
    if site.home != root:
        yield from (f'{key} = "{site.home / place}"' for key, place in BACKEND_PLACES.items())
    if conninfo:
        yield f'database = "{conninfo}"\ndatabase_password_file = "{secret}"'
    yield ""


def _partition_lines(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        yield f"partition-{name}: /{SPOOL}/{name}\n"
        yield f"metapartition-{name}: /{META}/{name}\n"
        yield f"archivepartition-{name}: /{ARCHIVE}/{name}\n"
