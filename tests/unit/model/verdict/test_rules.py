"""Each rule on evidence made by hand: what it finds, and what it must not find."""

from dataclasses import replace
from typing import Any

import pytest

from bmrepmon.model.frozen import frozen
from bmrepmon.model.verdict.evidence import Evidence
from bmrepmon.model.verdict.judge import find
from bmrepmon.model.verdict.look import Look
from bmrepmon.model.verdict.rules import RULES
from bmrepmon.model.verdict.states import Finding, Sample, Trail
from bmrepmon.model.verdict.thresholds import Thresholds

NOW = 1_700_000_000.0
WATCHED = Trail(watched_since=NOW - 3600)
HEALTHY = Evidence(
    log=True,
    folders=True,
    backlog=True,
    database=True,
    sessions=4,
    listening=True,
    entries=0,
    lag_messages=0,
    lag_folders=0,
    remaining=0,
    messages=1000,
    probes=1,
    probe_age=4.0,
    apply_age=20.0,
    ok_age=4.0,
)
STALLED: dict[str, Any] = {
    "probe_waits": 100.0,
    "probe_age": 100.0,
    "ok_age": 100.0,
    "entries": 9,
    "backlog_age": 95.0,
    "batch_age": 95.0,
}
NO_PROBE: dict[str, Any] = {"probes": 0, "probe_age": None}


def found(trail: Trail = WATCHED, **wishes: Any) -> Finding:
    return find(Look(replace(HEALTHY, **wishes), trail, Thresholds(), NOW))[1]


def seen(reason: str, ago: float = 60.0) -> Trail:
    return replace(WATCHED, errors=frozen({reason: (3, NOW - ago)}))


