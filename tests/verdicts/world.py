"""A server in numbers: mail that comes, a sync_client that sends it, a bm-core that answers, and what each looks like.

Nothing here waits: time is handed in. What the daemon would see is given to its own reducer as the events that its
sources and its parser make, so that the verdict comes from the code that runs on a server.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from math import exp
from random import Random

from counted import rows

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.folders import FolderHeader
from bmrepmon.model.heartbeat import ProbeFolder, ProbeFolders
from bmrepmon.model.lag import FolderComparison, compare
from bmrepmon.model.log_events import AppliedFolder, Command, Failure, LogEvent, Notice, Reply, SessionStarted
from bmrepmon.model.observations import Observation, PeerSessions, SessionCounts
from bmrepmon.model.positions import NO_POSITIONS, Position, Positions
from bmrepmon.model.readings import Reading
from bmrepmon.model.survey import FolderSurvey, folder_key, pack_folder, sign

VALIDITY = 7
POLL = 30.0  # seconds between two looks at folders and database
PROBE_EVERY = 10.0  # seconds; BlueMind 4.9, LatencyMonitor
LOOK = Checkpoint(1, 1, 1, "", 0)


@dataclass(slots=True)
class Folder:
    """One folder on both sides."""

    number: int
    last_uid: int
    modseq: int
    changed_at: float
    arrived_uid: int
    arrived_modseq: int
    dirty_since: float | None = None  # of what waits in the sync log

    def change(self, at: float, messages: int = 1) -> None:
        """Let messages arrive; none: a flag changes."""
        self.last_uid += messages
        self.modseq += 1
        self.changed_at = at
        self.dirty_since = self.dirty_since or at


@dataclass(slots=True)
class Trouble:
    """What is wrong with the world at the moment; nothing by default."""

    no_session: bool = False  # sync_client is dead, or cut off
    not_listening: bool = False  # bm-core takes no connections
    hung: bool = False  # sync_client has taken its batch and sends nothing
    wedged: bool = False  # bm-core takes a command and does not answer
    refuses: str = ""  # every folder, with this reason
    refused: frozenset[int] = frozenset()  # these folders alone
    database_away: bool = False  # for us, too
    log_away: bool = False
    fewer: int = 0  # sessions that are missing


@dataclass(slots=True)
class Server:
    """One backend; ``rates`` are in messages a second."""

    name: str
    chance: Random
    folders: list[Folder]
    sessions: int = 4
    probes: bool = True
    latency: float = 0.2  # seconds for a folder
    capacity: float = 5.0  # folders a second, all sessions together
    batch: int = 1000  # messages of a folder that one APPLY MAILBOX brings
    mail: float = 0.02
    flags: float = 0.02
    trouble: Trouble = field(default_factory=Trouble)
    probe: Folder = field(default_factory=lambda: Folder(0, 1, 1, 0.0, 1, 1))
    taken_at: float | None = None  # when sync_client took the batch that it works on
    frame: int = 0
    open_command: bool = False
    keys: dict[int, bytes] = field(default_factory=dict)
    stored: Positions = NO_POSITIONS  # as the database has them
    seen: tuple[tuple[int, ...], FolderComparison] | None = None  # the last comparison, and what it was of

    @property
    def partition(self) -> str:
        """Its one partition."""
        return f"{self.name.replace('.', '_')}__a_test"

    # --- the world goes on

    def live(self, begin: float, end: float) -> list[LogEvent]:
        """Let the world go on from ``begin`` to ``end``; return what bm-core logs, in order."""
        span = end - begin
        for _ in range(poisson(self.chance, self.mail * span)):
            self.chance.choice(self.folders).change(begin + self.chance.random() * span)
        for _ in range(poisson(self.chance, self.flags * span)):
            self.chance.choice(self.folders).change(begin + self.chance.random() * span, messages=0)
        if self.probes and int(end / PROBE_EVERY) != int(begin / PROBE_EVERY) and not self.trouble.not_listening:
            self.probe.change(end - 0.5, messages=0)
        return list(self._replicate(begin, end))

    def _replicate(self, begin: float, end: float) -> Iterator[LogEvent]:
        t = self.trouble
        dirty = self._dirty()
        if not dirty:
            self.taken_at = None
            return
        if t.no_session or t.not_listening:
            self.open_command = False
            return
        self.taken_at = self.taken_at or begin
        if t.hung:
            return
        if t.wedged:
            if not self.open_command:
                self.open_command = True
                yield self._command(begin + 1.0, dirty[0])
            return
        yield from self._apply(dirty, begin, end)
        if not self._dirty():
            self.taken_at = None

    def _apply(self, dirty: list[Folder], begin: float, end: float) -> Iterator[LogEvent]:
        room = max(1, round(self.capacity * (end - begin)))
        at = begin + 0.1
        for folder in islice(self._in_turn(dirty), room):
            at = min(end - 0.01, max(at, folder.dirty_since or at) + self.latency / self.sessions)
            refusal = self.trouble.refuses or ("mailbox_nonexistent" if folder.number in self.trouble.refused else "")
            yield self._command(at, folder)
            if refusal:
                yield Reply(at, "t1", self.frame, "no", refusal)
                yield Failure(at, refusal)
                if folder.number in self.trouble.refused:
                    folder.dirty_since = None  # sync_client goes on; the next change puts it there again
                continue
            yield Reply(at, "t1", self.frame, "ok")
            folder.arrived_uid = min(folder.last_uid, folder.arrived_uid + self.batch)
            if folder.arrived_uid == folder.last_uid:
                folder.arrived_modseq, folder.dirty_since = folder.modseq, None

    def _in_turn(self, dirty: list[Folder]) -> Iterator[Folder]:
        """Yield each folder once and, while it lacks messages, again: one command brings a batch of them."""
        for folder in dirty:
            yield folder
            while folder.arrived_uid < folder.last_uid and not self.trouble.refuses:
                if folder.number in self.trouble.refused:
                    break
                yield folder

    def _dirty(self) -> list[Folder]:
        waiting = [folder for folder in (self.probe, *self.folders) if folder.dirty_since is not None]
        served = self.sessions - self.trouble.fewer
        if self.trouble.fewer:  # each session has its share of the mailboxes
            waiting = [folder for folder in waiting if folder.number % self.sessions < served]
        return sorted(waiting, key=lambda folder: folder.dirty_since or 0.0)

    def _command(self, at: float, folder: Folder) -> Command:
        self.frame += 1
        last = min(folder.last_uid, folder.arrived_uid + self.batch)
        applied = AppliedFolder(
            self.uid(folder), "", self.partition, last, folder.modseq, VALIDITY, probe=folder is self.probe
        )
        return Command(at, "t1", self.frame, "APPLY MAILBOX", applied)

    def uid(self, folder: Folder) -> str:
        """Return the UNIQUEID of a folder."""
        return f"{self.name}-{folder.number}"

    # --- what can be seen of it

    def looks(self, at: float, *, slow: bool) -> Iterator[Reading]:
        """Yield what each source sees, those that look seldom when it is their turn."""
        yield self._reading("backlog", at, self._backlog())
        if self.probes:
            probe = ProbeFolder(self.uid(self.probe), self.partition, self.probe.modseq, self.probe.changed_at)
            yield self._reading("probe", at, ProbeFolders((probe,)))
        if slow:
            yield self._folders(at)
            bodies = None if self.trouble.database_away else rows(1000)
            yield self._reading("database", at, bodies, "refused")

    def peers(self) -> int:
        """Return how many sessions there are."""
        t = self.trouble
        return 0 if t.no_session or t.not_listening else self.sessions - t.fewer

    def _folders(self, at: float) -> Reading:
        sides = ((f.last_uid, f.modseq, f.arrived_uid, f.arrived_modseq) for f in self.folders)
        state = (self.trouble.database_away, *(number for side in sides for number in side))
        if self.seen is None or self.seen[0] != state:
            self.seen = (state, self._compared())
        return self._reading("folders", at, self.seen[1])

    def _compared(self) -> FolderComparison:
        rows: list[bytes | str | None] = [None]
        for folder in self.folders:
            changed, uid = int(folder.changed_at * 1e9), folder.last_uid
            header = FolderHeader(13, 128, 96, uid, 0, uid, 0, VALIDITY, 0, folder.modseq, uid, 0)
            rows.append(pack_folder(sign(changed, folder.number, 0), header, self.uid(folder), self.key(folder)))
        names = (self.partition, *(str(folder.number) for folder in self.folders))
        survey = FolderSurvey.of(names, array("I", [0] * len(names)), rows)
        self.stored = self.stored.moved(
            {self.key(f): Position(f.arrived_modseq, f.arrived_uid, VALIDITY) for f in self.folders if self._moved(f)}
        )
        database = None if self.trouble.database_away else self.stored
        return compare(survey, database, self.stored, None if database else "away")

    def _moved(self, folder: Folder) -> bool:
        known = self.stored.at(self.key(folder))
        return known is None or known[:2] != (folder.arrived_modseq, folder.arrived_uid)

    def key(self, folder: Folder) -> bytes:
        """Return the key of a folder."""
        return self.keys.setdefault(folder.number, folder_key(self.uid(folder)))

    def _backlog(self) -> SyncBacklog:
        waiting = [f.dirty_since for f in (self.probe, *self.folders) if f.dirty_since is not None]
        count = len(waiting)
        return SyncBacklog(
            min(count, 1),
            40 * count,
            3 * count,
            count,
            0,
            0,
            complete=True,
            oldest_at=min(waiting, default=None),
            batch_since=self.taken_at,
        )

    def _reading(self, source: str, at: float, seen: Observation | None, reason: str = "") -> Reading:
        return Reading(source, self.name, at, 0.01, seen, None if seen else reason, None if seen else reason)


def core_starts(at: float) -> list[LogEvent]:
    """Return what bm-core logs when it is ready."""
    return [Notice(at, "core_ready")]


def session_starts(at: float) -> list[LogEvent]:
    """Return what bm-core logs when sync_client connects."""
    return [SessionStarted(at, "t1", "127.0.0.1", None)]


def kernel_sees(servers: list[Server], at: float) -> Reading:
    """Return what the kernel shows of the sync port."""
    peers = tuple(PeerSessions(f"192.0.2.{number}", s.peers()) for number, s in enumerate(servers, 1) if s.peers())
    listening = not any(server.trouble.not_listening for server in servers)
    return Reading("sessions", "", at, 0.01, SessionCounts(peers, listening))


def log_state(servers: list[Server]) -> FollowerCounts:
    """Return how the log is to be read."""
    away = any(server.trouble.log_away for server in servers)
    return FollowerCounts(exists=not away, reason="missing" if away else None)


def poisson(chance: Random, mean: float) -> int:
    """Draw how many of what happens ``mean`` times; large numbers by the normal distribution."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    limit, number, product = exp(-mean), 0, chance.random()
    while product > limit:
        number += 1
        product *= chance.random()
    return number
