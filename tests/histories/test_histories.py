"""Every situation that is easily confused with a stall, or is one: as it was recorded, evaluation by evaluation."""

import tomllib
from pathlib import Path

import pytest

from bmrepmon.demo.scenarios import SCENARIOS
from bmrepmon.model.verdict.evidence import Evidence
from histories.situations import SITUATIONS
from histories.table import FIXTURES, Row, read, write
from histories.truth import Expected, expectations, names, replay

SIMULATED = ("log-rotated", "sync-client-killed")  # recorded again by every test run: in simulated time, some seconds
SMALL = 64 * 1024  # bytes


@pytest.mark.parametrize("name", names())
def test_what_is_said_of_a_history(name: str) -> None:
    """State, reason and severity are the true ones at every evaluation after settling."""
    expected = expectations(name)
    wrong = [
        (row.at, row.backend, verdict.finding, verdict.severity)
        for row, verdict in replay(FIXTURES / f"{name}.csv")
        for told in expected
        if told.covers(row) and not told.is_met_by(verdict)
    ]

    assert not wrong


@pytest.mark.parametrize("name", names())
def test_nobody_is_woken_for_nothing(name: str) -> None:
    """A critical verdict is given only where one is expected, and not before its cause."""
    alarms = [told for told in expectations(name) if told.severity == "critical"]
    wakes = [row for row, verdict in replay(FIXTURES / f"{name}.csv") if verdict.severity == "critical"]

    assert bool(wakes) == bool(alarms)
    assert [row for row in wakes if not any(may_wake(told, row) for told in alarms)] == []


def may_wake(told: Expected, row: Row) -> bool:
    """Whether a row lies in a stall: it may be found sooner than it must be, and is over when three looks were good."""
    return told.begin - 60 <= row.at <= told.end + 60 and told.backend in (None, row.backend)


@pytest.mark.parametrize("name", names())
def test_expectations_cover_most_of_a_history(name: str) -> None:
    """Only what must settle is left out, and each expectation is of some evaluations."""
    rows, expected = list(read(FIXTURES / f"{name}.csv")), expectations(name)

    assert all(any(told.covers(row) for row in rows) for told in expected)
    assert sum(any(told.covers(row) for told in expected) for row in rows) > len(rows) * 0.45


def test_every_situation_is_recorded_and_small() -> None:
    """Nothing is forgotten in the folder, nothing missing."""
    assert names() == sorted(SITUATIONS)
    assert {path.stem for path in FIXTURES.glob("*.toml")} == set(SITUATIONS)
    assert max(path.stat().st_size for path in FIXTURES.iterdir()) < SMALL


@pytest.mark.parametrize("name", SIMULATED)
def test_recorded_again_it_is_the_same_story(name: str) -> None:
    """Sources, parsers, reducer and evidence still make of the same server what they made when it was recorded."""
    before, again = list(read(FIXTURES / f"{name}.csv")), SITUATIONS[name]()

    assert [told(row.evidence) for row in again] == [told(row.evidence) for row in before]


def told(evidence: Evidence) -> tuple[object, ...]:
    """Return what does not depend on the machine's own times; the kernel may show a session that just ended."""
    e = evidence
    return e.log, e.folders, e.backlog, e.database, bool(e.sessions), e.listening, e.probes, e.passive_folders, e.works


def test_a_table_reads_as_it_was_written(tmp_path: Path) -> None:
    """Unknown stays unknown, and nothing stays 0."""
    rows = [
        Row(1.0, 1000.0, "mail-1", Evidence(log=True, folders=False, entries=0, lag_age=3.5, errors={"busy": 2})),
        Row(11.0, 1010.0, "mail-2", Evidence(sessions=4, reconnected=False)),
    ]
    write(tmp_path / "table.csv", rows)

    assert list(read(tmp_path / "table.csv")) == rows


def test_the_demo_offers_what_it_recorded() -> None:
    """Each scenario of the demo has its history, and every history of the demo names a scenario."""
    texts = [(FIXTURES / f"{name}.toml").read_text() for name in names()]
    named = {text.split("scenario ", 1)[1].split('"', 1)[0] for text in texts if "scenario " in text}

    assert named | {"steady"} == set(SCENARIOS)


def test_the_documentation_tells_of_every_situation() -> None:
    """By the words that stand beside its table."""
    document = (FIXTURES.parents[2] / "docs/explanation/verdict.md").read_text()
    situations = [tomllib.loads((FIXTURES / f"{name}.toml").read_text())["situation"] for name in names()]

    assert [situation for situation in situations if f"| {situation} |" not in document] == []
