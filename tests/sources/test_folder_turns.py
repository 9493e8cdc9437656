"""Surveys in turns: what nobody says has changed is looked at in its turn, and nothing is missed for longer."""

import os
import random
import shutil
from pathlib import Path

import pytest
from cyrus_tree import USER, CyrusTree, unique_id

from bmrepmon.app.observing import turns
from bmrepmon.config.types import Trigger
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.readings import SourceError
from bmrepmon.model.survey import FolderSurvey
from bmrepmon.sources.folders import FolderSource, FolderTree

TURNS = 4
LONG_AGO = 1_600_000_000
DOMAIN = "bm-master__a_test/domain/a/a.test"
USERS = tuple(f"{DOMAIN}/{letter}/user/{letter}{n}" for letter in "abcdefgh" for n in range(3))


@pytest.fixture
def tree(tmp_path: Path) -> CyrusTree:
    made = CyrusTree(tmp_path / "meta")
    for user in USERS:
        made.put(user, 3, 30)
        made.put(f"{user}/Sent", 5, 50)
    return made


def let_rest(root: Path) -> None:
    for path in (*root.rglob("*"), root):
        os.utime(path, (LONG_AGO, LONG_AGO))


def told(survey: FolderSurvey) -> dict[str, tuple[int, int]]:
    return {survey.path(folder.number): (folder.last_uid, folder.highest_modseq) for folder in survey}


def number_of(survey: FolderSurvey, path: str) -> int:
    return next(folder.number for folder in survey if survey.path(folder.number) == path)


def in_turns(tree: CyrusTree) -> FolderTree:
    let_rest(tree.root)
    return FolderTree("bm-master", tree.root, turns=TURNS)


def test_a_change_that_nobody_names_is_seen_in_its_turn(tree: CyrusTree) -> None:
    """Each folder is looked at once in so many surveys, and the first one looks at everything."""
    source = in_turns(tree)
    assert told(source.survey(whole=False))[USERS[0]] == (3, 30)
    for user in USERS:
        tree.put(user, 4, 40)
    seen = [sum(uid == 4 for uid, _ in told(source.survey(whole=False)).values()) for _ in range(TURNS)]

    assert seen == sorted(seen)
    assert seen[0] < seen[-1] == len(USERS)


def test_a_folder_that_may_have_changed_is_looked_at_every_time(tree: CyrusTree) -> None:
    """Whosever turn it is."""
    source = in_turns(tree)
    number = number_of(source.survey(), USERS[0])
    for uid in range(4, 4 + 2 * TURNS):
        tree.put(USERS[0], uid)
        assert told(source.survey([number], whole=False))[USERS[0]][0] == uid
        assert source.looked_at(number)


def test_what_is_looked_at_is_told(tree: CyrusTree) -> None:
    """In so many surveys each directory once, and the partitions every time."""
    source = in_turns(tree)
    survey = source.survey()
    directories, looks = range(len(survey.rows)), 0
    for _ in range(TURNS):
        source.survey(whole=False)
        looks += sum(map(source.looked_at, directories))
    source.survey()

    assert looks == len(directories) + TURNS - 1
    assert all(map(source.looked_at, directories))


def test_a_folder_that_is_new_is_found_by_its_name(tree: CyrusTree) -> None:
    """By way of the nearest directory that is known, at the next look; else within one round of turns."""
    source = in_turns(tree)
    source.survey()
    tree.put(f"{USERS[5]}/Projects/2024", 9)
    named = f"{USERS[5]}/Projects/2024".partition("/")[2]

    assert told(source.survey(source.nearest([named]), whole=False))[f"{USERS[5]}/Projects/2024"] == (9, 1)
    assert list(source.nearest(["domain/z/z.test/n/user/nobody"])) == [number_of_directory(source, f"{DOMAIN[:-9]}")]


def number_of_directory(source: FolderTree, path: str) -> int:
    survey = source.survey()
    return next(number for number in range(len(survey.names)) if survey.path(number) == path)


def test_in_the_end_it_is_what_a_survey_of_everything_tells(tree: CyrusTree) -> None:
    """Whatever becomes of the folders, a round of turns later all of it is known."""
    dice = random.Random(5)  # noqa: S311 - the same at each run
    source, places = in_turns(tree), list(USERS)
    source.survey()
    for step in range(60):
        place = dice.choice(places)
        where = tree.root / place
        match dice.randrange(5):
            case 0:
                tree.put(place, dice.randrange(100), step)
            case 1:
                tree.put(f"{place}/New {step}", step)
            case 2 if where.exists():
                where.rename(where.with_name(f"moved{step}"))
                places.append(str(Path(place).with_name(f"moved{step}")))
            case 3 if where.exists():
                shutil.rmtree(where)
            case _ if (where / "cyrus.index").exists():
                (where / "cyrus.index").unlink()
        if dice.random() < 0.3:
            source.survey(whole=False)
    for _ in range(TURNS):
        last = source.survey(whole=False)

    assert told(last) == told(FolderTree("bm-master", tree.root).survey())


