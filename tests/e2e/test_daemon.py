"""The daemon on a simulated server: what it publishes is what find, inodes and count(*) say."""

import json
import shutil
import subprocess
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import psycopg
import pytest
from daemon import Daemon, Samples, bmrepmon, eventually, find_files, message_inodes
from scenes import TELLING

from bmrepmon.demo.postgres import PASSWORD
from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
EVERY_SECOND = {f"BMREPMON_SCHEDULE__{source}": "1s" for source in ("SPOOL", "DATABASE", "SESSIONS")}
STORES = {"spool": "var/spool/cyrus/data", "archive": "var/spool/bm-hsm/cyrus-archives"}
MESSAGE = ["-regextype", "posix-extended", "-regex", r".*/[0-9]+\.", "-not", "-path", "*/stage./*"]


def config(server: SimulatedServer) -> Path:
    return server.root / "etc/bmrepmon/bmrepmon.toml"


def total(samples: Samples, name: str, **labels: str) -> float:
    wanted = set(labels.items())
    return sum(value for (found, of), value in samples.items() if found == name and wanted <= set(of))


def count_bodies(server: SimulatedServer) -> int:
    return sum(count_rows(backend.database.conninfo) for backend in server.backends if backend.database)


def count_rows(conninfo: str) -> int:
    with psycopg.connect(conninfo, password=PASSWORD) as connection:
        row = connection.execute("select count(*) from t_message_body").fetchone()
    assert row
    return int(row[0])


def told(samples: Samples) -> dict[str, float]:
    """What the metrics say, in the words of ``counted``."""
    stores = {
        f"{store} {what}": total(samples, f"bmrepmon_spool_{what}", store=store)
        for store in STORES
        for what in ("files", "messages")
    }
    return {
        **stores,
        "unique": total(samples, "bmrepmon_spool_unique_messages"),
        "bodies": total(samples, "bmrepmon_database_message_bodies"),
        "delta": total(samples, "bmrepmon_delta_messages"),
        "applied": total(samples, "bmrepmon_apply_mailbox_total"),
        "bodies applied": total(samples, "bmrepmon_applied_messages_total"),
        "sessions": total(samples, "bmrepmon_active_sessions"),
    }


def counted(server: SimulatedServer) -> dict[str, float]:
    """What administrators' own tools say, and the simulated server about its log."""
    homes = [backend.site.home for backend in server.backends]
    roots = {store: [home / path for home in homes] for store, path in STORES.items()}
    messages = {f"{store} messages": sum(find_files(r, *MESSAGE) for r in below) for store, below in roots.items()}
    bodies = count_bodies(server)
    truth = server.truth()
    return {
        **{f"{store} files": sum(map(find_files, below)) for store, below in roots.items()},
        **messages,
        "unique": len(message_inodes(*chain(*roots.values()))),
        "bodies": bodies,
        "delta": sum(messages.values()) - bodies,
        "applied": truth.apply_mailbox,
        "bodies applied": truth.log.applied_messages,
        "sessions": truth.active_sessions,
    }


@pytest.mark.parametrize("scenario", TELLING)
def test_metrics_agree_with_find_and_count_in_every_scenario(make_server: MakeServer, scenario: str) -> None:
    """The daemon watches a scenario from its beginning; at rest its numbers are those of find and count(*)."""
    server = make_server(scenario)
    with Daemon(server.root, config(server), **EVERY_SECOND) as daemon:
        daemon.ready()
        for _ in range(30):
            server.step(4)
        expected = counted(server)
        eventually(lambda: told(daemon.metrics()) == expected, lambda: (told(daemon.metrics()), expected))

        assert daemon.stop() == 0


def test_the_same_numbers_stand_in_the_status_document(make_server: MakeServer) -> None:
    """The document of the API tells the numbers of the metrics, and that every source is well."""
    server = make_server()
    server.step(30)
    expected = counted(server)
    with Daemon(server.root, config(server)) as daemon:
        status = daemon.ready().status()
        backend = status["backends"][0]

        assert backend["name"] == "bm-master"
        assert backend["delta_messages"] == expected["delta"]
        assert backend["database"]["bodies"] == expected["bodies"]
        assert backend["unique_messages"] == expected["unique"]
        assert {source["success"] for source in status["sources"]} == {True}


def test_a_stop_leaves_a_saved_state_and_nothing_else(make_server: MakeServer) -> None:
    """SIGTERM ends it with everything saved; below the tree only its own state directory has changed."""
    server = make_server()
    server.step(30)
    before = {path for path in server.root.rglob("*") if "proc" not in path.relative_to(server.root).parts[:1]}
    with Daemon(server.root, config(server)) as daemon:
        daemon.ready()
        code = daemon.stop()
    after = {path for path in server.root.rglob("*") if "proc" not in path.relative_to(server.root).parts[:1]}

    assert code == 0
    assert {path.parent for path in after - before} == {server.root / "var/lib/bmrepmon"}


