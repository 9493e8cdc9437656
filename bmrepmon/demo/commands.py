"""What the simulated bm-core does for each command of the sync protocol, and what it logs about it.

Sources: BlueMind 4.1 and 4.9, ReplicationSession, ApplyMessage and ReplicationState in
net.bluemind.backend.cyrus.replication.server, DbMailboxRecordsService in net.bluemind.backend.mail.replica.service.
"""

import base64
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from bmrepmon.demo import frames
from bmrepmon.demo.core import Core, Session
from bmrepmon.demo.cyrus_index import IndexRecord
from bmrepmon.demo.names import DEFAULT_PARTITION, FolderName
from bmrepmon.demo.replication_log import REPLICA
from bmrepmon.demo.timeline import Process, Signal, Timeline

LOGIN = "admin0@global.virt"
TOKEN = "demo-token-that-must-never-be-shown"  # noqa: S105 - a decoy: tests look for it where it must not be
SLICE = 200  # records that go to the database at once
RESERVE_SLICE = 500
BREAKER_STEP, BREAKER_STEPS = 0.5, 5  # seconds that each error slows a session by, and the most errors that count
DATABASE_DOWN = (
    "net.bluemind.core.api.fault.ServerFault: java.sql.SQLTransientConnectionException: "
    "HikariPool-2 - Connection is not available, request timed out after 30000ms."
)
TRACE = (
    "java.util.concurrent.CompletionException: net.bluemind.core.api.fault.ServerFault",
    "\tat java.util.concurrent.CompletableFuture.encodeThrowable(CompletableFuture.java:331)",
    "\tat java.lang.Thread.run(Thread.java:829)",
)


@dataclass(slots=True)
class Pace:
    """How long bm-core takes, in simulated seconds."""

    command: float = 0.006
    message: float = 0.01  # a body
    record: float = 0.001  # a record


@dataclass(slots=True)
class Tally:
    """What replication.log tells of the commands, since its first line."""

    apply_mailbox: Counter[str] = field(default_factory=Counter)  # by partition
    applied_messages: int = 0
    replies: Counter[str] = field(default_factory=Counter)  # ok, no, bad; "" for answers that were cut
    records: Counter[str] = field(default_factory=Counter)  # create, update, delete
    probe_applied: dict[str, float] = field(default_factory=dict)  # by partition: Unix time of the command


