from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pictured
import pytest
import snapshots
from rich.console import Console

from bmrepmon.model.delta import RecordLook
from bmrepmon.model.frozen import frozen
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.publish.glance import urgency
from bmrepmon.publish.status import describe
from bmrepmon.publish.text import draw
from bmrepmon.publish.wording import commands, lingers, remedy
from bmrepmon.words.language import load_language


def drawn(snapshot: Snapshot, language: str = "en", width: int = 80) -> str:
    """Return what is printed into a pipe."""
    console = Console(file=StringIO(), width=width, highlight=False)
    console.print(draw(describe(snapshot), load_language(language, "status")))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("make", [snapshots.full, snapshots.single, snapshots.unknown])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_pipe_gets_plain_lines_of_80_columns(make: Callable[[], Snapshot], language: str) -> None:
    """No colour, no line too long."""
    text = drawn(make(), language)

    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_counts_differences_and_failures_are_shown() -> None:
    """The first look answers how much, how different, and what failed with the way out."""
    text = " ".join(drawn(snapshots.full()).split())

    assert "Spool 12,345 messages, counted 12 s ago Directories that could not be read: 1" in text
    assert "Difference -10 message files minus bodies" in text
    assert "further copies +142 of messages in several folders expunged -182 files kept, minus bodies kept" in text
    assert "unexplained +2 without a body, or a body too many" in text
    assert "orphan" not in text  # one of the directories could not be listed
    assert "database mail2.example.net Nobody listens where the database should be. Start PostgreSQL" in text
    assert "Exactly: bj-data on mail2.example.net:5432 refuses connections" in text
    assert "archive bm-master running for 5 min" in text
    assert "Answers 1,007 1,004 OK, 3 NO, 0 BAD" in text


def test_why_nothing_can_be_told_is_shown_in_80_columns() -> None:
    """The way out stands where the number would."""
    problem = "database of bm-master: the role may not read it; as its owner: GRANT SELECT ON t_mailbox_record TO it"
    look = RecordLook(snapshots.CENSUS, None, problem)
    state = snapshots.state()
    known = replace(state, observations=frozen({**state.observations, ("records", snapshots.MASTER): look}))
    text = drawn(derive(known, (BackendFacts(snapshots.MASTER, (), 4),), snapshots.NOW))

    assert max(map(len, text.splitlines())) <= 80
    assert f"unexplained \N{EN DASH} {problem}" in " ".join(text.split())


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", pictured.SCENES)
def test_whoever_has_only_a_terminal_reads_the_same(name: str, language: str) -> None:
    """Why, whose mail, how much and how late; a command that is longer than the screen goes on as a shell reads it."""
    t, text = load_language(language, "status"), drawn(pictured.picture(name), language)
    told, typed = " ".join(text.split()), text.replace(" \\\n        ", " ")

    assert max(map(len, text.splitlines())) <= 80
    assert " ".join(t(f"impact_{name}").split()) in told
    assert t("late_by") in told
    for command, remark in commands(remedy(t, pictured.SCENES[name].finding.reason)):
        assert command in typed
        assert remark in told


def test_the_backend_that_needs_somebody_comes_first() -> None:
    """Who is woken at night reads the top of the screen."""
    told = describe(pictured.many(3))
    names = [backend.name for backend in sorted(told.backends, key=urgency)]
    text = drawn(pictured.many(3))

    assert names != [backend.name for backend in told.backends]
    assert sorted(names, key=lambda name: text.index(f"\n{name}")) == names


def test_a_backlog_is_told_with_its_age_and_its_folders() -> None:
    """What drains has how much is missing and where, how old it is, and what share has arrived."""
    told = " ".join(drawn(pictured.picture("catching_up")).split())

    assert "Missing by now 604 messages, in 31 folders Oldest missing change 22 min Replicated 99.8 %" in told
    assert "Sync log 6,320 entries, folders: 40, users: 1; oldest from 2 s ago" in told
    assert "Heartbeat 300 ms the probe comes back" in told
    assert "Drained in about 1 h 2 min (between 1 h and 1 h 4 min)." in told


def test_partitions_are_listed_by_store() -> None:
    """Each partition of each store has its line."""
    text = drawn(snapshots.full(), width=100)

    lines = [line.split() for line in text.splitlines() if "bm-master__example_net" in line]
    assert lines == [
        ["bm-master__example_net", "Archives", "2,000", "50", "2,000"],
        ["bm-master__example_net", "Spool", "12,345", "210", "12,900"],
    ]


def test_french_is_french() -> None:
    """The terminal speaks the reader's language."""
    text = " ".join(drawn(snapshots.single(), "fr").split())

    assert "Sessions de réplication 5 sur 4 attendues, le journal dit 4" in text
    assert "Écart -10" in text
    assert "core_log Elle n'est pas à l'endroit prévu." in text


def test_what_is_not_known_is_a_dash() -> None:
    """A daemon that has read nothing shows no zeros."""
    text = drawn(snapshots.unknown())

    assert " 0" not in text.partition("UTC")[2]
    assert "\u2013" in text


def test_a_round_that_has_just_begun_is_not_told() -> None:
    """Every source runs for a moment now and then; only one that lingers is worth a word."""
    status = describe(snapshots.full())
    archive = next(source for source in status.sources if source.source == "archive")

    assert lingers(archive, status) == 300
    assert lingers(replace(archive, running_since=status.at - timedelta(seconds=1)), status) is None
