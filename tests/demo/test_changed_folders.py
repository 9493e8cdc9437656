"""Which folders a count with a limit looks at first, on a simulated server."""

import os
from pathlib import Path

from bmrepmon.app.observing import sources
from bmrepmon.config.load import load_settings
from bmrepmon.demo.server import Plan, SimulatedServer
from bmrepmon.discovery import discover
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.survey import folder_key
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.sources.backlog import BacklogSource
from bmrepmon.sources.folders import FolderSource
from bmrepmon.sources.spool import StoreSource

LIMIT = {"BMREPMON_LIMITS__SPOOL_FILES_PER_SECOND": "100"}


def test_the_spool_begins_with_what_the_sync_log_and_the_log_name(tmp_path: Path) -> None:
    """Folders that wait, and those to which something was applied since it was asked last; the archives with none."""
    with SimulatedServer(tmp_path, Plan(mailboxes=4, messages=100, database=False)) as server:
        installation = discover(load_settings(server.build(), LIMIT), tmp_path, {})
        server.backends[0].sync_log.discard()
        waiting, applied, *_ = server.store.folders.values()
        known = Positions.of((unique_id, Position(1, 1, 1)) for unique_id in server.store.folders)
        log = [known]
        made = [source for source, _ in sources(installation, lambda: log[-1], SystemClock())]
        spool, archive = [source for source in made if isinstance(source, StoreSource)]
        readers = [source for source in made if isinstance(source, BacklogSource | FolderSource)]

        def first(store: StoreSource) -> set[str]:
            for reader in readers:
                reader.read()
            return {os.fsdecode(below) for below in store._first()}

        told = [first(spool)]
        server.backends[0].sync_log.append(("APPEND", waiting.name.cyrus))
        told.append(first(spool))
        server.backends[0].sync_log.discard()
        log.append(known.moved({folder_key(applied.unique_id): Position(2, 2, 1)}))
        told += [first(spool), first(spool), first(archive)]

    assert told == [set(), {waiting.name.directory}, {applied.name.directory}, set(), set()]
