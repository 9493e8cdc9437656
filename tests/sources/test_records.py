"""The records of real cyrus.index files: what is read again, what is not, and what cannot be."""

import os
import random
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from cyrus_tree import USER, CyrusTree, unique_id

from bmrepmon.demo.cyrus_index import EXPUNGED, SEEN, IndexRecord
from bmrepmon.model.delta import BodyReferences, Reckoning, RecordLook
from bmrepmon.model.positions import NO_POSITIONS, Position, Positions
from bmrepmon.model.readings import NoData, SourceError
from bmrepmon.model.records import RecordCensus, take_census
from bmrepmon.model.survey import folder_key
from bmrepmon.sources.folders import FolderSource, FolderTree, RecordSource, columns, records

LONG_AGO = 1_600_000_000
SENT = f"{USER}/Sent"


class Database:
    """What the replica has, as tests set it."""

    def __init__(self) -> None:
        self.stored: dict[str, Position] = {}

    def read(self) -> Positions:
        return Positions.of((unique_id(path), position) for path, position in self.stored.items())

    def close(self) -> None:
        """Nothing is held open."""


class FakeClock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return LONG_AGO + self.seconds

    def steady(self) -> float:
        return self.seconds


class References:
    """A count that takes its time."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Callable[[], BodyReferences] = lambda: BodyReferences(3, 2)
        self.closed = False

    def read(self) -> BodyReferences:
        self.asked += 1
        return self.answer()

    def close(self) -> None:
        self.closed = True


class Server:
    """A small Cyrus and its replica, looked at by one source for as long as a test lasts."""

    def __init__(self, home: Path) -> None:
        self.tree, self.database = CyrusTree(home / "meta"), Database()
        self.elsewhere = CyrusTree(home / "elsewhere")
        self.said, self.logged = NO_POSITIONS, False
        self.places = places = FolderTree("bm-master", self.tree.root, {"bm-master__b_test": self.elsewhere.root})
        self.folders = FolderSource("bm-master", places, self.database, lambda: self.said if self.logged else None)
        self.references, self.clock = References(), FakeClock()
        self.source = RecordSource("bm-master", places, self.folders, self.references, self.clock)

    def put(self, path: str, contents: Iterable[int], *, arrived: int | None = None, flags: int = 0) -> Path:
        """Write a folder, long ago, with one message for each content; the replica has it up to a uid."""
        found = [record(uid, content, flags) for uid, content in enumerate(contents, 1)]
        index = self.tree.put(path, len(found), 9, records=found)
        os.utime(index, (LONG_AGO + len(found), LONG_AGO + len(found)))
        if arrived is not None:
            self.database.stored[path] = Position(9, arrived, 7)
        return index

    def move(self, path: str, to: str) -> None:
        """Rename a folder, as Cyrus does when it is deleted; nothing where there is none, or one in the way."""
        source, target = self.tree.root / path, self.tree.root / to
        if source.is_dir() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    def count(self) -> RecordCensus:
        return self.look().census

    def look(self) -> RecordLook:
        self.folders.read()
        return self.source.read()


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read, the names of their folders."""
    paths: list[str] = []
    reading = records.read_records

    def noted(path: str, standing: bytes) -> bytes | None:
        paths.append(Path(path).parent.name)
        return reading(path, standing)

    monkeypatch.setattr(records, "read_records", noted)
    return paths


def record(uid: int, content: int, flags: int = 0) -> IndexRecord:
    return IndexRecord(uid, content.to_bytes(20, "little"), 100, 1, 1, 5, flags)


def test_messages_are_counted_by_what_became_of_them(server: Server) -> None:
    """Two of three have arrived, one of these lies in Sent too, which was never replicated, with one of its own."""
    server.put(USER, [1, 2, 3], arrived=2)
    server.put(SENT, [1, 4])
    server.put(f"{USER}/Trash", [3, 5], arrived=2, flags=EXPUNGED)

    assert server.count() == RecordCensus(7, (2, 1, 1, 1, 0), 0)


