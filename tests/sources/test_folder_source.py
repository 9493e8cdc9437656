"""Both sides of the folders in the right order, and what is left when one of them is away."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cyrus_tree import USER, CyrusTree, unique_id

from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.folders import FolderSource, FolderTree


class Database:
    """A database that says what it is told to."""

    def __init__(self, answer: Callable[[], Positions]) -> None:
        self.read = answer
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def tree(tmp_path: Path) -> CyrusTree:
    made = CyrusTree(tmp_path)
    made.put(USER, 3, 30)
    return made


def arrived(last_uid: int, modseq: int) -> Positions:
    return Positions.of([(unique_id(USER), Position(modseq, last_uid, 7))])


def away() -> Positions:
    raise SourceError("refused", "database of bm-master: nobody listens there")


def source(tree: CyrusTree, database: Database | None, log: Callable[[], Positions | None] | None) -> FolderSource:
    return FolderSource("bm-master", FolderTree("bm-master", tree.root), database, log)


def test_what_arrives_after_the_survey_is_no_lag(tree: CyrusTree) -> None:
    """Cyrus is looked at first, then the log, then the database: each may know more than the one before."""
    order = []

    def log() -> Positions:
        tree.put(USER, 4, 40)
        order.append("log")
        return arrived(4, 40)

    def database() -> Positions:
        tree.put(USER, 5, 50)
        order.append("database")
        return arrived(5, 50)

    comparison = source(tree, Database(database), log).read()

    assert order == ["log", "database"]
    assert (comparison.lag_messages, comparison.lag_folders, comparison.disputed) == (0, 0, ())


def test_a_database_that_is_away_leaves_the_log(tree: CyrusTree) -> None:
    """What the log tells is still exact, why there is no more is told, and nobody is called passive."""
    tree.put(f"{USER}/Sent", 9, 90)
    comparison = source(tree, Database(away), lambda: arrived(1, 10)).read()

    assert (comparison.lag_messages, comparison.lag_changes, comparison.lag_folders) == (2, 20, 1)
    assert (comparison.unknown, comparison.passive_folders) == ({"no_position": 1}, None)
    assert comparison.problem == "database of bm-master: nobody listens there"


@pytest.mark.parametrize("log", [None, lambda: None])
def test_without_any_witness_the_round_has_failed(tree: CyrusTree, log: Callable[[], None] | None) -> None:
    """The reason is that of the database."""
    with pytest.raises(SourceError) as caught:
        source(tree, Database(away), log).read()

    assert caught.value.reason == "refused"


def test_a_backend_that_has_neither(tree: CyrusTree) -> None:
    """Its folders are counted, and nothing is said about lag."""
    comparison = source(tree, None, None).read()

    assert (comparison.told, comparison.unknown) == (False, {"no_position": 1})


def test_closing_ends_both_sides(tree: CyrusTree) -> None:
    """A survey that would begin does not, and the connection goes."""
    database = Database(lambda: arrived(3, 30))
    closed = source(tree, database, None)
    closed.close()
    with pytest.raises(SourceError) as caught:
        closed.read()

    assert (caught.value.reason, database.closed) == ("stopped", True)
