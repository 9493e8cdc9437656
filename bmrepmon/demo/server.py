"""A simulated BlueMind 4 server that lives in a folder: Cyrus, sync_client, bm-core and its database.

Its time is simulated: `step` advances it, and the same seed and the same calls give the same files, rows and lines
(inodes, file times and port numbers are the machine's own). A test asks `truth` for what it may expect.
"""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from zoneinfo import ZoneInfo

from bmrepmon.demo.backend import Backend, Surroundings
from bmrepmon.demo.chance import chance
from bmrepmon.demo.commands import Commands
from bmrepmon.demo.core import Core
from bmrepmon.demo.database import Database
from bmrepmon.demo.directory import create_directory
from bmrepmon.demo.frames import Dialect
from bmrepmon.demo.population import mail_servers, populate
from bmrepmon.demo.postgres import Postgres
from bmrepmon.demo.replication_log import LogFile
from bmrepmon.demo.timeline import Process, Timeline
from bmrepmon.demo.tree import LOGS, Site, configure, find_sites, plant
from bmrepmon.demo.truth import LogTruth, Truth, compare, count_inodes
from bmrepmon.model.frozen import frozen

EPOCH = 1_750_000_000.0  # 15 June 2025: when simulated time begins unless told otherwise
CORE_STARTS_IN = 8.0  # seconds of a restart during which nothing listens
CYRUS_STARTS_IN = 4.0  # seconds from bm-core's first word until sync_client is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate."""

    seed: int = 1
    backends: int = 1  # mail servers
    mailboxes: int = 40  # of all mail servers together
    messages: int = 4000  # at the beginning, as above
    log_format: Literal[2019, 2022] = 2022
    index_version: int = 13  # of cyrus.index: 12 to 19
    database: bool = True  # False: no PostgreSQL, for fast tests
    epoch: float = EPOCH  # Unix time of the beginning
    speed: float = 1.0  # simulated seconds in one second of the stamps
    passive: float = 0.0  # share of the mailboxes that were never replicated and are not in use
    waiting: float = 0.0  # share of the mailboxes whose first replication is still to come
    default: int = 0  # folders in the partition of each Cyrus's own, which is not replicated
    probes: bool = True  # whether bm-core measures its latency
    zone: str | None = None  # of the logs; default UTC in 2022, Europe/Paris in 2019


