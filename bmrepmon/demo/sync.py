"""The simulated sync_client: takes the sync log, and brings bm-core up to date over its sessions.

Sources: Cyrus 3.0, imap/sync_client.c (do_daemon); BlueMind 4.1 final and later run four of them for each backend.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bmrepmon.demo.commands import Commands, status
from bmrepmon.demo.core import Core, Peer, Session
from bmrepmon.demo.cyrus_index import IndexRecord
from bmrepmon.demo.folder import Folder
from bmrepmon.demo.frames import FolderState
from bmrepmon.demo.mailstore import MailStore
from bmrepmon.demo.sync_log import SyncLog, unquote
from bmrepmon.demo.timeline import Process, Signal, Task, Timeline, kill

CHANNELS = 4
NAMES_AT_ONCE = 8  # folders asked for with one GET MAILBOXES
BODIES_AT_ONCE = 64  # messages sent with one APPLY MESSAGE
RENEW_AFTER = 600.0  # seconds of quiet after which a session is ended and begun anew (option -t)
RETRY_FIRST, RETRY_LAST = 15.0, 960.0  # seconds between two attempts to connect: they double
TAKES_UP = 0.02  # seconds until a change is noticed
AGAIN_AFTER = 10.0  # seconds until a folder that was refused is tried again

BodyRef = tuple[bytes, int]
"""GUID and size of a message."""


@dataclass(slots=True, eq=False)
class Channel:
    """One of the processes, with its share of the folders that wait."""

    queue: list[str] = field(default_factory=list)
    work: Signal = field(default_factory=Signal)
    session: Session | None = None


class SyncClient:
    """All channels of one backend, and the one that deals the sync log out to them."""

    def __init__(
        self, timeline: Timeline, store: MailStore, sync_log: SyncLog, core: Core, commands: Commands, *, peer: Peer
    ) -> None:
        """Begin as stopped; ``peer`` is what bm-core sees of this backend."""
        self.batch = 8192  # messages that one APPLY MAILBOX brings (sync_batchsize)
        self._timeline = timeline
        self._store = store
        self._sync_log = sync_log
        self._core = core
        self._commands = commands
        self._peer = peer
        self._channels = tuple(Channel() for _ in range(CHANNELS))
        self._tasks: list[Task] = []
        self._drained = Signal()
        self._frozen = False
        self._thawed = Signal()

    def start(self) -> None:
        """Start the processes; what a dead one left in log-run comes first."""
        for channel in self._channels:
            channel.queue.clear()
            self._tasks.append(self._timeline.spawn(self._run(channel)))
        self._tasks.append(self._timeline.spawn(self._deal()))

    def stop(self) -> None:
        """Kill the processes where they stand; bm-core sees their sessions end by itself."""
        for task in self._tasks:
            kill(task)
        self._tasks.clear()

    def freeze(self) -> None:
        """Hang: the processes and their sessions stay, and nothing moves (SIGSTOP)."""
        self._frozen = True

    def thaw(self) -> None:
        """Go on."""
        self._frozen = False
        self._timeline.fire(self._thawed)

    def _deal(self) -> Process[None]:
        """Take the sync log whenever it is there, and take the next only when all of it is done."""
        while True:
            while self._frozen:
                yield self._thawed
            names = dict.fromkeys(unquote(line.split(" ", 1)[1]) for line in self._sync_log.take())
            if not names:
                yield self._sync_log.written
                yield TAKES_UP
                continue
            for name in names:
                channel = self._channels[self._share(name)]
                channel.queue.append(name)
                self._timeline.fire(channel.work)
            while any(channel.queue for channel in self._channels):
                yield self._drained
            self._sync_log.done()

    def _share(self, name: str) -> int:
        """Give all folders of one mailbox to one channel, deleted and renamed ones too."""
        domain, _, rest = name.partition("!")
        levels = rest.removeprefix("DELETED.").removeprefix("user.").split(".")
        return zlib.crc32(f"{domain} {levels[0]}".encode()) % CHANNELS

    def _run(self, channel: Channel) -> Process[None]:
        session = yield from self._connect(channel)
        while True:
            while channel.queue:
                names = channel.queue[:NAMES_AT_ONCE]
                done = yield from self._replicate(channel, session, names)
                if not done:
                    session = yield from self._renew(channel, session, "NOOP", "OK Noop completed")
                    continue
                del channel.queue[: len(names)]
                yield from self._simple(session, "RESTART", "OK Restarting")
            self._timeline.fire(self._drained)
            before = self._timeline.now
            yield channel.work, RENEW_AFTER
            if self._timeline.now - before > RENEW_AFTER - 1.0:
                session = yield from self._renew(channel, session, "RESTART", "OK Restarting")

    def _connect(self, channel: Channel) -> Process[Session]:
        wait = RETRY_FIRST
        while not self._core.listener.listening:
            yield wait
            wait = min(wait * 2, RETRY_LAST)
        channel.session = self._core.connect(self._peer)
        yield 0.01
        yield from self._commands.authenticate(channel.session)
        return channel.session

    def _renew(self, channel: Channel, session: Session, command: str, answer: str) -> Process[Session]:
        """End the session, in good order or after a refusal, and begin another."""
        yield from self._simple(session, command, answer)
        yield from self._simple(session, "EXIT", "OK finished")
        self._core.close(session)
        return (yield from self._connect(channel))

    def _again(self, folder: Folder) -> Process[None]:
        """Put a folder that was refused into the sync log once more."""
        self._store.note(folder)
        yield from ()

    def _replicate(self, channel: Channel, session: Session, names: Sequence[str]) -> Process[bool]:
        """Bring folders up to date; False when a command was refused, after which the others are tried again."""
        yield from self._alive()
        answer = yield from self._commands.get_mailboxes(session, names)
        if status(answer) != "ok":
            return False
        for name in names:
            folder = self._store.by_name.get(name)  # gone when it was renamed: its new name waits too
            if folder is not None:
                done = yield from self._folder(session, folder)
                if not done:
                    channel.queue.remove(name)
                    self._timeline.spawn(self._again(folder), after=AGAIN_AFTER)
                    return False
        return True

    def _folder(self, session: Session, folder: Folder) -> Process[bool]:
        known = self._peer.replica.folders.get(folder.unique_id)
        if known and known.state.name != folder.name.cyrus:
            yield from self._alive()
            answer = yield from self._commands.rename(session, known.state.name, folder.state(), folder.name)
            if status(answer) != "ok":
                return False
        if folder.name.deleted:
            return True
        uid, modseq = (known.state.last_uid, known.state.highest_modseq) if known else (0, 0)
        for state, records in self._batches(folder, modseq):
            bodies = [(r.guid, r.size) for r in records if r.uid > uid and not r.expunged]
            done = yield from self._send(session, folder, state, records, bodies)
            if not done:
                return False
        return True

    def _batches(self, folder: Folder, modseq: int) -> list[tuple[FolderState, list[IndexRecord]]]:
        """Cut what is newer than ``modseq`` into batches, each with the state that the folder has after it."""
        state = folder.state()
        if state.highest_modseq == modseq:
            return []
        pending = sorted((r for r in folder.records.values() if r.modseq > modseq), key=lambda r: r.modseq)
        batches = []
        while len(pending) > self.batch:
            part, pending = pending[: self.batch], pending[self.batch :]
            reached = replace(state, last_uid=max(r.uid for r in part), highest_modseq=part[-1].modseq, sync_crc=0)
            batches.append((reached, part))
        return [*batches, (state, pending)]

    def _send(
        self,
        session: Session,
        folder: Folder,
        state: FolderState,
        records: Sequence[IndexRecord],
        bodies: Sequence[BodyRef],
    ) -> Process[bool]:
        """Send one batch: the messages that bm-core lacks, then the folder."""
        if bodies:
            yield from self._alive()
            answer = yield from self._commands.reserve(session, state, [guid for guid, _ in bodies])
            if status(answer) != "ok":
                return False
            missing = set(self._peer.replica.missing(guid for guid, _ in bodies))
            wanted = list({guid: (guid, size) for guid, size in bodies if guid in missing}.values())
            for start in range(0, len(wanted), BODIES_AT_ONCE):
                yield from self._alive()
                part = wanted[start : start + BODIES_AT_ONCE]
                yield from self._commands.apply_message(session, state.partition, part)
        yield from self._alive()
        answer = yield from self._commands.apply_mailbox(session, state, folder.name, records)
        return status(answer) == "ok"

    def _simple(self, session: Session, command: str, answer: str) -> Process[str]:
        yield from self._alive()
        return (yield from self._commands.simple(session, command, answer))

    def _alive(self) -> Process[None]:
        """Wait while the processes hang."""
        while self._frozen:
            yield self._thawed
