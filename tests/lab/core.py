"""The stand-in for bm-core: it listens where sync_client connects, and fails as a test wants.

Source: BlueMind 4.1 and 4.9, net.bluemind.backend.cyrus.replication.server: SyncServerVerticle, SyncServerConnection,
ReplicationSession and MetricVerticle.
"""

import contextlib
import itertools
import socket
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

from lab.commands import Commands
from lab.protocol import Fields, Frame, mapping, read_frame, text
from lab.replica import Replica
from lab.replication_log import SERVER, ReplicationLog, Year, shown_answer, shown_command

BANNER = b"* SASL PLAIN\r\n* STARTTLS\r\n* X-REPLICATION\r\n* OK syncsrv BlueMind sync server v4.9.lab\r\n"
STORAGE = "net.bluemind.backend.cyrus.replication.storage.core.CoreStorageBackend@4a3be6a5"
SOCKETS: dict[Year, str] = {
    2019: "org.vertx.java.core.net.impl.DefaultNetSocket",
    2022: "io.vertx.core.net.impl.NetSocketImpl",
}
REFUSED = "NO java.util.concurrent.TimeoutException: Timed out after waiting 30000(ms) for a reply"
FOR_EVER = 1_000_000  # refusals, far more than a test waits for
EVENT_LOOPS = 4
REPORT_EVERY = 10.0  # seconds between two reports of MetricVerticle
REPORTS_2022 = 5  # after which it falls silent
TRACE = "java.util.concurrent.CompletionException\n\tat java.lang.Thread.run(Thread.java:829)"


@dataclass(slots=True)
class Refusal:
    """An answer that the next ``times`` commands of a kind get instead of being carried out."""

    verb: str
    times: int
    answer: str
    containing: str  # of the command's text; empty for every one


@dataclass(slots=True, eq=False)
class Session:
    """One connection of sync_client."""

    connection: socket.socket
    thread: str
    number: int
    commands: Commands
    opened: float = field(default_factory=time.monotonic)
    over: bool = False