class Replica:
    """A database that has what it is told to have."""

    def __init__(self, tree: CyrusTree) -> None:
        found = told(FolderTree("bm-master", tree.root).survey())
        self.positions = {path: Position(modseq, uid, 7) for path, (uid, modseq) in found.items()}
        self.away = False

    def read(self) -> Positions:
        if self.away:
            raise SourceError("refused", "nobody listens there")
        return Positions.of((unique_id(path), position) for path, position in self.positions.items())

    def close(self) -> None:
        pass


Made = tuple[FolderSource, Replica]


@pytest.fixture
def made(tree: CyrusTree) -> Made:
    replica = Replica(tree)
    source = FolderSource("bm-master", in_turns(tree), replica, None)
    assert source.read().states == {"replicated": len(replica.positions)}
    return source, replica


def test_a_folder_that_is_gone_on_both_sides_is_never_told_as_passive(tree: CyrusTree, made: Made) -> None:
    """Where the replica does not know a folder whose turn it was not, it is looked for again."""
    source, replica = made
    for user in USERS[::3]:
        shutil.rmtree(tree.root / user / "Sent")
        del replica.positions[f"{user}/Sent"]
        assert source.read().states == {"replicated": len(replica.positions)}


def test_a_folder_that_stays_passive_costs_no_look_at_everything(made: Made) -> None:
    """It is told, and once that is known its turn is enough."""
    source, replica = made
    del replica.positions[USERS[1]]
    looks = [source.read() for _ in range(1 + TURNS)]

    assert [look.passive_folders for look in looks] == [1] * len(looks)
    assert looks[-1].survey.names is looks[0].survey.names


def test_what_the_replica_has_already_is_no_lag(tree: CyrusTree, made: Made) -> None:
    """It is ahead of what was surveyed; the folder is looked at in the next round, whosever turn it is."""
    source, replica = made
    tree.put(USERS[2], 8, 80)
    replica.positions[USERS[2]] = Position(80, 8, 7)
    first, second = source.read(), source.read()

    assert (first.lag_messages, first.lag_folders) == (0, 0)
    assert told(second.survey)[USERS[2]] == (8, 80)


def test_a_folder_that_is_behind_is_looked_at_every_time(tree: CyrusTree, made: Made) -> None:
    """Its lag is as exact as ever."""
    source, _ = made
    tree.put(USERS[4], 10, 100)
    lags = [source.read().lag_messages for _ in range(TURNS)]
    assert lags[-1] == 7
    for uid in range(11, 11 + TURNS):
        tree.put(USERS[4], uid, uid * 10)
        assert source.read().lag_messages == uid - 3


def test_a_folder_that_waits_in_the_sync_log_is_looked_at_out_of_turn(tree: CyrusTree) -> None:
    """By its MBOXNAME; what is unknown, or of another domain, does no harm."""
    replica = Replica(tree)
    waiting: list[bytes] = []
    source = FolderSource("bm-master", in_turns(tree), replica, None, lambda: waiting)
    source.read()
    for letter in "abcdefgh":
        tree.put(f"{DOMAIN}/{letter}/user/{letter}0/Sent", 6, 60)
        waiting += [b"a.test!user.%s0.Sent" % letter.encode(), b"z.test!user.nobody", b"\xff", b""]
    comparison = source.read()

    assert (comparison.lag_folders, comparison.lag_messages) == (8, 8)


@pytest.mark.parametrize("gone", [True, False])
def test_a_look_that_failed_leaves_no_wrong_numbers(tree: CyrusTree, made: Made, gone: bool) -> None:
    """After a survey that could not be compared, the numbers of the comparison before it may be those of others."""
    source, replica = made
    tree.put(USERS[7], 9, 90)
    source.read()
    replica.away = True
    if gone:
        shutil.rmtree(tree.root / USERS[0])
    with pytest.raises(SourceError):
        source.read()
    replica.away = False

    assert [source.read().lag_messages for _ in range(TURNS)][-1] == 6


@pytest.mark.parametrize(
    ("schedule", "expected"), [("1s", 6), ("30s", 6), ("60s", 3), ("5m", 1), ("cron 0 * * * *", 1)]
)
def test_every_folder_has_its_turn_within_three_minutes(schedule: str, expected: int) -> None:
    """Or at every look, where these are rarer."""
    assert turns(Trigger.parse(schedule)) == expected


def test_a_user_without_folders_is_no_folder(tmp_path: Path) -> None:
    """A directory that gets its first cyrus.index becomes one."""
    tree = CyrusTree(tmp_path)
    (tree.root / USER).mkdir(parents=True)
    source = in_turns(tree)
    assert told(source.survey()) == {}
    tree.put(USER, 1)
    for _ in range(TURNS):
        survey = source.survey(whole=False)

    assert told(survey) == {USER: (1, 1)}
