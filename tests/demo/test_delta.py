"""The difference between files and bodies on simulated servers, taken apart and held against what is true of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from scenes import TELLING

from bmrepmon.app.once import observe_once
from bmrepmon.config.load import load_settings
from bmrepmon.demo.backend import Backend
from bmrepmon.demo.folder import Folder
from bmrepmon.demo.life import Rates
from bmrepmon.demo.server import SimulatedServer
from bmrepmon.discovery import discover
from bmrepmon.model.delta import BodyReferences, DeltaExplained, Reckoning, RecordLook, explain
from bmrepmon.model.positions import Position, Positions
from bmrepmon.publish.exposition import render_plain
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.sources.folders import FolderSource, FolderTree, RecordSource

MakeServer = Callable[..., SimulatedServer]
STILL = Rates(mail=0, read=0, file=0, expunge=0, archive=0, create=0, rename=0)


class Monitor:
    """The sources over one mail server, without PostgreSQL: the replica's side is bm-core's own memory."""

    def __init__(self, server: SimulatedServer, backend: Backend) -> None:
        self._server, self._backend = server, backend
        name = backend.site.server
        tree = FolderTree(name, backend.site.home / "var/spool/cyrus/meta")
        self._folders = FolderSource(name, tree, self, None)
        self._records = RecordSource(name, tree, self._folders, None, SystemClock())

    def read(self) -> Positions:
        known = self._backend.replica.folders.items()
        states = ((unique_id, folder.state) for unique_id, folder in known)
        return Positions.of((uid, Position(s.highest_modseq, s.last_uid, s.uid_validity)) for uid, s in states)

    def close(self) -> None:
        """Nothing is held open."""

    def explain(self) -> DeltaExplained:
        self._folders.read()
        census, truth = self._records.read().census, self._server.truth(self._backend)
        references = BodyReferences(truth.bodies, len(referenced(self._backend)))
        return explain(truth.messages, RecordLook(census, Reckoning(census, references, 0.0)))


def referenced(backend: Backend) -> set[bytes]:
    """Return the bodies that a live record of bm-core refers to."""
    live = {r.guid for folder in backend.replica.folders.values() for r in folder.records.values() if not r.expunged}
    return live & backend.replica.bodies


def became(backend: Backend, folder: Folder) -> Iterator[tuple[str, bytes]]:
    """Tell of each message of a folder what became of it, by bm-core's own records."""
    known = backend.replica.folders.get(folder.unique_id)
    for uid, record in folder.records.items():
        there = known.records.get(uid) if known else None
        if there is not None and not there.expunged:
            yield "replicated", record.guid
        elif record.expunged or there is not None or (known is None and folder.name.deleted):
            yield "expunged", record.guid
        else:
            yield "lagging" if known else "passive", record.guid


def true(server: SimulatedServer, backend: Backend) -> DeltaExplained:
    """Take the difference apart by what the simulation knows."""
    truth = server.truth(backend)
    every = [one for folder in backend.store.folders.values() for one in became(backend, folder)]
    left: dict[str, set[bytes]] = {}
    for kind in ("replicated", "lagging", "passive", "expunged"):
        left[kind] = {guid for found, guid in every if found == kind}.difference(*left.values())
    somebodys = referenced(backend)
    return DeltaExplained(
        orphan=truth.orphan_files,
        duplicate=len(every) - sum(map(len, left.values())),
        lagging=len(left["lagging"]),
        passive=len(left["passive"]),
        expunged=len(left["expunged"]) - (truth.bodies - len(somebodys)),
        unexplained=len(left["replicated"]) - len(somebodys),
    )


@pytest.mark.parametrize("scenario", TELLING)
@pytest.mark.parametrize("index_version", [13, 19])
def test_the_difference_is_explained_at_any_moment(
    simulated_server: MakeServer, scenario: str, index_version: int
) -> None:
    """In every scenario, by the same sources all along, through renames, deletions, and a night."""
    server = simulated_server(scenario, index_version=index_version)
    monitors = [(backend, Monitor(server, backend)) for backend in server.backends]
    for step in range(6):
        server.step(11.7)
        if step == 3:
            disturb(server)
        if step == 5:
            server.night()
        for backend, monitor in monitors:
            found, truth = monitor.explain(), server.truth(backend)

            assert found == true(server, backend)
            assert sum(found.reasons.values()) + (found.unexplained or 0) == truth.messages - truth.bodies


def disturb(server: SimulatedServer) -> None:
    """Archive, rename, delete and expunge."""
    store = server.store
    with server.lock:
        renamed, deleted, expunged, *_ = sorted(
            (f for f in store.folders.values() if f.name.path and not f.name.deleted), key=lambda f: -len(f.live)
        )
        for folder in (renamed, deleted):
            store.archive(folder, [r.uid for r in folder.live if not r.archived][:5])
        store.expunge(expunged, [r.uid for r in expunged.live][:5])
        store.rename(renamed, replace(renamed.name, path=("Été 2025",)))
        store.delete(deleted)


def test_at_rest_nothing_is_unexplained(simulated_server: MakeServer) -> None:
    """What is published, by the real database: every reason as it is, and nothing left."""
    server = simulated_server(database=True)
    server.step(40.0)
    disturb(server)
    server.life.rates = STILL
    server.step(30.0)
    expected, metrics = true(server, server.backends[0]), watch(server)

    assert expected.unexplained == 0
    assert expected.orphan
    assert expected.duplicate
    assert expected.expunged is not None
    assert {
        reason: metrics["bmrepmon_delta_explained_messages", reason] for reason in expected.reasons
    } == expected.reasons
    assert metrics["bmrepmon_delta_unexplained_messages", ""] == 0
    assert metrics["bmrepmon_delta_messages", ""] == sum(expected.reasons.values())


def watch(server: SimulatedServer) -> dict[tuple[str, str], float]:
    """Look at the server as `bmrepmon once` does: values by name and reason."""
    file = server.root / "etc/bmrepmon/bmrepmon.toml"
    families = text_string_to_metric_families(
        render_plain(observe_once(discover(load_settings(file, {}), server.root, {}))).decode()
    )
    return {(s.name, s.labels.get("reason", "")): s.value for family in families for s in family.samples}