class SimulatedServer:
    """All parts, wired together; a context manager that ends them."""

    def __init__(self, root: Path, plan: Plan) -> None:
        """Live below ``root``, an empty folder; nothing lives before `build`."""
        self.root = root
        self.plan = plan
        self.zone = plan.zone or ("UTC" if plan.log_format >= 2022 else "Europe/Paris")
        sites = find_sites(root, mail_servers(plan.backends))
        self.residents = populate(plan.seed, plan.mailboxes, mail_servers(plan.backends), probes=plan.probes)
        self.lock = threading.RLock()  # held while the world moves; `truth` takes it too
        self.timeline = Timeline(plan.epoch, plan.speed)
        self.postgres = Postgres() if plan.database else None
        plant(root, sites[0])
        zone = ZoneInfo(self.zone)
        self.log = LogFile(root / LOGS / "replication.log", self.timeline, zone)
        self.core_log = LogFile(root / LOGS / "core.log", self.timeline, zone)
        dialect = Dialect(plan.log_format, plan.index_version)
        self.core = Core(self.timeline, self.log, dialect, chance(plan.seed, "core"))
        self.commands = Commands(self.core, self.timeline, chance(plan.seed, "commands"))
        self.backends = tuple(self._backend(number, site) for number, site in enumerate(sites))
        first = self.backends[0]  # mostly the only one
        self.store, self.replica, self.probe, self.life = first.store, first.replica, first.probe, first.life

    def _backend(self, number: int, site: Site) -> Backend:
        name = f"bj-data-{number + 1}" if number else "bj-data"  # on servers of their own, all are called bj-data
        database = Database(self.postgres, self.plan.log_format, name) if self.postgres else None
        residents = [r for r in self.residents if r.server == site.server]
        around = Surroundings(self.timeline, self.core, self.commands, self.core_log)
        return Backend(site, residents, around, database, self.plan.seed + number)

    def build(self) -> Path:
        """Make folders, messages and rows, and start everything; return a configuration for a monitor."""
        with self.lock:
            if self.postgres:
                self.postgres.create()
                self.postgres.start()
                servers = {backend.site.server: backend.site.address for backend in self.backends}
                create_directory(self.postgres, servers, self.residents)
            wishes = replace(self.plan, messages=self.plan.messages // self.plan.backends)
            for backend in self.backends:
                backend.build(wishes)
            self.timeline.spawn(self._boot())
            for backend in self.backends:
                backend.life.start()
            self.timeline.advance(0.0)  # bm-core listens: its port is known
        databases = {b.site: b.database.conninfo if b.database else None for b in self.backends}
        return configure(self.root, self.zone, self.core.listener.port, databases)

    def step(self, seconds: float) -> None:
        """Let simulated time pass."""
        with self.lock:
            self.timeline.advance(seconds)

    def close(self) -> None:
        """End everything but the files."""
        with self.lock:
            self.stop_core()
            self.log.close()
            self.core_log.close()
            for database in self._databases:
                database.disconnect()
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
            for backend in self.backends:
                backend.client.freeze()

    def thaw(self) -> None:
        """Let sync_client go on."""
        with self.lock:
            for backend in self.backends:
                backend.client.thaw()

    def disconnect(self, *backends: Backend) -> None:
        """Cut the connections of some mail servers, else of all; sync_client dies of it."""
        with self.lock:
            for backend in backends or self.backends:
                backend.client.stop()
                self.core.cut(backend.peer)

    def reconnect(self, *backends: Backend) -> None:
        """Start sync_client again."""
        with self.lock:
            for backend in backends or self.backends:
                backend.client.start()

    def restart_core(self) -> None:
        """Restart bm-core, which restarts Cyrus and with it sync_client."""
        with self.lock:
            self.stop_core()
            self.timeline.spawn(self._boot(), after=CORE_STARTS_IN)

    def stop_core(self) -> None:
        """End bm-core, and what lives with it."""
        with self.lock:
            for backend in self.backends:
                backend.stop()
            self.core.stop()

    def start_core(self) -> None:
        """Start bm-core, and what lives with it."""
        with self.lock:
            self.timeline.spawn(self._boot())

    def stop_database(self) -> None:
        """Take the database away."""
        with self.lock:
            self.commands.database_up = False
            for database in self._databases:
                database.disconnect()
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
            for backend in self.backends:
                backend.expire()
                self.core.clean_up(backend.replica)

    # --- what is true

    def truth(self, *of: Backend) -> Truth:
        """Tell what is true now: of some mail servers, else of all; the log is always that of all."""
        with self.lock:
            backends = of or self.backends
            peers = [backend.peer for backend in backends]
            lines = [line for b in backends for line in (*b.sync_log.taken, *b.sync_log.waiting)]
            echoes = {partition: echo for b in backends for partition, echo in b.probe.echoes.items()}
            return Truth(
                at=self.timeline.stamp,
                elapsed=self.timeline.now,
                stores=tuple(store for b in backends for store in b.stores()),
                unique_messages=sum(count_inodes(b.store) for b in backends),
                orphan_files=sum(len(b.store.orphans) for b in backends),
                bodies=sum(len(b.replica.bodies) for b in backends),
                records=sum(b.replica.records for b in backends),
                folders=tuple(compare(folder, b.replica) for b in backends for folder in b.store.folders.values()),
                log=self._log_truth(),
                probe_latency=frozen({p: echo.latency for p, echo in echoes.items()}),
                probe_failures=sum(echo.failures for echo in echoes.values()),
                active_sessions=sum(session.peer in peers for session in self.core.sessions),
                sync_log_entries=len(lines),
                sync_log_names=len({line.split(" ", 1)[1] for line in lines}),
            )

    @property
    def _databases(self) -> list[Database]:
        return [backend.database for backend in self.backends if backend.database]

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
        for backend in self.backends:
            backend.start()
