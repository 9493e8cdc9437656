from collections.abc import Callable

import pytest

from bmrepmon.demo.life import Rates
from bmrepmon.demo.scenarios import SCENARIOS, Expected
from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
EXPECTATIONS = [(name, number) for name, scenario in SCENARIOS.items() for number in range(len(scenario.expected))]
STILL = Rates(mail=0, read=0, file=0, expunge=0, archive=0, create=0, rename=0)


@pytest.mark.parametrize(("name", "number"), EXPECTATIONS)
def test_a_scenario_keeps_its_promises(simulated_server: MakeServer, name: str, number: int) -> None:
    """Sessions, progress, lag and passive folders are as the scenario's table says."""
    expected = SCENARIOS[name].expected[number]
    server = simulated_server(name)
    server.step(expected.after)
    before = server.truth()
    server.step(5.0)
    after = server.truth()

    assert after.active_sessions == expected.sessions
    assert (sum(after.log.record_changes.values()) > sum(before.log.record_changes.values())) == expected.applying
    assert (after.passive_folders > 0) == expected.passive
    assert not expected.draining or after.passive_messages < before.passive_messages
    if not expected.draining:
        assert_lag(server, expected)


def assert_lag(server: SimulatedServer, expected: Expected) -> None:
    """Folders are behind now, or none is once nobody changes anything; the probe always does."""
    if not expected.lagging:
        for backend in server.backends:
            backend.life.rates = STILL
        server.step(8.0)
    behind = [f for f in server.truth().folders if f.lag_changes and "!probe_" not in f.name]
    assert bool(behind) == expected.lagging


def test_a_migration_drains(simulated_server: MakeServer) -> None:
    """The backlog of first replications goes down to nothing."""
    server = simulated_server("migration", messages=600)
    server.step(5.0)
    begun = server.truth()
    server.step(120.0)
    ended = server.truth()

    assert begun.passive_messages > 0
    assert begun.sync_log_names > 20
    assert (ended.passive_folders, ended.passive_messages) == (0, 0)


def test_a_stall_ends_when_sync_client_goes_on(simulated_server: MakeServer) -> None:
    """Exactly the messages that came during the stall are missing, and then none."""
    server = simulated_server("stall")
    server.step(25.0)
    uids = {f.unique_id: f.last_uid for f in server.truth().folders}
    before = server.truth().lag_messages
    server.step(40.0)
    truth = server.truth()
    came = sum(f.last_uid - uids[f.unique_id] for f in truth.folders if f.unique_id in uids and not f.passive)
    assert truth.lag_messages - before == came > 0

    server.thaw()
    server.life.rates = STILL
    server.step(30.0)

    assert server.truth().lag_messages == 0


def test_a_blocked_core_leaves_log_run_behind(simulated_server: MakeServer) -> None:
    """When bm-core answers nothing, the batch that was taken stays, and what comes after waits in the log."""
    server = simulated_server()
    server.step(10.0)
    server.commands.block()
    server.step(30.0)
    core = server.root / "var/lib/cyrus/sync/core"
    assert {f.name for f in core.iterdir()} == {"log", "log-run"}

    server.commands.unblock()
    server.life.rates = STILL
    server.step(30.0)

    assert server.truth().lag_messages == 0


def test_a_refused_command_is_tried_again(simulated_server: MakeServer) -> None:
    """A NO ends the session in good order; the next one brings what was refused."""
    server = simulated_server()
    server.step(10.0)
    server.commands.refusals.append(("APPLY MAILBOX", "NO java.util.concurrent.TimeoutException"))
    server.step(20.0)
    server.life.rates = STILL
    server.step(20.0)
    truth = server.truth()
    text = (server.root / "var/log/bm/replication.log").read_text()

    assert truth.log.replies["no"] == 1
    assert "NO java.util.concurrent.TimeoutException" in text
    assert text.count("OK finished") == 1
    assert (truth.active_sessions, truth.lag_messages) == (4, 0)


def test_an_idle_server_renews_its_sessions(simulated_server: MakeServer) -> None:
    """With nothing to do, each session is ended and begun anew every ten minutes; the probe keeps its own alive."""
    server = simulated_server()
    server.step(30.0)
    server.life.rates = STILL
    server.probe.stop()
    server.step(1300.0)
    text = (server.root / "var/log/bm/replication.log").read_text()

    assert text.count("OK finished") == 8
    assert "Socket closed (active: 3)" in text
    assert server.truth().active_sessions == 4
