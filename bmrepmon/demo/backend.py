"""One mail server of the simulated installation: Cyrus with who lives there, sync_client, and what bm-core has of it.

bm-core, its logs and its port are there once for all of them. On the first, bm-core runs too; the folders of any other
lie below ``srv/<name>``, as if they were mounted there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bmrepmon.demo.build import Builder, Wishes
from bmrepmon.demo.commands import Commands
from bmrepmon.demo.core import Core, Peer
from bmrepmon.demo.database import Database
from bmrepmon.demo.disk import Disk
from bmrepmon.demo.life import Life
from bmrepmon.demo.mailstore import MailStore
from bmrepmon.demo.population import Resident
from bmrepmon.demo.probe import Probe
from bmrepmon.demo.replica import Replica
from bmrepmon.demo.replication_log import LogFile
from bmrepmon.demo.sync import SyncClient
from bmrepmon.demo.sync_log import SyncLog
from bmrepmon.demo.timeline import Timeline
from bmrepmon.demo.tree import SYNC_LOG, Site, plant_cyrus
from bmrepmon.demo.truth import StoreTruth, count_stores


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all mail servers have in common."""

    timeline: Timeline
    core: Core
    commands: Commands
    core_log: LogFile


class Backend:
    """The parts of one mail server, wired together."""

    def __init__(
        self,
        site: Site,
        residents: Sequence[Resident],
        around: Surroundings,
        database: Database | None,
        seed: int,
    ) -> None:
        """Live in the folders of ``site``; nothing lives before `build`."""
        core, timeline = around.core, around.timeline
        self.site = site
        self.database = database
        self.residents = residents
        self._strays = plant_cyrus(site)
        self._seed = seed
        self._timeline = timeline
        self.sync_log = SyncLog(site.home / SYNC_LOG, timeline)
        self.store = MailStore(Disk(site.home), site.server, core.dialect.index_version, timeline, self.sync_log)
        self.replica = Replica(database)
        self.peer = Peer(site.address, self.replica)
        self.client = SyncClient(timeline, self.store, self.sync_log, core, around.commands, peer=self.peer)
        year, applied = core.dialect.year, around.commands.applied
        self.probe = Probe(timeline, self.store, self.replica, year, around.core_log, applied)
        self.life = Life(timeline, self.store, (), seed)

    def build(self, wishes: Wishes) -> None:
        """Make folders, messages and rows."""
        if self.database:
            self.database.create()
        builder = Builder(self._seed, self._timeline.epoch, self.store, self.replica)
        self.life.residents = builder.fill(self.residents, wishes)

    def start(self) -> None:
        """Start what lives with bm-core."""
        self.client.start()
        shares = [r.folders[0].cyrus for r in self.residents if r.probe]
        self.probe.start([self.store.by_name[name] for name in shares])

    def stop(self) -> None:
        """End what lives with bm-core."""
        self.client.stop()
        self.probe.stop()

    def expire(self) -> None:
        """Do what cyr_expire does at night."""
        self.store.purge()
        self.store.purge_deleted()

    def stores(self) -> tuple[StoreTruth, ...]:
        """Tell what find would count in each partition of each store."""
        return count_stores(self.store, self.site.places, self._strays)
