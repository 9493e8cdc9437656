"""The simulated bm-core: sessions, commands and what it writes about them into replication.log.

Sources: BlueMind 4.1 and 4.9, net.bluemind.backend.cyrus.replication.server (ReplicationSession, SyncServerVerticle,
MetricVerticle, ApplyMessage) and net.bluemind.backend.mail.replica.service (DbMailboxRecordsService).
"""

from dataclasses import dataclass
from random import Random
from uuid import UUID

from bmrepmon.demo import frames
from bmrepmon.demo.connections import Connection, Listener, disconnect
from bmrepmon.demo.replica import Replica
from bmrepmon.demo.replication_log import REPLICA, SERVER, Level, LogFile
from bmrepmon.demo.timeline import Process, Task, Timeline, kill

EVENT_LOOPS = 4  # one verticle for each processor
READY_AFTER = 2.0  # seconds from the last port to readiness
REPORT_EVERY = 10.0  # seconds between two reports of MetricVerticle
REPORTS_2022 = 5  # after which it falls silent


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """The mail server at the other end, whose mailboxes bm-core keeps in one of its shards."""

    address: str  # of loopback
    replica: Replica


@dataclass(slots=True, eq=False)
class Session:
    """One connection of sync_client."""

    peer: Peer
    connection: Connection
    thread: str
    opened: float  # Unix time
    frame: int = 0
    errors: int = 0


class Core:
    """Answers sync_client; everything it does is a process on the timeline."""

    def __init__(self, timeline: Timeline, log: LogFile, dialect: frames.Dialect, rng: Random) -> None:
        """Begin as a stopped service."""
        self.listener = Listener()
        self.dialect = dialect
        self.sessions: list[Session] = []
        self._timeline = timeline
        self._log = log
        self._rng = rng
        self._report: Task | None = None
        self._connected = 0

    # --- the service

    def start(self) -> None:
        """Open the port; two seconds later bm-core is ready."""
        self.listener.open()
        for loop in range(EVENT_LOOPS):
            self.write(f"vert.x-eventloop-thread-{loop}", "SyncServerVerticle", "Listening on port 2501")
        self._timeline.spawn(self._ready())
        self._report = self._timeline.spawn(self._reports(), after=REPORT_EVERY)

    def stop(self) -> None:
        """End as a killed process does: without a word."""
        self.listener.close()
        kill(self._report)
        for session in self.sessions:
            disconnect(session.connection)
        self.sessions.clear()

    def connect(self, peer: Peer) -> Session:
        """Accept a session."""
        connection = self.listener.connect(peer.address)
        thread = f"vert.x-eventloop-thread-{self._connected % EVENT_LOOPS}"
        self._connected += 1
        session = Session(peer, connection, thread, self._timeline.stamp)
        recent = self.dialect.year >= 2022
        kind = "io.vertx.core.net.impl.NetSocketImpl" if recent else "org.vertx.java.core.net.impl.DefaultNetSocket"
        storage = "net.bluemind.backend.cyrus.replication.storage.core.CoreStorageBackend@4f2b1c77"
        end = f"{peer.address}:{self._rng.randint(32768, 60999)}"  # of its own: the real port is another each time
        self.write(thread, "SyncServerConnection", f"Connected {peer.address}")
        self.write(thread, "s.StorageApiLink", f"Selected {storage}")
        hash_code = f"{self._rng.getrandbits(31):x}"
        self.write(thread, "SyncServerConnection", f"Start replication session with {kind}@{hash_code}")
        self.sessions.append(session)
        started = f"session {len(self.sessions)} with {end}"
        if not recent:
            started = f"session with /{end} ({UUID(int=self._rng.getrandbits(128), version=4)})"
        self.say(session, f"Starting {started}")
        return session

    def close(self, session: Session) -> None:
        """End a session."""
        disconnect(session.connection)
        self.sessions.remove(session)
        lasted = round((self._timeline.stamp - session.opened) * 1000)
        self.say(session, f"Socket closed (active: {len(self.sessions)}) after {lasted}ms.")
        if not self.sessions:
            self.say(session, "DownLink notification.")

    def cut(self, peer: Peer) -> None:
        """End all sessions of a mail server, as a broken connection does."""
        for number, session in enumerate([s for s in self.sessions if s.peer is peer], 1):
            reset = "Connection reset by peer"
            trace = (
                "java.io.IOException: Connection reset by peer\n\tat sun.nio.ch.FileDispatcherImpl.read0(Native Method)"
            )
            text = f"session {number}: {reset}" if self.dialect.year >= 2022 else reset
            self.write(session.thread, "ReplicationSession", f"{text}\n{trace}", "ERROR")
            self.close(session)

    def clean_up(self, replica: Replica) -> None:
        """Do what bm-core does every two hours in a shard: drop expired records, then bodies without a record."""
        thread, logger = "vert.x-worker-thread-3", "DbMailboxRecordsService"
        self.write(thread, logger, "Expiring expunged messages older than 7 days (tid 91)", where=REPLICA)
        replica.expire()
        self.write(thread, logger, f"{replica.purge()} orphan bodies purged.", where=REPLICA)

    def say(self, session: Session, text: str) -> None:
        """Write what the session itself tells."""
        self.write(session.thread, "ReplicationSession", text)

    def write(self, thread: str, logger: str, text: str, level: Level = "INFO", *, where: str = SERVER) -> None:
        """Write one event into replication.log."""
        self._log.write(thread, f"{where}{logger}", level, text)

    def _ready(self) -> Process[None]:
        yield READY_AFTER
        text = f"{'*' * 8} Ready to receive Cyrus replication stream {'*' * 9}"
        self.write("vert.x-eventloop-thread-0", "SyncServerVerticle", text)

    def _reports(self) -> Process[None]:
        told = 0
        while True:
            thread = f"vert.x-worker-thread-{self._rng.randrange(20)}"
            active = len(self.sessions)
            told = told + 1 if active else 0
            if not active:
                text = "NO active replication connection, consider restarting cyrus ?"
                self.write(thread, "m.MetricVerticle", text, "WARN")
            elif told <= REPORTS_2022 or self.dialect.year < 2022:
                self.write(thread, "m.MetricVerticle", f"{active} active replication connection(s)")
            yield REPORT_EVERY
