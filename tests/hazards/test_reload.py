"""SIGHUP: the configuration is read anew, as a whole or not at all, and nothing that was counted is lost."""

import json
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from daemon import Daemon, Samples, eventually
from silent_disk import SilentDisk
from watched import QUICK, config, goes_on, hangs, health

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
RELOADED = "bmrepmon_config_last_reload_successful"


def one(samples: Samples, name: str) -> float | None:
    return next((value for (found, _), value in samples.items() if found == name), None)


def total(daemon: Daemon, name: str) -> float:
    return sum(value for (found, _), value in daemon.metrics().items() if found == name)


def write(server: SimulatedServer, old: str, new: str) -> None:
    """Change the configuration file."""
    text = config(server).read_text()
    assert old in text
    config(server).write_text(text.replace(old, new))


def add(server: SimulatedServer, lines: str) -> None:
    """Write something at the end of the configuration file."""
    config(server).write_text(f"{config(server).read_text()}\n{lines}\n")


def reloads(daemon: Daemon) -> int:
    """How often it said that it has read its configuration, good or bad."""
    return sum("configuration was read anew" in line or "the old one is kept" in line for line in daemon.log)


def reload(daemon: Daemon) -> None:
    """Send SIGHUP and wait until it has had its effect."""
    before = reloads(daemon)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: reloads(daemon) > before, lambda: daemon.log[-3:])


def backend(daemon: Daemon) -> Any:
    return daemon.status()["backends"][0]


@pytest.fixture
def server(make_server: MakeServer) -> SimulatedServer:
    return make_server(database=False)


def test_a_new_configuration_holds_and_the_counters_stay(server: SimulatedServer) -> None:
    """Sessions that are expected, a store that is no longer counted: at once, on the same port, nothing forgotten."""
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        applied, began = total(daemon, "bmrepmon_apply_mailbox_total"), daemon.status()["started_at"]
        assert backend(daemon)["archive"] is not None
        write(server, "[[backend]]", "[[backend]]\nexpected_sessions = 7\narchive = ''")
        reload(daemon)

        assert daemon.ready().get("/-/healthy")[0] == 200
        assert backend(daemon)["sessions"]["expected"] == 7
        assert backend(daemon)["archive"] is None
        assert "archive" not in {source["source"] for source in daemon.status()["sources"]}
        assert total(daemon, "bmrepmon_apply_mailbox_total") == applied > 0
        assert daemon.status()["started_at"] == began
        assert one(daemon.metrics(), RELOADED) == 1
        assert daemon.stop() == 0


def test_a_configuration_with_mistakes_is_not_taken(server: SimulatedServer) -> None:
    """The old one goes on; the log names every mistake, the page the first one, a metric rings; then it is mended."""
    good = config(server).read_text()
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        assert one(daemon.metrics(), RELOADED) == 1
        add(server, "[web]\nlisten = 1\n[nope]\nx = 1")
        reload(daemon)

        assert one(daemon.metrics(), RELOADED) == 0
        told = health(daemon, "configuration")
        assert (told["success"], told["reason"]) == (False, "invalid")
        assert told["error"].startswith(f"{config(server)}: [")
        assert told["error"].endswith("(and 1 more)")
        assert any("[nope]: there is no such section" in line for line in daemon.log)
        goes_on(daemon, "spool")
        config(server).write_text(good)
        reload(daemon)
        assert one(daemon.metrics(), RELOADED) == 1
        assert daemon.stop() == 0


def test_reloads_in_the_middle_of_the_day_count_everything_once(server: SimulatedServer) -> None:
    """While lines are written and files rotated, however often: the counters are the truth in the end."""
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        for _ in range(10):
            server.step(3)
            daemon.process.send_signal(signal.SIGHUP)
        reload(daemon)
        server.step(3)
        truth = server.truth()
        eventually(
            lambda: total(daemon, "bmrepmon_apply_mailbox_total") == truth.apply_mailbox,
            lambda: (total(daemon, "bmrepmon_apply_mailbox_total"), truth.apply_mailbox),
        )

        assert total(daemon, "bmrepmon_applied_messages_total") == truth.log.applied_messages
        assert total(daemon, "bmrepmon_log_gaps_total") == 0
        assert daemon.stop() == 0


def test_a_configuration_that_cannot_be_looked_at_delays_nothing(server: SimulatedServer) -> None:
    """What it names lies on a disk that hangs: it is taken when that is over, and until then the old one holds."""
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        with SilentDisk(server.root / "var/spool/cyrus/data"):
            since = hangs(daemon, "spool", time.time())
            write(server, "[[backend]]", "[[backend]]\nexpected_sessions = 7")
            daemon.process.send_signal(signal.SIGHUP)
            hangs(daemon, "configuration", since)
            goes_on(daemon, "archive")

            assert daemon.get("/-/healthy")[0] == 200
        eventually(lambda: backend(daemon)["sessions"]["expected"] == 7, lambda: health(daemon, "configuration"))
        goes_on(daemon, "spool")
        assert daemon.stop() == 0


def test_what_holds_from_the_start_on_is_said_to_need_a_restart(server: SimulatedServer) -> None:
    """The address and the state directory stay; all else of the file is taken."""
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        add(server, "[limits]\nseries = 500")
        reload(daemon)

        assert daemon.get("/-/healthy")[0] == 200
        needed = [json.loads(line)["settings"] for line in daemon.log if "need a restart" in line]
        assert needed == ["limits.series"], daemon.log
        assert daemon.stop() == 0


def test_a_backend_of_another_name_leaves_nothing_of_the_old_one(server: SimulatedServer) -> None:
    """Series of a name that is no longer configured are absent, not old."""
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        write(server, '"bm-master"', '"mail-2"')
        reload(daemon)
        daemon.ready()
        labels = {value for (_, pairs), _ in daemon.metrics().items() for key, value in pairs if key == "backend"}

        assert labels - {""} == {"mail-2"}
        assert daemon.stop() == 0
