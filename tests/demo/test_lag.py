"""The lag that is measured on simulated servers, against what is true of them."""

from collections.abc import Callable
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from scenes import TELLING

from bmrepmon.demo.backend import Backend
from bmrepmon.demo.server import SimulatedServer
from bmrepmon.demo.truth import Truth
from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.positions import Position, Positions
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.sources.folders import FolderSource, FolderTree

MakeServer = Callable[..., SimulatedServer]


class Replica:
    """The database's side, as bm-core's own memory has it: no PostgreSQL is needed to compare."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def read(self) -> Positions:
        known = self._backend.replica.folders.items()
        states = ((unique_id, folder.state) for unique_id, folder in known)
        return Positions.of((uid, Position(s.highest_modseq, s.last_uid, s.uid_validity)) for uid, s in states)

    def close(self) -> None:
        """Nothing is held open."""


def logged(server: SimulatedServer) -> Positions:
    """Return what the log alone tells."""
    lines = (server.root / "var/log/bm/replication.log").read_bytes().split(b"\n")[:-1]
    return fold_replication_log(ZoneInfo(server.zone))(LogActivity(), [lines]).positions


def source_of(server: SimulatedServer, backend: Backend) -> FolderSource:
    """Return what compares the folders of one mail server."""
    tree = FolderTree(backend.site.server, backend.site.home / "var/spool/cyrus/meta")
    return FolderSource(backend.site.server, tree, Replica(backend), lambda: logged(server))


def told(found: FolderComparison) -> tuple[int, int, int, int | None, int | None]:
    return found.lag_messages, found.lag_changes, found.lag_folders, found.passive_folders, found.passive_messages


def true(truth: Truth) -> tuple[int, int, int, int, int]:
    return truth.lag_messages, truth.lag_changes, truth.lag_folders, truth.passive_folders, truth.passive_messages


@pytest.mark.parametrize("scenario", TELLING)
@pytest.mark.parametrize("index_version", [13, 19])
def test_the_lag_is_the_true_one_at_any_moment(simulated_server: MakeServer, scenario: str, index_version: int) -> None:
    """Messages, changes, folders, and those that were never replicated, in every scenario, by one tree all along."""
    server = simulated_server(scenario, index_version=index_version)
    sources = [(backend, source_of(server, backend)) for backend in server.backends]
    for (backend, source), _ in product(sources, range(6)):
        server.step(11.7)
        comparison, truth = source.read(), server.truth(backend)

        assert told(comparison) == true(truth)
        assert (comparison.unknown, comparison.disputed) == ({}, ())
        assert comparison.messages == sum(folder.exists for folder in truth.folders)
        assert comparison.records == sum(folder.records for folder in truth.folders)
        assert comparison.states.get("deleted", 0) == sum(folder.deleted for folder in truth.folders)


@pytest.mark.parametrize("log_format", [2019, 2022])
def test_the_log_alone_tells_the_same_of_what_it_has_told_of(simulated_server: MakeServer, log_format: int) -> None:
    """A folder that was never in it is unknown, and neither behind nor passive."""
    server = simulated_server("stall", log_format=log_format)
    server.step(60.0)
    positions = logged(server)
    tree = FolderTree("bm-master", server.root / "var/spool/cyrus/meta")
    comparison = FolderSource("bm-master", tree, None, lambda: positions).read()
    known = [f for f in server.truth().folders if not f.deleted and positions.get(f.unique_id)]

    assert comparison.lag_messages == sum(folder.lag_messages for folder in known) > 0
    assert comparison.lag_changes == sum(folder.lag_changes for folder in known)
    assert comparison.unknown == {"no_position": len([f for f in server.truth().folders if not f.deleted]) - len(known)}
    assert comparison.passive_folders is None