def test_only_what_changed_is_read_again(server: Server, read: list[str]) -> None:
    """A changed index, or a replica that has moved on; nothing at all while nothing happens, nor an empty folder."""
    server.put(USER, [1, 2], arrived=1)
    server.put(SENT, [3])
    server.put(f"{USER}/Empty", [])
    first = server.count()
    assert sorted(read) == ["Sent", "tom"]
    assert server.count() is first
    assert sorted(read) == ["Sent", "tom"]

    server.put(SENT, [3, 4])
    assert server.count() == replace(first, records=4, distinct=(1, 1, 2, 0, 0))
    assert read[2:] == ["Sent"]

    server.database.stored[USER] = Position(9, 2, 7)
    assert server.count() == replace(first, records=4, distinct=(2, 0, 2, 0, 0))
    assert read[3:] == ["tom"]


@pytest.mark.parametrize("seed", range(8))
def test_what_is_carried_over_is_what_a_first_look_would_find(tmp_path: Path, seed: int) -> None:
    """Whatever happens to folders, to their places and to either witness, which may be lost and come back."""
    dice, server = random.Random(seed), Server(tmp_path)  # noqa: S311 - the same in every run
    paths = [f"{USER}/{name}" for name in "abcdef"]
    for moment in range(LONG_AGO, LONG_AGO + 40):
        path, deleted = dice.choice(paths), f"bm-master__a_test/domain/a/a.test/t/DELETED/user/tom/{dice.choice('xy')}"
        match dice.randrange(8):
            case 0 | 1:
                contents = [dice.randrange(9) for _ in range(dice.randrange(4))]
                os.utime(server.put(path, contents, flags=dice.choice([0, EXPUNGED])), (moment, moment))
            case 2:
                server.database.stored[path] = Position(9, dice.randrange(4), dice.choice([0, 7, 8]))
            case 3:
                server.database.stored.pop(path, None)
            case 4:
                server.said = server.said.moved({folder_key(unique_id(path)): Position(9, dice.randrange(4), 7)})
            case 5:
                server.move(path, deleted)
            case 6:
                server.move(deleted, path)
            case _:
                server.logged = not server.logged
        carried = server.count()
        fresh = RecordSource("bm-master", server.places, server.folders, None, server.clock)

        assert carried == fresh.read().census


