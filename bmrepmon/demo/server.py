"""A simulated BlueMind 4 server that lives in a folder: Cyrus, sync_client, bm-core and its database.

Its time is simulated: `step` advances it, and the same seed and the same calls give the same files, rows and lines
(inodes, file times and port numbers are the machine's own). A test asks `truth` for what it may expect.
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from zoneinfo import ZoneInfo

from bmrepmon.demo.build import Builder
from bmrepmon.demo.chance import chance
from bmrepmon.demo.commands import Commands
from bmrepmon.demo.core import Core
from bmrepmon.demo.database import Database
from bmrepmon.demo.disk import Disk
from bmrepmon.demo.frames import Dialect
from bmrepmon.demo.life import Life
from bmrepmon.demo.mailstore import MailStore
from bmrepmon.demo.population import SERVER, populate
from bmrepmon.demo.postgres import Postgres
from bmrepmon.demo.probe import Probe
from bmrepmon.demo.replica import Replica
from bmrepmon.demo.replication_log import LogFile
from bmrepmon.demo.sync import SyncClient
from bmrepmon.demo.sync_log import SyncLog
from bmrepmon.demo.timeline import Process, Timeline
from bmrepmon.demo.tree import LOGS, PLACES, SYNC_LOG, configure, plant
from bmrepmon.demo.truth import LogTruth, Truth, compare, count_inodes, count_stores
from bmrepmon.model.frozen import frozen

EPOCH = 1_750_000_000.0  # 15 June 2025: when simulated time begins unless told otherwise
CORE_STARTS_IN = 8.0  # seconds of a restart during which nothing listens
CYRUS_STARTS_IN = 4.0  # seconds from bm-core's first word until sync_client is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate."""

    seed: int = 1
    mailboxes: int = 40
    messages: int = 4000  # at the beginning
    log_format: Literal[2019, 2022] = 2022
    index_version: int = 13  # of cyrus.index: 12 to 19
    database: bool = True  # False: no PostgreSQL, for fast tests
    epoch: float = EPOCH  # Unix time of the beginning
    speed: float = 1.0  # simulated seconds in one second of the stamps
    passive: float = 0.0  # share of the mailboxes that were never replicated and are not in use
    waiting: float = 0.0  # share of the mailboxes whose first replication is still to come
    default: int = 0  # folders in Cyrus's own partition, which is not replicated
    probes: bool = True  # whether bm-core measures its latency
    zone: str | None = None  # of the logs; default UTC in 2022, Europe/Paris in 2019


