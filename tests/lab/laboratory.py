"""The laboratory: a real Cyrus, a real sync_client, a real PostgreSQL, and a stand-in for bm-core between them.

Everything lies below one temporary folder as it lies below / on a BlueMind server, so that this folder serves as the
root of a discovered installation. Coming up takes about a second. In a test below tests/lab::

    def test_lag(lab: Laboratory) -> None:
        tom, ann = lab.user("Sent"), lab.user(domain="second.example")
        lab.wait_until_quiet()
        with lab.paused():  # or lab.core.block(), lab.core.refuse(...), lab.core.cut() ... and then lab.recover()
            lab.deliver(tom, ann, times=3)
            lab.append(tom.folder("Sent"))
            assert lab.behind() == {tom.inbox.cyrus: 3, ann.inbox.cyrus: 3, tom.folder("Sent").cyrus: 1}
        lab.wait_until_quiet()
        assert lab.unequal() == []
"""

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab.core import Core
from lab.cyrus import DOMAINS, SERVER, Cyrus
from lab.database import Database
from lab.postmaster import Postmaster
from lab.process import free_ports, until
from lab.replica import Replica
from lab.replication_log import ReplicationLog, Year
from lab.sync_client import SyncClient

from bmrepmon.demo.names import FolderName
from bmrepmon.demo.postgres import PASSWORD, USER, Postgres
from bmrepmon.model.folders import FolderHeader, FolderIdentity
from bmrepmon.parse.cyrus_header import parse_header_file
from bmrepmon.parse.cyrus_index import parse_index_header