def trend(per_minute: int) -> Trail:
    """Return half an hour in which the lag changed by so much a minute, to 1,000 messages now."""
    ages = range(1800, -1, -30)
    return replace(WATCHED, samples=tuple(Sample(NOW - age, 1000 - per_minute * age // 60, None) for age in ages))


def test_all_is_well() -> None:
    """With everything at rest and mail coming in, it is in sync."""
    assert found() == Finding("in_sync", "replicating", "ok")


@pytest.mark.parametrize(
    ("wishes", "state", "reason"),
    [
        ({"apply_age": 4000.0}, "idle", "quiet"),
        ({"apply_age": 4000.0, **NO_PROBE}, "idle", "no_heartbeat"),
        ({"apply_age": None, **NO_PROBE}, "idle", "no_heartbeat"),
        ({"apply_age": 4000.0, "probe_age": 4000.0, "ok_age": 4000.0}, "idle", "probe_silent"),
        ({"passive_folders": 9}, "residue", "passive_mailboxes"),
        ({"default_folders": 2}, "residue", "default_partition"),
        ({"residual_folders": 2}, "residue", "old_folders"),
        ({"disputed_folders": 1}, "residue", "disputed"),
        ({"stuck_folders": 2}, "stuck_folders", "refused_again"),
        ({"database": False, "folders": None, "lag_messages": None}, "in_sync", "database_unreadable"),
        ({"log": False}, "unknown", "log_unreadable"),
        ({"log": False, "folders": False, "backlog": False}, "unknown", "blind"),
        ({"log": None, "folders": None, "backlog": None}, "unknown", "nothing_observed"),
        ({"log": True, "folders": None, "backlog": None, "entries": None, "lag_messages": None,
          "ok_age": 9000.0, "probe_age": 9000.0}, "unknown", "no_proof"),
        (STALLED, "stalled", "sync_client_hung"),
        ({**STALLED, "command_waits": 99.0}, "stalled", "core_wedged"),
        ({**STALLED, "database": False}, "stalled", "database_down"),
        ({"lag_age": 300.0, "lag_messages": 400, "batch_age": 200.0}, "catching_up", "long_batch"),
        ({"lag_age": 300.0, "lag_messages": 400}, "catching_up", "working"),
        ({"lag_age": 2000.0, "lag_messages": 400, "backlog_age": 2000.0}, "falling_behind", "hard_limit"),
    ],
)  # fmt: skip
def test_each_situation_has_its_state(wishes: dict[str, Any], state: str, reason: str) -> None:
    """One thing that differs from a healthy server, and what it is called."""
    finding = found(**wishes)

    assert (finding.state, finding.reason) == (state, reason)


@pytest.mark.parametrize(
    ("trail", "listening", "core_ready_age", "expected"),
    [
        (replace(WATCHED, no_session_since=NOW - 30), True, None, "in_sync"),
        (replace(WATCHED, no_session_since=NOW - 70), True, None, "disconnected"),
        (replace(WATCHED, no_session_since=NOW - 70, not_listening_since=NOW - 70), False, None, "starting"),
        (replace(WATCHED, no_session_since=NOW - 400, not_listening_since=NOW - 400), False, None, "disconnected"),
        (replace(WATCHED, no_session_since=NOW - 400), True, 100.0, "starting"),
        (replace(WATCHED, no_session_since=NOW - 1600), True, 1600.0, "disconnected"),
    ],
)
def test_a_restart_is_no_disconnection(
    trail: Trail, listening: bool, core_ready_age: float | None, expected: str
) -> None:
    """Until its grace has passed."""
    assert (
        found(trail, sessions=0, listening=listening, core_ready_age=core_ready_age, reconnected=False).state
        == expected
    )


def test_a_disconnection_is_critical_only_with_work() -> None:
    """Nobody is woken up for nothing."""
    trail = replace(WATCHED, no_session_since=NOW - 70)

    assert found(trail, sessions=0).severity == "warning"
    assert found(trail, sessions=0, entries=3).severity == "critical"


@pytest.mark.parametrize(
    "excuse",
    [
        {"probe_waits": None, "probe_age": 5.0},  # an answered probe excludes it
        {"ok_age": 5.0},  # a long batch
        {"entries": 0, "probe_waits": None, "backlog_age": None, "batch_age": None},  # no work
        {"backlog_age": None, "batch_age": None},  # one witness only
    ],
)
def test_a_stall_takes_two_proofs_and_no_excuse(excuse: dict[str, Any]) -> None:
    """Each excuse alone is enough."""
    assert found(**STALLED).state == "stalled"
    assert found(**{**STALLED, **excuse}).state != "stalled"


def test_a_server_that_refuses_everything_is_stalled_though_bodies_arrive() -> None:
    """Bodies without their folders are no progress."""
    assert found(**{**STALLED, "ok_age": 1.0}).state != "stalled"
    assert found(**{**STALLED, "ok_age": 1.0, "refused_in_row": 9}).state == "stalled"


def test_without_a_probe_a_stall_takes_longer() -> None:
    """The silence of the log is the witness then."""
    late = {**STALLED, **NO_PROBE, "probe_waits": None}

    assert found(**late).state != "stalled"
    assert found(**{**late, "ok_age": 310.0, "backlog_age": 310.0, "batch_age": 310.0}).state == "stalled"


@pytest.mark.parametrize(
    ("error", "reason"),
    [("queue_full", "database_slow"), ("index_failed", "index_readonly"), ("auth_failed", "auth_failed"),
     ("literal_lost", "replication_spool_full"), ("frame_error", "protocol_trouble"),
     ("owner_unknown", "owner_unknown")],
)  # fmt: skip
def test_the_cause_is_what_bm_core_complained_of(error: str, reason: str) -> None:
    """But only of late."""
    assert found(seen(error), **STALLED).reason == reason
    assert found(seen(error, ago=7200.0), **STALLED).reason == "sync_client_hung"


@pytest.mark.parametrize(
    ("per_minute", "state", "reason"),
    [
        (20, "falling_behind", "arrivals_outrun"),
        (0, "falling_behind", "not_draining"),
        (-20, "catching_up", "draining"),
    ],
)
def test_the_trend_decides(per_minute: int, state: str, reason: str) -> None:
    """Late is not yet wrong."""
    finding = found(trend(per_minute), lag_messages=1000, lag_age=300.0)

    assert (finding.state, finding.reason) == (state, reason)


def test_a_missing_session_is_told_after_a_while() -> None:
    """Its share of the mailboxes stands still; after a restart of bm-core they come one by one."""
    trail = replace(WATCHED, few_sessions_since=NOW - 130)

    assert found(trail, sessions=3).reason == "session_missing"
    assert found(trail, sessions=3, core_ready_age=200.0).state == "in_sync"


def test_a_session_too_many_is_told_after_a_while() -> None:
    """A second sync_client; when one begins anew, both are there for a moment."""
    trail = replace(WATCHED, many_sessions_since=NOW - 130)

    assert found(trail, sessions=6).reason == "too_many_sessions"
    assert found(replace(WATCHED, many_sessions_since=NOW - 30), sessions=6).reason == "replicating"


def test_what_is_refused_is_named_before_it_is_stuck() -> None:
    """While the probe shows that the rest flows."""
    late = {"lag_messages": 9, "lag_age": 300.0}
    trail = replace(trend(0), errors=frozen({"missing_subtree": (3, NOW - 60)}))

    assert found(trail, **late) == Finding("falling_behind", "missing_subtree", "warning")
    assert found(trail, **late, probe_waits=70.0).reason == "not_draining"


def test_a_critical_finding_never_rests_on_one_witness() -> None:
    """Whatever single number is bad, nobody is woken up."""
    ages = ("probe_waits", "probe_age", "ok_age", "backlog_age", "batch_age", "lag_age", "command_waits", "apply_age")
    for name in ages:
        alone: dict[str, Any] = {name: 1e6}
        assert found(**alone).severity != "critical", name
        assert found(**alone, entries=5, lag_messages=5).severity != "critical", name


def test_every_rule_has_its_say() -> None:
    """The last one always does."""
    assert RULES[-1](Look(Evidence(), Trail(), Thresholds(), NOW)) is not None
