import gzip
from collections import Counter
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from bmrepmon.demo.server import SimulatedServer
from bmrepmon.model.log_events import Command, LogEvent, MessagesApplied, RecordsChanged, Reply
from bmrepmon.parse.core_log import CoreLogParser
from bmrepmon.parse.replication_log import ReplicationLogParser

MakeServer = Callable[..., SimulatedServer]
LOG, CORE_LOG = "var/log/bm/replication.log", "var/log/bm/core.log"
VERSIONS = [
    (2022, 13, "stall"),
    (2022, 17, "restart"),
    (2019, 13, "dbdown"),
    (2022, 13, "disconnect"),
    (2019, 13, "migration"),
]


def read(server: SimulatedServer) -> list[LogEvent]:
    """Parse the whole log."""
    parser = ReplicationLogParser(ZoneInfo(server.zone))
    return [parser.parse(line) for line in (server.root / LOG).read_bytes().split(b"\n")[:-1]]


@pytest.mark.parametrize(("year", "version", "scenario"), VERSIONS)
def test_the_parser_knows_every_line(simulated_server: MakeServer, year: int, version: int, scenario: str) -> None:
    """Nothing in a log of ours is unknown to the parser, and its events add up to the truth."""
    server = simulated_server(scenario, log_format=year, index_version=version)
    server.step(90.0)
    events = read(server)
    kinds = Counter(type(event).__name__ for event in events)
    log = server.truth().log
    partitions = Counter(e.folder.partition for e in events if isinstance(e, Command) and e.folder)
    changes = [e for e in events if isinstance(e, RecordsChanged)]

    assert kinds["Unknown"] == kinds["Malformed"] == 0
    assert partitions == log.apply_mailbox
    assert sum(e.messages for e in events if isinstance(e, MessagesApplied)) == log.applied_messages
    assert sum(e.created for e in changes) == log.record_changes["create"]
    assert sum(e.updated for e in changes) == log.record_changes.get("update", 0)
    assert sum(e.deleted for e in changes) == log.record_changes.get("delete", 0)
    assert sum(isinstance(e, Reply) for e in events) == sum(log.replies.values())


def test_times_are_those_of_the_simulation(simulated_server: MakeServer) -> None:
    """The last event is no older than the last thing that happened, in either zone."""
    for year in (2022, 2019):
        server = simulated_server(log_format=year)
        server.step(60.0)
        times = [e.at for e in read(server) if isinstance(e, Command)]

        assert times == sorted(times)
        assert server.plan.epoch <= times[0] < times[-1] <= server.truth().at
        assert times[-1] > server.truth().at - 30


def test_core_log_tells_the_latency(simulated_server: MakeServer) -> None:
    """Each probe leaves one line in core.log, in both forms, good or bad."""
    for year in (2022, 2019):
        server = simulated_server("stall", log_format=year)
        server.step(200.0)
        parser = CoreLogParser(ZoneInfo(server.zone))
        lines = (server.root / CORE_LOG).read_bytes().split(b"\n")[:-1]
        kinds = Counter(type(parser.parse(line)).__name__ for line in lines)

        assert set(kinds) == {"ProbeLatency", "ProbeFailed"}
        assert kinds["ProbeFailed"] == server.truth().probe_failures > 0


def test_metric_lines_fall_silent_in_2022_only(simulated_server: MakeServer) -> None:
    """Five reports after the first session in 2022, one every ten seconds for ever in 2019."""
    counts = {}
    for year in (2022, 2019):
        server = simulated_server(log_format=year)
        server.step(200.0)
        counts[year] = (server.root / LOG).read_text().count("active replication connection(s)")

    assert counts == {2022: 5, 2019: 20}


def test_the_log_rolls_over_at_midnight(simulated_server: MakeServer) -> None:
    """The first event of a day finds a new file; the day before is a .gz beside it, and nothing is lost."""
    server = simulated_server(epoch=1_750_031_970.0)  # 30 seconds before midnight UTC
    server.step(20.0)
    before = (server.root / LOG).read_bytes()
    server.step(40.0)
    rolled = server.root / "var/log/bm/replication.log.2025-06-15.gz"
    old, new = gzip.decompress(rolled.read_bytes()), (server.root / LOG).read_bytes()

    assert old.startswith(before)
    assert new.startswith(b"2025-06-16 00:00:")
    assert (old + new).count(b"\n") == server.truth().log.lines
    assert [f.name for f in sorted(rolled.parent.iterdir())] == [
        "core.log",
        "core.log.2025-06-15.gz",
        "replication.log",
        "replication.log.2025-06-15.gz",
    ]


def test_the_first_stamp_is_the_epoch(simulated_server: MakeServer) -> None:
    """2022 writes GMT, 2019 the zone of the machine."""
    for year, stamp in ((2022, b"2025-06-15 15:06:40,000 "), (2019, b"2025-06-15 17:06:40,000 ")):
        server = simulated_server(log_format=year)

        assert (server.root / LOG).read_bytes().startswith(stamp)
