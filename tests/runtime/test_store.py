import json
import resource
import shutil
import sqlite3
import struct
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from counted import rows
from structlog.testing import capture_logs

from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.frozen import frozen
from bmrepmon.model.history import Window
from bmrepmon.model.log_activity import CoreActivity, Histogram, LogActivity, OpenCommand
from bmrepmon.model.positions import NO_POSITIONS, Position, Positions
from bmrepmon.model.state import Durable
from bmrepmon.model.survey import folder_key
from bmrepmon.model.verdict.states import Sample, Trail
from bmrepmon.runtime.codec import decode, encode
from bmrepmon.runtime.store import FILE, Store, StoreError
from bmrepmon.runtime.tables import peek

LOG = LogActivity(
    lines=frozen({"event": 12, "unknown": 1}),
    apply_mailbox=frozen({"bm-master__example_org": 7, "": 2}),
    durations=frozen({"APPLY MAILBOX": Histogram(sum=1.25, max=0.5)}),
    last_event_at=1667901600.125,
    open_commands=(OpenCommand("vert.x-eventloop-thread-1", 12, "GET USER", 1667901600.0),),
)
NOW = 1_700_000_000.0


def window(*values: float) -> Window:
    """Return a window with a point a minute."""
    filled = Window()
    for number, value in enumerate(values):
        filled = filled.add(1000.0 + 60 * number, value)
    return filled


