"""From one judgement to the next."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.frozen import frozen
from bmrepmon.model.verdict.evidence import Evidence
from bmrepmon.model.verdict.judge import RECALL, judge
from bmrepmon.model.verdict.states import VERDICT_STATES, Trail
from bmrepmon.model.verdict.thresholds import Thresholds

NOW = 1_700_000_000.0
GOOD = Evidence(
    log=True, folders=True, backlog=True, sessions=4, listening=True, entries=0, lag_messages=0, lag_folders=0,
    probes=1, probe_age=3.0, ok_age=3.0, apply_age=3.0,
)  # fmt: skip
BAD = replace(GOOD, probe_waits=100.0, probe_age=100.0, ok_age=100.0, entries=9, batch_age=100.0)
T = Thresholds()


def run(*looks: Evidence, trail: Trail | None = None, start: float = NOW) -> list[str]:
    """Judge every ten seconds; return the states."""
    trail = trail or settled()
    states = list[str]()
    for n, look in enumerate(looks, 1):
        trail = judge(look, trail, T, start + 10 * n)
        assert trail.verdict
        states.append(trail.verdict.finding.state)
    return states


def settled() -> Trail:
    """Return what is remembered of ten good minutes."""
    trail = Trail()
    for n in range(60):
        trail = judge(GOOD, trail, T, NOW - 600 + 10 * n)
    return trail


def test_a_start_is_warmed_up_first() -> None:
    """For a minute nothing is claimed."""
    states = run(*[GOOD] * 8, trail=Trail())

    assert states == ["starting"] * 6 + ["in_sync"] * 2


def test_one_bad_look_changes_nothing() -> None:
    """Two of three do."""
    assert run(GOOD, BAD, GOOD, GOOD) == ["in_sync"] * 4
    assert run(GOOD, BAD, BAD) == ["in_sync", "in_sync", "stalled"]
    assert run(BAD, GOOD, BAD)[-1] == "stalled"


def test_three_good_looks_end_it() -> None:
    """And not fewer."""
    assert run(BAD, BAD, GOOD, GOOD, GOOD) == ["in_sync", "stalled", "stalled", "stalled", "in_sync"]


def test_since_is_when_the_state_was_entered() -> None:
    """Whatever its reason becomes meanwhile."""
    trail = settled()
    for n, look in enumerate([BAD, BAD, BAD, replace(BAD, command_waits=99.0)], 1):
        trail = judge(look, trail, T, NOW + 10 * n)

    assert trail.verdict
    assert (trail.verdict.since, trail.verdict.finding.reason) == (NOW + 20, "core_wedged")


def test_a_restart_of_the_daemon_keeps_the_verdict_for_a_while() -> None:
    """After a long break we watch first."""
    assert run(BAD, BAD, trail=settled(), start=NOW + 60)[-1] == "stalled"
    assert run(GOOD, trail=settled(), start=NOW + 7200) == ["starting"]


@pytest.mark.parametrize("step", [-86400.0, 86400.0])
def test_a_clock_that_was_set_raises_no_alarm(step: float) -> None:
    """We begin to watch anew."""
    states = run(*[GOOD] * 9, start=NOW + step)

    assert set(states) <= {"starting", "in_sync"}
    assert states[-1] == "in_sync"


def test_maintenance_lowers_the_severity_and_not_the_truth() -> None:
    """The state stays what it is."""
    trail = settled()
    for n in range(1, 4):
        trail = judge(BAD, trail, replace(T, maintenance=lambda _: True), NOW + 10 * n)

    assert trail.verdict
    assert (trail.verdict.finding.state, trail.verdict.severity) == ("stalled", "warning")


def test_errors_from_before_we_looked_are_no_cause() -> None:
    """Only a rise is recent."""
    old = replace(BAD, errors=frozen({"queue_full": 7}))
    risen = replace(BAD, errors=frozen({"queue_full": 8}))
    trail = Trail()
    for n, look in enumerate([replace(GOOD, errors=old.errors)] * 10 + [old] * 3, 1):
        trail = judge(look, trail, T, NOW + 10 * n)
    assert trail.verdict
    assert trail.verdict.finding.reason == "sync_client_hung"

    trail = judge(risen, trail, T, NOW + 140)
    assert trail.verdict
    assert trail.verdict.finding.reason == "database_slow"


@given(st.lists(st.sampled_from([GOOD, BAD]), max_size=60))
def test_noise_does_not_flap(looks: list[Evidence]) -> None:
    """A state that was entered stays for at least three looks."""
    states = ["in_sync", *run(*looks)]
    changes = [n for n, (a, b) in enumerate(pairwise(states)) if a != b]

    assert all(b - a >= RECALL - 1 for a, b in pairwise(changes))
    assert set(states) <= set(VERDICT_STATES)