class Commands:
    """Answers sync_client; each method is a process that returns the answer."""

    def __init__(self, core: Core, timeline: Timeline, rng: Random) -> None:
        """Answer in the sessions of ``core``."""
        self.pace = Pace()
        self.tally = Tally()
        self.database_up = True
        self.applied = Signal()  # fired after each APPLY MAILBOX
        self.refusals: list[tuple[str, str]] = []  # (beginning of a command, the answer that it will get once)
        self.refused: dict[str, str] = {}  # by unique id of a folder: the answer that it always gets
        self._core = core
        self._dialect = core.dialect
        self._timeline = timeline
        self._rng = rng
        self._blocked = False
        self._unblocked = Signal()
        self._literals = 0

    def block(self) -> None:
        """Take commands, and answer none: what a session waits for does not come."""
        self._blocked = True

    def unblock(self) -> None:
        """Answer again."""
        self._blocked = False
        self._timeline.fire(self._unblocked)

    def authenticate(self, session: Session) -> Process[str]:
        """Take the login."""
        secret = base64.b64encode(f"\0admin0\0{TOKEN}".encode()).decode()

        def work() -> Process[str]:
            yield 0.001
            self._core.write(session.thread, "c.Authenticate", f"Replication session authenticated as '{LOGIN}'.")
            return "OK success"

        return self._execute(session, f"AUTHENTICATE PLAIN {secret}", work)

    def simple(self, session: Session, command: str, answer: str) -> Process[str]:
        """Take a command that asks for nothing: RESTART, NOOP, EXIT."""
        return self._execute(session, command, lambda: _at_once(answer))

    def get_mailboxes(self, session: Session, names: Sequence[str]) -> Process[str]:
        """Tell what is known of folders."""

        def work() -> Process[str]:
            yield 0.001 * len(names)
            if not self.database_up:
                return f"NO {DATABASE_DOWN}"
            return frames.mailboxes_answer(session.peer.replica.known(names), self._dialect)

        return self._execute(session, frames.get_mailboxes(names), work)

    def reserve(self, session: Session, folder: frames.FolderState, guids: Sequence[bytes]) -> Process[str]:
        """Tell which bodies are wanted."""

        def work() -> Process[str]:
            yield 0.0005 * len(guids)
            if not self.database_up:
                return f"NO {DATABASE_DOWN}"
            for start in range(0, len(guids), RESERVE_SLICE):
                part = guids[start : start + RESERVE_SLICE]
                text = f"{len(session.peer.replica.missing(part))} bodies missing out of {len(part)}"
                self._core.write(session.thread, "s.ReplicationState", text)
            return frames.reserve_answer(session.peer.replica.missing(guids))

        return self._execute(session, frames.apply_reserve(folder.partition, [folder.name], guids), work)

    def apply_message(self, session: Session, where: str, bodies: Sequence[tuple[bytes, int]]) -> Process[str]:
        """Store bodies (guid, size); a failure is logged, and the answer is OK all the same."""
        command = frames.apply_message(where, bodies, self._literals + 1)
        self._literals += len(bodies)

        def work() -> Process[str]:
            seconds = self.pace.message * len(bodies) * self._rng.uniform(0.8, 1.2)
            yield seconds
            if self.database_up:
                session.peer.replica.store(bodies, self._timeline.stamp)
            else:
                for _ in bodies:
                    text = "\n".join((f"addMessage.create: {DATABASE_DOWN}", *TRACE))
                    self._core.write(session.thread, "c.ApplyMessage", text, "ERROR")
            self.tally.applied_messages += len(bodies)
            text = f"Finished ApplyMessage {len(bodies)} in {self._timeline.milliseconds(seconds)}ms."
            self._core.write(session.thread, "c.ApplyMessage", text)
            return "OK success"

        return self._execute(session, command, work)

    def apply_mailbox(
        self, session: Session, folder: frames.FolderState, name: FolderName, records: Sequence[IndexRecord]
    ) -> Process[str]:
        """Bring a folder up to date."""
        self.tally.apply_mailbox[folder.partition] += 1
        if name.owner.startswith("probe_"):
            self.tally.probe_applied[folder.partition] = self._timeline.stamp

        def work() -> Process[str]:
            if not self.database_up:
                return f"NO {DATABASE_DOWN}"
            if folder.partition == DEFAULT_PARTITION:
                skipped = f"Skip ApplyMailbox on '{folder.partition}' partition"
                self._core.write(session.thread, "c.ApplyMailbox", skipped, "WARN")
                return "OK success"
            if folder.unique_id in self.refused:
                return self.refused[folder.unique_id]
            session.peer.replica.open(folder, name)
            for start in range(0, len(records), SLICE):
                yield from self._records(session, folder.unique_id, records[start : start + SLICE])
            session.peer.replica.update(folder, name)
            self._timeline.fire(self.applied)
            return "OK success"

        return self._execute(session, frames.apply_mailbox(folder, records, self._dialect), work)

    def rename(self, session: Session, old: str, folder: frames.FolderState, name: FolderName) -> Process[str]:
        """Follow a renamed folder."""

        def work() -> Process[str]:
            yield 0.01
            if not self.database_up:
                return f"NO {DATABASE_DOWN}"
            self._core.write(session.thread, "c.ApplyRename", f"Apply RENAME from {old} to {folder.name}")
            session.peer.replica.rename(folder.unique_id, folder, name)
            return "OK success"

        command = frames.apply_rename(old, folder.name, folder.partition, folder.uid_validity, self._dialect)
        return self._execute(session, command, work)

    def _execute(self, session: Session, command: str, work: Callable[[], Process[str]]) -> Process[str]:
        frame = f"[frame-{session.frame:08d}]"
        session.frame += 1
        self._core.say(session, f"REPL C: {frame}: {frames.shown_command(command)}")
        while self._blocked:
            yield self._unblocked
        yield self.pace.command * self._rng.uniform(0.7, 1.6)
        answer = self._refusal(command)
        if answer is None:
            answer = yield from work()
        yield from self._break(session, answer)
        self._core.say(session, f"REPL S: {frame}: {frames.shown_answer(answer)}")
        shown = frames.shown_answer(answer)
        self.tally.replies["" if shown.endswith(frames.CUT) else status(answer)] += 1
        return answer

    def _refusal(self, command: str) -> str | None:
        for refusal in self.refusals:
            if command.startswith(refusal[0]):
                self.refusals.remove(refusal)
                return refusal[1]
        return None

    def _break(self, session: Session, answer: str) -> Process[None]:
        """Slow an error-prone session down, and tell the error as this version does."""
        if status(answer) == "ok":
            session.errors = max(0, session.errors - 1)
            return
        session.errors += 1
        yield BREAKER_STEP * min(session.errors, BREAKER_STEPS)
        if self._dialect.year < 2022:
            self._core.write(session.thread, "ReplicationSession", "\n".join((answer, *TRACE)), "ERROR")

    def _records(self, session: Session, folder: str, records: Sequence[IndexRecord]) -> Process[None]:
        """Write a slice of records to database and index."""
        recent, thread = self._dialect.year >= 2022, f"vert.x-worker-thread-{self._rng.randrange(20)}"
        logger = "DbMailboxRecordsService"
        if recent:
            self._core.write(thread, logger, f"[{folder}] Update with {len(records)} record(s)", where=REPLICA)
        seconds = self.pace.record * len(records) + 0.002
        took = f"in {self._timeline.milliseconds(seconds)}ms"
        yield seconds
        done = session.peer.replica.change(folder, records)
        self.tally.records.update(create=done.created, update=done.updated, delete=done.deleted)
        counts = f"cr: {done.created}, upd: {done.updated}, del: {done.deleted}"
        self._core.write(thread, logger, f"[{folder}] Db CRUD op, {counts} {took}", where=REPLICA)
        yield seconds
        indexer = "replication-es-crud-2-1" if recent else thread
        self._core.write(indexer, logger, f"[{folder}] Es CRUD op, idx: {len(records)} {took}", where=REPLICA)


def status(answer: str) -> str:
    """Return ok, no or bad."""
    return answer.splitlines()[-1].split(" ", 1)[0].lower()


def _at_once(answer: str) -> Process[str]:
    yield 0.0
    return answer