def test_changed_flags_change_no_count(server: Server, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe's do every few seconds: its folder is read, and nobody else's messages are told apart anew."""
    taken: list[RecordCensus] = []

    def noted(folders: Iterable[bytes], unread: int) -> RecordCensus:
        taken.append(take_census(folders, unread))
        return taken[-1]

    monkeypatch.setattr(records, "take_census", noted)
    server.put(USER, [1, 2], arrived=2)
    server.put(SENT, [3])
    first = server.count()
    os.utime(server.put(USER, [1, 2], arrived=2, flags=SEEN), (LONG_AGO + 60, LONG_AGO + 60))

    assert server.count() is first
    assert (read[2:], len(taken)) == (["tom"], 1)
    server.put(USER, [1, 4], arrived=2)
    assert server.count() == first
    assert len(taken) == 2


def test_what_was_changed_a_moment_ago_is_read_each_time(server: Server, read: list[str]) -> None:
    """A further change might leave its time as it is."""
    os.utime(server.put(USER, [1], arrived=1))
    server.count()
    server.count()

    assert read == ["tom", "tom"]


def test_a_folder_that_goes_takes_its_messages_along(server: Server) -> None:
    """Between two rounds, or after it was compared and before its records are read."""
    server.put(USER, [1], arrived=1)
    sent, trash = server.put(SENT, [2], arrived=1), server.put(f"{USER}/Trash", [3], arrived=1)
    assert server.count().distinct[0] == 3
    sent.unlink()
    assert server.count() == RecordCensus(2, (2, 0, 0, 0, 0), 0)

    trash.write_bytes(b"")
    server.put(f"{USER}/Trash", [3, 4], arrived=2)
    server.folders.read()
    trash.unlink()
    assert server.source.read().census == RecordCensus(1, (1, 0, 0, 0, 0), 0)


@pytest.mark.parametrize("damage", ["truncated", "one bit", "header"])
def test_a_damaged_folder_is_not_guessed_at(server: Server, damage: str) -> None:
    """It is counted as unread, and read as soon as it is well."""
    server.put(SENT, [3], arrived=1)
    index = server.put(USER, [1, 2], arrived=2)
    whole = index.read_bytes()
    broken = {"truncated": whole[:-104], "one bit": whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:], "header": b""}
    index.write_bytes(broken[damage])

    assert server.count() == RecordCensus(1, (1, 0, 0, 0, 0), 1)
    index.write_bytes(whole)
    assert server.count() == RecordCensus(3, (3, 0, 0, 0, 0), 0)


def test_a_promise_of_four_thousand_million_records_is_damage_at_once(server: Server) -> None:
    """What a file says that it holds is not waited for."""
    index = server.put(USER, [1], arrived=1)
    header = bytearray(index.read_bytes()[:128])
    header[20:24] = b"\xff" * 4
    header[124:] = zlib.crc32(header[:124]).to_bytes(4, "big")
    index.write_bytes(header)

    assert server.count() == RecordCensus(0, (0, 0, 0, 0, 0), 1)


def test_large_folders_are_read_block_by_block(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks' ends lose and double nothing."""
    monkeypatch.setattr(columns, "BLOCK", 7)
    server.put(USER, range(50), arrived=50)

    assert server.count() == RecordCensus(50, (50, 0, 0, 0, 0), 0)


def test_a_metapartition_that_lies_elsewhere_is_read_there(server: Server) -> None:
    """Discovery finds such ones; the survey names them as if they lay together."""
    server.elsewhere.put("domain/b/b.test/a/user/ann", 1, 9, records=[record(1, 6)])

    assert server.count() == RecordCensus(1, (0, 0, 1, 0, 0), 0)


def test_without_a_comparison_there_is_nothing_to_count(server: Server) -> None:
    """What is wrong is told by the folders themselves; nobody waits for what has failed, or was closed."""
    server.folders.close()
    with pytest.raises(SourceError):
        server.folders.read()
    with pytest.raises(NoData):
        server.source.read()


def test_bodies_are_counted_after_the_messages_and_then_the_database_rests(server: Server) -> None:
    """Fifty times what the count took, whether it succeeded or not; its last result stays, with its time."""

    def slow() -> BodyReferences:
        server.clock.seconds += 2
        return BodyReferences(5, 3)

    server.put(USER, [1, 2], arrived=2)
    server.references.answer = slow
    first = server.look()
    reckoned = Reckoning(first.census, BodyReferences(5, 3), LONG_AGO + 1002.0)
    assert first == RecordLook(first.census, reckoned)

    server.put(SENT, [3])
    server.clock.seconds += 97
    later = server.look()
    assert (later.census.records, later.reckoning, server.references.asked) == (3, reckoned, 1)
    server.clock.seconds += 1
    last = server.look()
    assert (last.reckoning, server.references.asked) == (
        Reckoning(later.census, BodyReferences(5, 3), LONG_AGO + 1102.0),
        2,
    )


def test_a_count_that_fails_is_told_and_costs_nothing_else(server: Server) -> None:
    """The census is there, and so is the last count."""

    def refused() -> BodyReferences:
        raise SourceError("permission", "database of bm-master: the role may not read it")

    server.put(USER, [1], arrived=1)
    before = server.look()
    server.references.answer = refused
    after = server.look()

    assert after == RecordLook(before.census, before.reckoning, "database of bm-master: the role may not read it")


def test_bodies_are_not_counted_for_messages_that_cannot_be_placed(server: Server) -> None:
    """Nothing would follow from it."""
    server.put(USER, [1], arrived=1).write_bytes(b"")

    assert (server.look().reckoning, server.references.asked) == (None, 0)


def test_closing_ends_a_round(server: Server) -> None:
    """A round that would begin does not."""
    server.put(USER, [1])
    server.folders.read()
    server.source.close()
    with pytest.raises(SourceError) as caught:
        server.source.read()

    assert (caught.value.reason, server.references.closed) == ("stopped", True)