LOGS: dict[Year, Path] = {2022: Path("var/log/bm"), 2019: Path("var/log/bm-2019")}


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened since the laboratory came up. Folders are named as MBOXNAME names them."""

    delivered: Mapping[str, int]  # messages put into a folder, copies too
    applied: Mapping[str, int]  # messages of it that bm-core has made records of
    frames: Mapping[str, int]  # commands of sync_client, by verb
    answers: Mapping[str, int]  # by status: OK, NO, BAD
    apply_mailbox: Mapping[str, int]  # commands, by partition
    bodies: int  # that bm-core was sent


@dataclass(frozen=True, slots=True)
class IndexedFolder:
    """One folder as its files on disk describe it."""

    name: str  # as in MBOXNAME
    header: FolderHeader


class Laboratory(Postmaster):
    """A small BlueMind; ``with Laboratory() as lab: lab.deliver(lab.user())``."""

    def __init__(self, year: Year = 2022) -> None:
        """Lay it out with the tables of 2019 or of 2022; the log is written in both forms."""
        super().__init__()
        with contextlib.ExitStack() as undo:
            self.home = Path(tempfile.mkdtemp(prefix="bmrepmon-lab-"))
            undo.callback(shutil.rmtree, self.home, ignore_errors=True)
            self.home.chmod(0o755)
            self.postgres = Postgres()
            undo.callback(self.postgres.remove)
            (port,) = free_ports(1)
            self.cyrus = Cyrus(self.home, port)
            self.log = ReplicationLog({kind: self.home / folder for kind, folder in LOGS.items()})
            undo.callback(self.log.close)
            self._core_port = port
            self._year = year
            self._undo = undo.pop_all()
        self.sync_client = SyncClient(self.cyrus)

    def __enter__(self) -> Self:
        """Start everything."""
        try:
            self._start()
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End everything, and leave nothing behind."""
        self._undo.close()

    # --- what is done to it

    def archive(self, days: int = 7) -> None:
        """Move old messages into the archives, as BlueMind does every night."""
        self.cyrus.run("cyr_expire", "-E", "3", "-A", f"{days}d")

    def purge(self) -> None:
        """Remove the files of expunged messages and of deleted folders."""
        self.cyrus.run("cyr_expire", "-E", "3", "-X", "0", "-D", "0")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let nothing be replicated for a while: sync_client is there, and stands still."""
        self.sync_client.pause()
        try:
            yield
        finally:
            self.sync_client.resume()

    def restart_cyrus(self) -> None:
        """Stop Cyrus and start it again; sync_client is a service of its own, and goes on."""
        self.log_out()
        self.cyrus.stop()
        self.cyrus.start()

    # --- what is

    @property
    def configuration(self) -> str:
        """How bmrepmon is configured for this server: what differs from the defaults."""
        return f"[core]\nsync_port = {self.core.port}\n[[backend]]\nexpected_sessions = 1\n"

    def truth(self) -> Truth:
        """Tell what has happened so far."""
        folders, created = dict(self.replica.folders), Counter(self.replica.created)
        return Truth(
            delivered=Counter(self.delivered),
            applied={folders[i].name: n for i, n in created.items() if i in folders},
            frames=Counter(self.core.frames),
            answers=Counter(self.core.answers),
            apply_mailbox=Counter(self.core.apply_mailbox),
            bodies=self.replica.bodies,
        )

    def indexes(self) -> Mapping[str, IndexedFolder]:
        """Read the headers of every folder on disk, by unique id; what is deleted and awaits its purge is left out."""
        found = {}
        for index in self.cyrus.store("metapartition").rglob("cyrus.index"):
            _, _, _, domain, _, *levels = index.parent.relative_to(self.cyrus.store("metapartition")).parts
            identity = parse_header_file(index.with_name("cyrus.header").read_bytes())
            header = parse_index_header(index.read_bytes())
            assert isinstance(identity, FolderIdentity), index
            assert isinstance(header, FolderHeader), index
            if levels[0] != "DELETED":
                found[identity.unique_id] = IndexedFolder(f"{domain}!{'.'.join(levels)}", header)
        return found

    def behind(self) -> Mapping[str, int]:
        """Return the folders whose index is ahead of the database, each with how many uids."""
        known = self.database.folders()
        lags = {f.name: f.header.last_uid - known.get(uid, (0, 0))[0] for uid, f in self.indexes().items()}
        return {name: lag for name, lag in lags.items() if lag}

    def unequal(self) -> list[str]:
        """Return the unique ids of folders that Cyrus and the database tell apart; at rest there are none."""
        cyrus = {uid: (f.header.last_uid, f.header.highest_modseq) for uid, f in self.indexes().items()}
        bm_core = self.database.folders()
        return [uid for uid in cyrus.keys() | bm_core.keys() if cyrus.get(uid) != bm_core.get(uid)]

    def records(self, folder: FolderName) -> list[tuple[int, int]]:
        """Return uid and flags of each record that the database has of a folder."""
        (known,) = self.replica.named([folder.cyrus])
        return self.database.records(known.unique_id)

    # --- replication as a whole

    @property
    def quiet(self) -> bool:
        """Whether sync_client has nothing left to do: no sync log, and no command without its answer."""
        waiting = any((self.cyrus.sync_folder / name).exists() for name in ("log", "log-run"))
        return not waiting and not self.core.open_frames

    def wait_until_quiet(self) -> None:
        """Wait until everything is replicated."""
        until(lambda: self.quiet, "replication to catch up")

    def recover(self) -> None:
        """Undo every disturbance, and wait until everything is replicated."""
        self.core.behave()
        if self.sync_client.alive:
            self.sync_client.resume()
        with contextlib.suppress(AssertionError):
            until(lambda: self.quiet or not self.sync_client.alive, "replication to catch up", patience=10)
        if not self.sync_client.alive:
            self.sync_client.start()
        self.wait_until_quiet()

    def _start(self) -> None:
        self.postgres.create()
        self.postgres.start()
        self.database = Database(self.postgres, self._year)
        self._undo.callback(self.database.close)
        self.database.add_server(SERVER, DOMAINS)
        self._installation_files()
        self.replica = Replica(self.database)
        self.core = Core(self.replica, self.log, self._core_port)
        self._undo.callback(self.core.stop)
        self.core.start()
        self._undo.callback(self.cyrus.stop)
        self.cyrus.start()
        self._undo.callback(self.sync_client.kill)
        self.sync_client.start()
        self._undo.callback(self.log_out)
        until(lambda: self.core.sessions, "sync_client to connect")

    def _installation_files(self) -> None:
        """Write what bmrepmon looks for beside Cyrus, so that this home is the root of an installation."""
        (self.home / "proc").symlink_to("/proc")
        (self.home / "etc/bm").mkdir()
        where = f"host = 127.0.0.1:{self.postgres.port}\ndb = bj"
        ini = f"[global]\ndbtype = PGSQL\n{where}\nuser = {USER}\npassword = {PASSWORD}\n"
        (self.home / "etc/bm/bm.ini").write_text(ini)