class Core:
    """Answers sync_client; its state outlives `stop`, as a database outlives bm-core."""

    def __init__(self, replica: Replica, log: ReplicationLog, port: int) -> None:
        """Begin as a stopped service."""
        self.delay = 0.0  # seconds that each command takes longer
        self.frames: Counter[str] = Counter()  # commands begun, by verb
        self.answers: Counter[str] = Counter()  # OK, NO, BAD
        self.apply_mailbox: Counter[str] = Counter()  # commands begun, by partition
        self._replica = replica
        self._log = log
        self.port = port
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._sessions: list[Session] = []
        self._refusals: list[Refusal] = []
        self._kept: dict[tuple[str, ...], Fields] = {}  # quotas, subscriptions and the like
        self._open = 0
        self._blocked = False
        self._tokens = 1
        self._loops = itertools.cycle(range(EVENT_LOOPS))
        self._changed = threading.Condition()
        self._stopping = threading.Event()

    @property
    def sessions(self) -> int:
        """Connections of sync_client that are up."""
        return len(self._sessions)

    @property
    def open_frames(self) -> int:
        """Commands without an answer."""
        return self._open

    # --- the service

    def start(self) -> None:
        """Open the port."""
        self._stopping.clear()
        self.accept_connections()
        self._spawn(self._report)

    def stop(self) -> None:
        """End as a killed process does: nothing is answered any more."""
        self._stopping.set()
        self.refuse_connections()
        self.cut()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), f"{thread.name} does not end"
        self._threads.clear()
        self._blocked = False

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    # --- what a test may ask for

    def block(self) -> None:
        """Take commands, and answer none."""
        self._blocked = True

    def unblock(self) -> None:
        """Go on with what waited."""
        with self._changed:
            self._blocked = False
            self._changed.notify_all()

    def refuse(self, verb: str, answer: str, times: int = 1, containing: str = "") -> None:
        """Give the next ``times`` commands of this verb that contain a text ``answer``, a NO or BAD."""
        self._refusals.append(Refusal(verb, times, answer, containing))

    def cut(self) -> None:
        """Break every connection."""
        with self._changed:
            for session in self._sessions:
                session.over = True
                with contextlib.suppress(OSError):
                    session.connection.shutdown(socket.SHUT_RDWR)
            self._changed.notify_all()

    def refuse_connections(self) -> None:
        """Close the port; sessions go on."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def accept_connections(self) -> None:
        """Open the port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        for loop in range(EVENT_LOOPS):
            self._write(f"vert.x-eventloop-thread-{loop}", "SyncServerVerticle", "Listening on port 2501")
        ready = f"{'*' * 8} Ready to receive Cyrus replication stream {'*' * 9}"
        self._write("vert.x-eventloop-thread-0", "SyncServerVerticle", ready)
        self._spawn(self._accept, self._listener)

    def behave(self) -> None:
        """Do nothing that a test asked for any more."""
        self.delay = 0.0
        self._refusals.clear()
        self.unblock()
        if self._listener is None:
            self.accept_connections()

    # --- its threads

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            self._spawn(self._serve, connection, f"{peer[0]}:{peer[1]}")

    def _serve(self, connection: socket.socket, peer: str) -> None:
        session = self._begin(connection, peer)
        try:
            connection.sendall(BANNER)
            with connection.makefile("rb") as stream:
                for number in itertools.count():
                    frame = read_frame(stream, self._tokens)
                    if frame is None or not self._frame(session, number, frame):
                        break
        except OSError:
            self._socket_error(session)
        finally:
            self._end(session)

    def _begin(self, connection: socket.socket, peer: str) -> Session:
        thread = f"vert.x-eventloop-thread-{next(self._loops)}"
        self._write(thread, "SyncServerConnection", "Connected 127.0.0.1")
        self._write(thread, "s.StorageApiLink", f"Selected {STORAGE}")
        for year, kind in SOCKETS.items():
            self._write(
                thread, "SyncServerConnection", f"Start replication session with {kind}@5d0a1059", years=(year,)
            )
        with self._changed:
            commands = Commands(self._replica, self._log, thread, self._kept)
            session = Session(connection, thread, len(self._sessions) + 1, commands)
            self._sessions.append(session)
        self._say(session, f"Starting session with /{peer} ({uuid.uuid4()})", years=(2019,))
        self._say(session, f"Starting session {session.number} with {peer}", years=(2022,))
        return session

    def _end(self, session: Session) -> None:
        session.connection.close()
        lasted = round((time.monotonic() - session.opened) * 1000)
        with self._changed:
            self._sessions.remove(session)
            left = len(self._sessions)
        self._say(session, f"Socket closed (active: {left}) after {lasted}ms.")
        if not left:
            self._say(session, "DownLink notification.")

    def _frame(self, session: Session, number: int, frame: Frame) -> bool:
        """Answer one command; return whether the session goes on."""
        self._tokens += frame.shown.count(".bin}")
        label = f"[frame-{number:08d}]"
        with self._changed:
            self._open += 1
            self.frames[frame.verb] += 1
            if frame.verb == "APPLY MAILBOX":
                self.apply_mailbox[_partition(frame)] += 1
        self._say(session, f"REPL C: {label}: {shown_command(frame.shown)}")
        try:
            with self._changed:
                self._changed.wait_for(lambda: session.over, self.delay)
                self._changed.wait_for(lambda: session.over or not self._blocked)
            if session.over:
                return False
            answer = self._refused(session, frame) or session.commands.answer(frame)
            self._say(session, f"REPL S: {label}: {shown_answer(answer)}")
            self.answers[answer.rpartition("\n")[2].partition(" ")[0]] += 1
        finally:
            with self._changed:
                self._open -= 1
        session.connection.sendall(answer.encode() + b"\r\n")
        return frame.verb != "EXIT"

    def _refused(self, session: Session, frame: Frame) -> str | None:
        for refusal in self._refusals:
            if refusal.verb == frame.verb and refusal.containing in frame.shown:
                refusal.times -= 1
                if not refusal.times:
                    self._refusals.remove(refusal)
                self._say(session, f"{refusal.answer}\n{TRACE}", "ERROR", years=(2019,))
                return refusal.answer
        return None

    def _socket_error(self, session: Session) -> None:
        reset = f"Connection reset by peer\n{TRACE}"
        self._say(session, reset, "ERROR", years=(2019,))
        self._say(session, f"session {session.number}: {reset}", "ERROR", years=(2022,))

    def _report(self) -> None:
        told = 0
        while not self._stopping.wait(REPORT_EVERY):
            active = len(self._sessions)
            told = told + 1 if active else 0
            years: tuple[Year, ...] = (2019,) if told > REPORTS_2022 else (2019, 2022)
            text = f"{active} active replication connection(s)"
            if active:
                self._write("vert.x-worker-thread-7", "m.MetricVerticle", text, years=years)
            else:
                text = "NO active replication connection, consider restarting cyrus ?"
                self._write("vert.x-worker-thread-7", "m.MetricVerticle", text, "WARN")

    def _say(self, session: Session, text: str, level: str = "INFO", *, years: tuple[Year, ...] = (2019, 2022)) -> None:
        self._write(session.thread, "ReplicationSession", text, level, years=years)

    def _write(
        self, thread: str, logger: str, text: str, level: str = "INFO", *, years: tuple[Year, ...] = (2019, 2022)
    ) -> None:
        self._log.write(thread, f"{SERVER}{logger}", text, level, years=years)


def _partition(frame: Frame) -> str:
    return text(mapping(frame.arguments[0]), "PARTITION")