def durable(lines: int, *values: float) -> Durable:
    """Return a state in which everything is tied to ``lines``."""
    return Durable(
        log=replace(LOG, applied_messages=lines),
        core=CoreActivity(probe_latency=0.125),
        checkpoints=frozen({"log": Checkpoint(64512, 12345678901, lines, "abcdef", 1024)}),
        followers=frozen({"log": FollowerCounts(rotations=2, unread_bytes=0, exists=True)}),
        bodies=frozen({"bm-master": rows(lines).carried}),
        history=frozen({"bodies/bm-master": window(*values), "delta_messages/bm-master": window(0.5)}),
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state"


@pytest.fixture
def store(directory: Path) -> Iterator[Store]:
    with Store(directory, lambda: NOW) as store:
        yield store


def reload(store: Store) -> Durable:
    """Return what the next process would find."""
    store.close()
    with Store(store.directory) as other:
        return other.load()


def test_what_is_saved_comes_back_equal(store: Store) -> None:
    """Positions, counters, histograms, open commands and points are the same after a restart."""
    assert store.load() == Durable()
    store.save(durable(7, 1.0, 2.5))

    assert reload(store) == durable(7, 1.0, 2.5)


def positions(folders: int) -> Positions:
    return Positions.of((f"folder{n}", Position(10 * n, n, 1)) for n in range(folders))


def test_positions_of_folders_go_with_the_position_in_the_log(store: Store) -> None:
    """They come back as they were saved, whether they are few, many or gone."""
    for saved in (positions(3), positions(5000), NO_POSITIONS):
        store.save(Durable(log=replace(LOG, positions=saved), past=positions(7)))
        loaded = reload(store)
        assert (loaded.log, loaded.past) == (replace(LOG, positions=saved), positions(7))
        store.load()


def test_positions_of_the_first_schema_are_taken_over(store: Store, directory: Path) -> None:
    """It had eight times as many pieces; nothing that was known of a folder is lost, whoever reads it first."""
    known = Durable(log=replace(LOG, positions=positions(3000)), past=positions(70))
    store.save(known)
    store.close()
    with closing(sqlite3.connect(directory / FILE)) as db:
        former = defaultdict[int, bytes](bytes)
        for first, kind in ((0, known.log.positions), (8192, known.past)):
            for key, position in kind:
                former[first + (key[0] << 8 | key[1]) % 8192] += struct.pack(">8sQII", key, *position)
        db.execute("DELETE FROM position")
        db.executemany("INSERT INTO position VALUES (?, ?)", former.items())
        db.execute("PRAGMA user_version = 1")
        db.commit()

    for loaded in (peek(directory / FILE), reload(store), reload(store)):
        assert sorted(loaded.log.positions) == sorted(known.log.positions)
        assert sorted(loaded.past) == sorted(known.past)


def test_only_what_moved_is_written(store: Store, directory: Path) -> None:
    """One folder of thousands is one small row."""
    many = positions(5000)
    store.save(Durable(log=replace(LOG, positions=many)))
    before = (directory / f"{FILE}-wal").stat().st_size
    store.save(Durable(log=replace(LOG, positions=many.moved({folder_key("folder7"): Position(99, 9, 1)}))))
    assert (directory / f"{FILE}-wal").stat().st_size - before < 20_000

    assert reload(store).log.positions.get("folder7") == Position(99, 9, 1)
    assert reload(store).log.positions.get("folder8") == Position(80, 8, 1)


def test_what_comes_back_is_frozen() -> None:
    """A loaded mapping cannot be changed either."""
    loaded = decode(encode(LOG), LogActivity)

    assert loaded == LOG
    with pytest.raises(TypeError):
        loaded.lines["event"] = 0  # type: ignore[index]  # that it cannot is what is shown


def test_a_named_tuple_comes_back_with_its_names() -> None:
    """To Python it is equal to a bare tuple, in which nobody finds a name."""
    back = decode(encode(Trail(samples=(Sample(5.0, 7, None),))), Trail)

    assert back.samples[0].lag == 7
    assert type(back.samples[0]) is Sample


def test_a_field_that_an_older_file_lacks_has_its_default() -> None:
    """A document may gain fields without a new schema."""
    older = json.loads(encode(LOG))
    del older["indexed_records"]

    assert decode(json.dumps(older).encode(), LogActivity) == LOG


def test_each_save_replaces_the_one_before(store: Store) -> None:
    """Points that gave way, and series that are no more, are gone from the file too."""
    store.load()
    store.save(durable(1, 1.0, 2.0, 3.0))
    later = durable(2, 1.0, 2.0, 4.0, 5.0)
    store.save(later)
    last = replace(later, history=frozen({"bodies/bm-master": Window(later.history["bodies/bm-master"].points[1:])}))
    store.save(last)

    assert reload(store) == last


def test_a_new_point_costs_a_page_or_two(store: Store, directory: Path) -> None:
    """A day of thirty series is not written again with every save."""
    store.load()
    day = window(*range(1440))
    history = {f"series-{n}/bm-master": day for n in range(30)}
    store.save(Durable(history=frozen(history)))
    journal = directory / f"{FILE}-wal"
    assert store._tables is not None
    store._tables._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    added = {name: full.add(1000.0 + 60 * 1440, 1.0) for name, full in history.items()}
    store.save(Durable(history=frozen(added)))

    assert 0 < journal.stat().st_size < 100_000
    assert reload(store).history == added


def test_nothing_new_writes_nothing(store: Store, directory: Path) -> None:
    """An idle daemon leaves the disk alone."""
    store.load()
    state = durable(1, 1.0)
    store.save(state)
    size = (directory / f"{FILE}-wal").stat().st_size
    store.save(state)
    store.save(replace(state))

    assert (directory / f"{FILE}-wal").stat().st_size == size


def test_nobody_else_may_read_it(store: Store, directory: Path) -> None:
    """The folder and every file in it are their owner's alone."""
    store.load()
    store.save(durable(1, 1.0))

    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()} == {
        FILE: 0o600,
        f"{FILE}-wal": 0o600,
        f"{FILE}-shm": 0o600,
    }


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_put_aside(store: Store, directory: Path, damage: bytes) -> None:
    """It is kept under another name, said so in one line, and counting begins anew."""
    directory.mkdir(parents=True)
    (directory / FILE).write_bytes(damage)
    with capture_logs() as said:
        assert store.load() == Durable()
    store.save(durable(3, 1.0))

    aside = directory / f"{FILE}.corrupt-20231114T221320Z"
    assert store.set_aside == aside
    assert aside.read_bytes() == damage
    assert [line["log_level"] for line in said] == ["error"]
    assert reload(store) == durable(3, 1.0)


def test_a_damaged_page_is_found(store: Store, directory: Path) -> None:
    """A file that opens may still be broken inside."""
    store.load()
    store.save(durable(3, *map(float, range(500))))
    store.close()
    text = bytearray((directory / FILE).read_bytes())
    text[8192:12288] = b"\xaa" * 4096
    (directory / FILE).write_bytes(text)

    assert store.load() == Durable()
    assert store.set_aside is not None