def test_killed_in_mid_log_it_goes_on_where_it_was(make_server: MakeServer) -> None:
    """After kill -9 while the log grows, and a new start, each total equals the log's truth: none lost, none twice."""
    server = make_server(database=False)
    for _ in range(3):
        with Daemon(server.root, config(server)) as daemon:
            daemon.ready()
            seen = total(daemon.metrics(), "bmrepmon_apply_mailbox_total")
            server.step(20)
            eventually(lambda: total(daemon.metrics(), "bmrepmon_apply_mailbox_total") > seen)  # noqa: B023 - used at once
            server.step(20)
            daemon.kill()
    truth = server.truth().log
    with Daemon(server.root, config(server)) as daemon:
        daemon.ready()
        eventually(
            lambda: total(daemon.metrics(), "bmrepmon_apply_mailbox_total") == sum(truth.apply_mailbox.values()),
            lambda: (daemon.metrics(), truth),
        )
        samples = daemon.metrics()

        assert total(samples, "bmrepmon_applied_messages_total") == truth.applied_messages
        assert total(samples, "bmrepmon_replies_total", status="ok") == truth.replies["ok"]
        assert total(samples, "bmrepmon_log_lines_total", source="log") == truth.lines


def test_promtool_finds_nothing_to_say(make_server: MakeServer) -> None:
    """Names, types, units and HELP follow the conventions of Prometheus."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: apt-get install prometheus")
    server = make_server(database=False)
    server.step(30)
    with Daemon(server.root, config(server)) as daemon:
        page = daemon.ready().get("/metrics")[1]
    checked = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)

    assert (checked.returncode, checked.stderr, checked.stdout) == (0, b"", b"")


def test_no_secret_and_no_mailbox_is_told_anywhere(make_server: MakeServer) -> None:
    """Neither token nor password is on any page or in the log; mailbox names are in no label and no log line."""
    server = make_server()
    server.step(30)
    password = (server.root / "etc/bmrepmon/database.password").read_text()
    tokens = {line.split()[-1] for line in _authentications(server.root / "var/log/bm/replication.log")}
    with Daemon(server.root, config(server), ["--log-level", "debug"]) as daemon:
        daemon.ready()
        pages = [daemon.get(path)[1].decode() for path in ("/", "/metrics", "/api/v1/status", "/api/v1/history", "/x")]
        daemon.stop()
        everything = "\n".join([*pages, *daemon.log])

    assert tokens
    assert not [secret for secret in (password, *tokens) if secret in everything]
    assert not [r.owner for r in server.residents if not r.probe and f"user.{r.owner}" in everything]


def _authentications(log: Path) -> list[str]:
    return [line for line in log.read_text().splitlines() if "AUTHENTICATE" in line]


def test_a_busy_port_is_told_in_one_line(make_server: MakeServer) -> None:
    """The second daemon on a port ends with the address and the way out."""
    server = make_server(database=False)
    with Daemon(server.root, config(server)) as daemon:
        second = bmrepmon(
            "run", "--root", server.root, "--listen", f"127.0.0.1:{daemon.port}", "--state-dir", server.root / "state"
        )

    assert second.returncode == 1
    assert f"127.0.0.1:{daemon.port}" in second.stderr.splitlines()[-1]
    assert "Traceback" not in second.stderr


def test_a_second_daemon_does_not_take_the_state(make_server: MakeServer) -> None:
    """Two daemons on one state directory would each lose what the other saves."""
    server = make_server(database=False)
    with Daemon(server.root, config(server)) as daemon:
        daemon.ready()
        second = bmrepmon("run", "--root", server.root, "--config", config(server), "--listen", "127.0.0.1:0")

    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "in use by another bmrepmon" in second.stderr


def test_history_is_kept_over_a_restart(make_server: MakeServer) -> None:
    """The document of the history names the series that were sampled before the restart."""
    server = make_server()
    server.step(30)
    with Daemon(server.root, config(server)) as daemon:
        daemon.ready()
        daemon.stop()
    with Daemon(server.root, config(server)) as daemon:
        daemon.ready()
        names = json.loads(daemon.get("/api/v1/history")[1])["series"]

    assert "bodies/bm-master" in names


def test_it_needs_none_of_its_docstrings(resting: SimulatedServer, tmp_path: Path) -> None:
    """The systemd unit leaves them out: every kind of answer is there all the same, and the log has no traceback."""
    with Daemon(resting.root, config(resting), ["--state-dir", str(tmp_path)], PYTHONOPTIMIZE="2") as daemon:
        daemon.ready()
        paths = (
            "/",
            "/runbooks",
            "/runbooks/BlueMindReplicationStalled",
            "/api/v1/status",
            "/api/v1/folders",
            "/metrics",
        )
        assert [daemon.get(path)[0] for path in paths] == [200] * len(paths)
        assert daemon.get("/nowhere")[0] == 404
        assert daemon.stop() == 0
        assert "Traceback" not in "".join(daemon.log)