class SimulatedServer:
    """All parts, wired together; a context manager that ends them."""

    def __init__(self, root: Path, plan: Plan) -> None:
        """Live below ``root``, an empty folder; nothing lives before `build`."""
        self.root = root
        self.plan = plan
        self.zone = plan.zone or ("UTC" if plan.log_format >= 2022 else "Europe/Paris")
        self.residents = populate(plan.seed, plan.mailboxes, probes=plan.probes)
        self.lock = threading.RLock()  # held while the world moves; `truth` takes it too
        self.timeline = Timeline(plan.epoch, plan.speed)
        self.postgres = Postgres() if plan.database else None
        self.database = Database(self.postgres, plan.log_format) if self.postgres else None
        dialect = Dialect(plan.log_format, plan.index_version)
        self._strays = plant(root)
        zone = ZoneInfo(self.zone)
        self.log = LogFile(root / LOGS / "replication.log", self.timeline, zone)
        self.core_log = LogFile(root / LOGS / "core.log", self.timeline, zone)
        self.sync_log = SyncLog(root / SYNC_LOG, self.timeline)
        self.store = MailStore(Disk(root), SERVER, plan.index_version, self.timeline, self.sync_log)
        self.replica = Replica(self.database)
        self.core = Core(self.timeline, self.log, self.replica, dialect, chance(plan.seed, "core"))
        self.commands = Commands(self.core, self.timeline, chance(plan.seed, "commands"))
        self.client = SyncClient(self.timeline, self.store, self.sync_log, self.core, self.commands)
        self.probe = Probe(self.timeline, self.store, self.core, self.core_log, self.commands.applied)
        self.life = Life(self.timeline, self.store, (), plan.seed)

    def build(self) -> Path:
        """Make folders, messages and rows, and start everything; return a configuration for a monitor."""
        with self.lock:
            if self.postgres and self.database:
                self.postgres.create()
                self.postgres.start()
                self.database.create(self.residents)
            builder = Builder(self.plan.seed, self.timeline.epoch, self.store, self.replica)
            self.life.residents = builder.fill(self.residents, self.plan)
            self.timeline.spawn(self._boot())
            self.life.start()
            self.timeline.advance(0.0)  # bm-core listens: its port is known
        conninfo = self.postgres.conninfo("bj-data") if self.postgres else None
        return configure(self.root, self.zone, self.core.listener.port, conninfo)

    def step(self, seconds: float) -> None:
        """Let simulated time pass."""
        with self.lock:
            self.timeline.advance(seconds)

    def close(self) -> None:
        """End everything but the files."""
        with self.lock:
            self.client.stop()
            self.probe.stop()
            self.core.stop()
            self.log.close()
            self.core_log.close()
            if self.database:
                self.database.disconnect()
            if self.postgres:
                self.postgres.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what can befall it

    def freeze(self) -> None:
        """Hang sync_client: its sessions stay, nothing moves."""
        with self.lock:
            self.client.freeze()

    def thaw(self) -> None:
        """Let sync_client go on."""
        with self.lock:
            self.client.thaw()

    def disconnect(self) -> None:
        """Cut all connections; sync_client dies of it."""
        with self.lock:
            self.client.stop()
            self.core.cut()

    def reconnect(self) -> None:
        """Start sync_client again."""
        with self.lock:
            self.client.start()

    def restart_core(self) -> None:
        """Restart bm-core, which restarts Cyrus and with it sync_client."""
        with self.lock:
            self.stop_core()
            self.timeline.spawn(self._boot(), after=CORE_STARTS_IN)

    def stop_core(self) -> None:
        """End bm-core, and what lives with it."""
        with self.lock:
            self.client.stop()
            self.probe.stop()
            self.core.stop()

    def start_core(self) -> None:
        """Start bm-core, and what lives with it."""
        with self.lock:
            self.timeline.spawn(self._boot())

    def stop_database(self) -> None:
        """Take the database away."""
        with self.lock:
            self.commands.database_up = False
            if self.database:
                self.database.disconnect()
            if self.postgres:
                self.postgres.stop()

    def start_database(self) -> None:
        """Bring the database back, on the same port."""
        with self.lock:
            if self.postgres:
                self.postgres.start()
            self.commands.database_up = True

    def night(self) -> None:
        """Do what happens at four in the morning: cyr_expire, and bm-core's own purge."""
        with self.lock:
            self.store.purge()
            self.store.purge_deleted()
            self.core.clean_up()

    # --- what is true

    def truth(self) -> Truth:
        """Tell what is true now."""
        with self.lock:
            lines = self.sync_log.taken + self.sync_log.waiting
            return Truth(
                at=self.timeline.stamp,
                elapsed=self.timeline.now,
                stores=count_stores(self.store, PLACES, self._strays),
                unique_messages=count_inodes(self.store),
                orphan_files=len(self.store.orphans),
                bodies=len(self.replica.bodies),
                records=self.replica.records,
                folders=tuple(compare(folder, self.replica) for folder in self.store.folders.values()),
                log=self._log_truth(),
                probe_latency=frozen({p: echo.latency for p, echo in self.probe.echoes.items()}),
                probe_failures=sum(echo.failures for echo in self.probe.echoes.values()),
                active_sessions=len(self.core.sessions),
                sync_log_entries=len(lines),
                sync_log_names=len({line.split(" ", 1)[1] for line in lines}),
            )

    def _log_truth(self) -> LogTruth:
        tally = self.commands.tally
        return LogTruth(
            lines=self.log.lines,
            apply_mailbox=frozen(tally.apply_mailbox),
            applied_messages=tally.applied_messages,
            replies=frozen(tally.replies),
            record_changes=frozen(tally.records),
            probe_applied=frozen(tally.probe_applied),
        )

    def _boot(self) -> Process[None]:
        """Start bm-core; it has Cyrus restarted once it is ready, and sync_client comes with Cyrus."""
        self.core.start()
        yield CYRUS_STARTS_IN
        self.client.start()
        shares = [r.folders[0].cyrus for r in self.residents if r.probe]
        self.probe.start([self.store.by_name[name] for name in shares])