@pytest.mark.parametrize(
    ("sql", "fate"),
    [
        ("PRAGMA user_version = 99", "newer"),
        ("PRAGMA application_id = 1", "corrupt"),
        ("UPDATE document SET body = '{\"lines\": 5}' WHERE name = 'log'", "corrupt"),
    ],
)
def test_a_file_that_is_not_understood_is_put_aside(store: Store, directory: Path, sql: str, fate: str) -> None:
    """A newer bmrepmon's state survives a downgrade; somebody else's file is left as it was."""
    store.load()
    store.save(durable(1, 1.0))
    store.close()
    with sqlite3.connect(directory / FILE) as db:
        db.execute(sql)
    db.close()

    assert store.load() == Durable()
    assert store.set_aside == directory / f"{FILE}.{fate}-20231114T221320Z"


def test_two_daemons_do_not_share_a_directory(store: Store, directory: Path) -> None:
    """The second one is told what to do."""
    store.load()

    with pytest.raises(StoreError, match="in use by another bmrepmon"), Store(directory) as other:
        other.load()


def test_a_full_disk_is_said_once_and_overcome(store: Store) -> None:
    """Monitoring goes on from memory; the first save that works has everything."""
    store.load()
    store.save(durable(1, 1.0))
    assert store._tables is not None
    database = store._tables._db
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    with capture_logs() as said:
        for lines in range(2, 5):
            store.save(durable(lines, *map(float, range(1440))))
        assert "full" in str(store.problem)
        database.execute("PRAGMA max_page_count = 1000000")
        store.save(durable(5, *map(float, range(1440))))
        store.save(durable(6, *map(float, range(1440))))

    assert store.problem is None
    assert [line["log_level"] for line in said] == ["error", "info"]
    assert reload(store) == durable(6, *map(float, range(1440)))


def test_a_directory_that_cannot_be_made_is_waited_for(tmp_path: Path) -> None:
    """A state directory below a file, until the file is gone."""
    (tmp_path / "file").touch()
    with Store(tmp_path / "file" / "state") as store:
        assert store.load() == Durable()
        assert "Not a directory" in str(store.problem)
        store.save(durable(1, 1.0))
        (tmp_path / "file").unlink()
        store.save(durable(2, 1.0))

        assert store.problem is None
        assert reload(store) == durable(2, 1.0)


def test_a_removed_file_is_made_anew(store: Store, directory: Path) -> None:
    """Saving into a file that no one will find again would be saving nothing."""
    store.load()
    store.save(durable(1, 1.0))
    for path in directory.iterdir():
        path.unlink()
    store.save(durable(1, 1.0))

    assert reload(store) == durable(1, 1.0)


def test_a_file_that_may_only_be_read_still_gives_its_counters(directory: Path) -> None:
    """On a read-only disk counting goes on from what was saved, and saving begins when that is possible again."""
    with Store(directory) as store:
        store.load()
        store.save(durable(4, 1.0))
    database = directory / FILE
    (directory / f"{FILE}-wal").mkdir()  # SQLite cannot make its journal, as on a disk that is full or read-only
    with Store(directory) as store:
        assert store.load() == durable(4, 1.0)
        assert "None" not in str(store.problem)
        (directory / f"{FILE}-wal").rmdir()
        store.save(durable(5, 1.0))

        assert store.problem is None
        assert reload(store) == durable(5, 1.0)
    assert database.exists()
    assert store.set_aside is None


def test_a_killed_daemon_that_starts_on_a_full_disk_forgets_nothing(store: Store, tmp_path: Path) -> None:
    """What was saved last stands in the journal alone, and is read from there though nothing can be written."""
    store.load()
    store.save(durable(4, 1.0))
    left = Path(shutil.copytree(store.directory, tmp_path / "left"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store(left) as survivor:
        with capture_logs() as said:  # a captured standard output would be a file that may not grow, too
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
            found = survivor.load()
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        survivor.save(durable(5, 1.0))

        assert len(said) == 1
        assert found == durable(4, 1.0)
        assert survivor.problem is None
        assert reload(survivor) == durable(5, 1.0)


def test_a_file_that_was_never_read_is_not_overwritten(directory: Path) -> None:
    """What could not be read at start is kept aside when saving becomes possible."""
    with Store(directory) as store:
        store.load()
        store.save(durable(4, 1.0))
    database = directory / FILE
    kept = database.rename(directory / "kept")
    database.mkdir()
    with Store(directory, lambda: NOW) as store:
        assert store.load() == Durable()
        database.rmdir()
        kept.rename(database)
        store.save(durable(1, 1.0))

        assert store.problem is None
        assert store.set_aside == directory / f"{FILE}.unread-20231114T221320Z"
        assert reload(store) == durable(1, 1.0)
