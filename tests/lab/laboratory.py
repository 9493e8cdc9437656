"""The laboratory: a real Cyrus, a real sync_client, a real PostgreSQL, and a stand-in for bm-core between them.

Everything lies below one temporary folder as it lies below / on a BlueMind server, so that this folder serves as the
root of a discovered installation. Coming up takes about a second.
"""

import contextlib
import itertools
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from lab.core import Core
from lab.cyrus import ADMIN, DOMAINS, SERVER, TOKEN, Cyrus, partition
from lab.database import Database
from lab.mail import Imap, Mailbox, compose, lmtp
from lab.process import free_ports, until
from lab.replica import Replica
from lab.replication_log import ReplicationLog, Year
from lab.sync_client import SyncClient

from bmrepmon.demo.names import FolderName, probe_share
from bmrepmon.demo.postgres import PASSWORD, USER, Postgres
from bmrepmon.model.folders import FolderHeader, FolderIdentity
from bmrepmon.parse.cyrus_header import parse_header_file
from bmrepmon.parse.cyrus_index import parse_index_header

ALL_RIGHTS = "lrswipkxtecda"
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


class Laboratory:
    """A small BlueMind; ``with Laboratory() as lab: lab.deliver(lab.user())``."""

    def __init__(self, year: Year = 2022) -> None:
        """Lay it out with the tables of 2019 or of 2022; the log is written in both forms."""
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
        self._delivered: Counter[str] = Counter()
        self._names = itertools.count(1)
        self._session: Imap | None = None

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

    # --- mailboxes and mail

    def user(self, *folders: str, login: str | None = None, domain: str = DOMAINS[0]) -> Mailbox:
        """Make a user with folders below the INBOX."""
        return self._mailbox(domain, login or f"user{next(self._names)}", "user", folders)

    def share(self, *folders: str, name: str | None = None, domain: str = DOMAINS[0]) -> Mailbox:
        """Make a share with folders below it."""
        return self._mailbox(domain, name or f"share{next(self._names)}", "share", folders)

    def probe(self, domain: str = DOMAINS[0]) -> Mailbox:
        """Make the share by which bm-core measures its latency; `flag` and `unflag` its only message to beat."""
        mailbox = self.share(name=probe_share(SERVER, domain), domain=domain)
        self.append(mailbox.inbox)
        return mailbox

    def deliver(self, *mailboxes: Mailbox, times: int = 1, size: int = 0) -> None:
        """Deliver messages by LMTP, each of them to all ``mailboxes`` at once."""
        for _ in range(times):
            lmtp(self.cyrus.lmtp_port, compose(size=size), [_address(m) for m in mailboxes])
            self._delivered.update(m.inbox.cyrus for m in mailboxes)

    def append(self, folder: FolderName, times: int = 1, *, flags: str = "", age: float = 0.0, size: int = 0) -> None:
        """Put messages into a folder by IMAP, with an internal date ``age`` seconds ago."""
        for _ in range(times):
            at = time.time() - age
            self.imap.append(folder, compose(size=size, at=at), flags, at)
            self._delivered[folder.cyrus] += 1

    def copy(self, folder: FolderName, uids: Sequence[int], target: FolderName) -> None:
        """Copy messages by IMAP."""
        self.imap.copy(folder, _set(uids), target)
        self._delivered[target.cyrus] += len(uids)

    def flag(self, folder: FolderName, uids: Sequence[int], flags: str = "\\Flagged") -> None:
        """Add flags to messages."""
        self.imap.store(folder, _set(uids), flags)

    def unflag(self, folder: FolderName, uids: Sequence[int], flags: str = "\\Flagged") -> None:
        """Take flags away."""
        self.imap.store(folder, _set(uids), flags, "-")

    def expunge(self, folder: FolderName, uids: Sequence[int]) -> None:
        """Remove messages; their files stay until `purge`."""
        self.imap.expunge(folder, _set(uids))

    def create(self, folder: FolderName) -> None:
        """Make a folder in a mailbox that is there."""
        self.imap.create(folder)

    def rename(self, folder: FolderName, name: FolderName) -> None:
        """Rename a folder, with those below it."""
        self.imap.rename(folder, name)
        for old in [n for n in self._delivered if n == folder.cyrus or n.startswith(f"{folder.cyrus}.")]:
            self._delivered[name.cyrus + old.removeprefix(folder.cyrus)] += self._delivered.pop(old)

    def delete(self, folder: FolderName) -> None:
        """Delete a folder: it moves below DELETED."""
        self.imap.delete(folder)

    def archive(self, days: int = 7) -> None:
        """Move old messages into the archives, as BlueMind does every night."""
        self.cyrus.run("cyr_expire", "-E", "3", "-A", f"{days}d")

    def purge(self) -> None:
        """Remove the files of expunged messages and of deleted folders."""
        self.cyrus.run("cyr_expire", "-E", "3", "-X", "0", "-D", "0")

    def limit(self, mailbox: Mailbox, kibibytes: int) -> None:
        """Give a mailbox a quota."""
        self.imap.limit(mailbox.inbox, kibibytes)

    def subscribe(self, mailbox: Mailbox, path: str) -> None:
        """Let a user subscribe to one of his folders."""
        session = Imap(self.cyrus.imap_port, ADMIN, TOKEN, mailbox.address)
        session.subscribe(path)
        session.close()

    @property
    def configuration(self) -> str:
        """How bmrepmon is configured for this server: what differs from the defaults."""
        return f"[core]\nsync_port = {self.core.port}\n[[backend]]\nexpected_sessions = 1\n"

    def restart_cyrus(self) -> None:
        """Stop Cyrus and start it again; sync_client is a service of its own, and goes on."""
        self._log_out()
        self.cyrus.stop()
        self.cyrus.start()

    @property
    def imap(self) -> Imap:
        """A session of admin0."""
        if self._session is None:
            self._session = Imap(self.cyrus.imap_port, ADMIN, TOKEN)
        return self._session

    # --- what is

    def truth(self) -> Truth:
        """Tell what has happened so far."""
        folders = self.replica.folders
        return Truth(
            delivered=Counter(self._delivered),
            applied={folders[i].name: n for i, n in self.replica.created.items() if i in folders},
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
        query = "SELECT i.uid, r.last_uid FROM t_mailbox_replica r JOIN t_container_item i ON i.id = r.item_id"
        known = dict(self.database.select(query))
        lags = {f.name: f.header.last_uid - known.get(uid, 0) for uid, f in self.indexes().items()}
        return {name: lag for name, lag in lags.items() if lag}

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
        self._undo.callback(self._log_out)
        until(lambda: self.core.sessions, "sync_client to connect")

    def _installation_files(self) -> None:
        """Write what bmrepmon looks for beside Cyrus, so that this home is the root of an installation."""
        (self.home / "proc").symlink_to("/proc")
        (self.home / "etc/bm").mkdir()
        where = f"host = 127.0.0.1:{self.postgres.port}\ndb = bj"
        ini = f"[global]\ndbtype = PGSQL\n{where}\nuser = {USER}\npassword = {PASSWORD}\n"
        (self.home / "etc/bm/bm.ini").write_text(ini)

    def _log_out(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _mailbox(self, domain: str, owner: str, kind: Literal["user", "share"], folders: Sequence[str]) -> Mailbox:
        mailbox = Mailbox(domain, owner, kind)
        self.database.add_mailbox(domain, owner, "user" if kind == "user" else "mailshare")
        self.imap.create(mailbox.inbox, partition(domain))
        for who in (ADMIN, *((mailbox.address,) if kind == "user" else ())):
            self.imap.grant(mailbox.inbox, who, ALL_RIGHTS)
        if kind == "share":
            self.imap.grant(mailbox.inbox, "anyone", "p")  # LMTP may post
        for path in folders:
            self.imap.create(mailbox.folder(path))
        return mailbox


@contextlib.contextmanager
def paused(lab: Laboratory) -> Iterator[None]:
    """Let nothing be replicated for a while."""
    lab.sync_client.pause()
    try:
        yield
    finally:
        lab.sync_client.resume()


def _address(mailbox: Mailbox) -> str:
    """Return where LMTP delivers: to a share, Cyrus's own form with a plus."""
    return mailbox.address if mailbox.kind == "user" else f"+{mailbox.address}"


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))
