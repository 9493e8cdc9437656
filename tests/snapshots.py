"""Hand-built snapshots that the tests of the publishers share."""

from array import array

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.carried import Carried, Counters, ExactCount
from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.delta import BodyReferences, Reckoning, RecordLook
from bmrepmon.model.folders import FolderHeader
from bmrepmon.model.frozen import frozen
from bmrepmon.model.health import SourceHealth
from bmrepmon.model.heartbeat import Heartbeat, ProbeStep
from bmrepmon.model.history import Point, Window
from bmrepmon.model.lag import FolderComparison, compare
from bmrepmon.model.log_activity import DURATION_BUCKETS, CoreActivity, Histogram, LogActivity
from bmrepmon.model.observations import PartitionCount, PeerSessions, RowCounts, SessionCounts, StoreCount
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.records import RecordCensus
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import Durable, State
from bmrepmon.model.survey import FolderSurvey, folder_key, pack_folder, sign
from bmrepmon.model.verdict.states import Finding, Sample, Trail, Verdict
from bmrepmon.model.waits import Step

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
MASTER = "bm-master"
SECOND = "mail2.example.net"
MASTER_PARTITION = "bm-master__example_net"
SECOND_PARTITION = "mail2_example_net__example_net"


def full() -> Snapshot:
    """Return a snapshot of two backends in which everything is known, and the database of the second has failed."""
    facts = (BackendFacts(MASTER, ("127.0.0.1",), 4), BackendFacts(SECOND, ("192.0.2.2",), 4))
    return derive(state(), facts, NOW)


def single() -> Snapshot:
    """Return the same where the first backend is the only one."""
    return derive(state(), (BackendFacts(MASTER, (), 4),), NOW)


def unknown() -> Snapshot:
    """Return a snapshot of a daemon that has only just started: one backend, nothing read."""
    return derive(State(NOW), (BackendFacts(MASTER, (), 4),), NOW)


def empty() -> Snapshot:
    """Return a snapshot of a machine on which there is nothing to observe."""
    return derive(State(NOW), (), NOW)


def trail() -> Trail:
    """Build what led to the verdict on the first backend: a backlog that goes down by a message a second."""
    samples = tuple(Sample(NOW - 30 * n, 1200 + 30 * n, 1300 + 30 * n) for n in range(20, -1, -1))
    finding = Finding("catching_up", "draining", "info")
    return Trail(Verdict(finding, NOW - 300, NOW - 3, 9, frozen({"lag_age": 200.0}), "info"), samples=samples)


def state() -> State:
    """Build the state of both snapshots."""
    return State(
        started_at=NOW - 3600,
        durable=Durable(
            log=log(),
            core=CoreActivity(
                lines=frozen({"event": 900, "unknown": 3}),
                last_event_at=NOW - 9,
                probe_latency=0.25,
                probe_at=NOW - 9,
                probe_failures=2,
                probe_failure_reason="timeout",
            ),
            checkpoints=frozen({"log": Checkpoint(1, 2, 3, "", 0), "core_log": Checkpoint(1, 5, 3, "", 0)}),
            followers=frozen(
                {
                    "log": FollowerCounts(rotations=3, truncations=1, gaps=1, unread_bytes=4096, exists=True),
                    "core_log": FollowerCounts(rotations=1, exists=False, reason="missing", error=NO_CORE_LOG),
                }
            ),
            trails=frozen({MASTER: trail()}),
            waits=frozen({MASTER: frozen({folder_key("INBOX").hex(): (Step(NOW - 45, 100, 40),)})}),
            history=frozen(
                {
                    "bodies/bm-master": Window((Point(NOW - 120, 13_990.0), Point(NOW - 60, 14_000.0))),
                    "log_active_sessions": Window((Point(NOW - 60, 4.0),)),
                }
            ),
        ),
        observations=frozen(
            {
                ("spool", MASTER): StoreCount(
                    "spool", (PartitionCount(MASTER_PARTITION, 12_900, 12_345, 210),), None, 1, ()
                ),
                ("archive", MASTER): StoreCount(
                    "archive", (PartitionCount(MASTER_PARTITION, 2000, 2000, 50),), None, 0, ()
                ),
                ("spool", SECOND): StoreCount("spool", (PartitionCount(SECOND_PARTITION, 700, 600, 20),), None, 0, ()),
                ("database", MASTER): BODIES,
                ("folders", MASTER): comparison(),
                ("records", MASTER): RecordLook(CENSUS, Reckoning(CENSUS, REFERENCES, NOW - 900)),
                ("backlog", MASTER): SyncBacklog(
                    2, 4321, 70, 9, 1, 0, complete=True, oldest_at=NOW - 50, batch_since=NOW - 40
                ),
                ("sessions", ""): SessionCounts((PeerSessions("127.0.0.1", 4), PeerSessions("198.51.100.9", 1))),
            }
        ),
        health=frozen({(health.source, health.backend): health for health in healths()}),
        disputes=frozen({MASTER: frozen({folder_key("Drafts").hex(): NOW - 90})}),
        heartbeats=frozen(
            {
                MASTER: frozen(
                    {"probe": Heartbeat(MASTER_PARTITION, ProbeStep(70, NOW - 6), (ProbeStep(70, NOW - 6),), 0.25)}
                )
            }
        ),
        unique_messages=frozen({MASTER: 14_200, SECOND: 600}),
    )


def comparison() -> FolderComparison:
    """Build a comparison in which every kind of folder is there once; INBOX lacks three messages and ten changes."""
    names = (MASTER_PARTITION, "INBOX", "Sent", "Drafts", "never", "damaged", "default", "own")
    rows: list[bytes | str | None] = [None, *(folder(name) for name in names[1:5]), "bad_crc", None, folder("own")]
    stored = {"INBOX": Position(90, 37, 7), "Sent": Position(100, 40, 7), "Drafts": Position(100, 40, 7)}
    said = {**stored, "Drafts": Position(101, 40, 7)}
    return compare(
        FolderSurvey.of(names, array("I", [0, 0, 0, 0, 0, 0, 6, 6]), rows),
        Positions.of(stored.items()),
        Positions.of(said.items()),
    )


def folder(unique_id: str) -> bytes:
    """Build a folder whose id is its name, with 25 messages and five expunged ones."""
    header = FolderHeader(13, 128, 104, 30, None, 40, 0, 7, 0, 100, 25, 0)
    return pack_folder(sign(int(NOW - 45) * 10**9, 1, 1), header, unique_id)


CENSUS = RecordCensus(14_340, (13_990, 3, 25, 180, 0), 0)
COUNTED = ExactCount(14_350, NOW - 240, 1.4, -1)
BODIES = RowCounts(Carried(COUNTED, Counters(NOW - 40, 15_005, 650, 14_355, 7, "1"), 14_355, 2, 1), 140_004)
REFERENCES = BodyReferences(14_350, 13_988)
NO_CORE_LOG = "/var/log/bm/core.log is not there: start bm-core, or set [core] core_log"


def healths() -> tuple[SourceHealth, ...]:
    """Build the health of every source: one hangs, one failed, the rest is fine."""
    return (
        SourceHealth("spool", MASTER, None, NOW - 12, 0.8, NOW - 12),
        SourceHealth("archive", MASTER, NOW - 300, NOW - 360, 0.2, NOW - 360, progress=0.4),
        SourceHealth("database", MASTER, None, NOW - 240, 1.5, NOW - 240),
        SourceHealth("spool", SECOND, None, NOW - 10, 0.1, NOW - 10),
        SourceHealth(
            "database",
            SECOND,
            None,
            NOW - 20,
            0.004,
            None,
            "refused",
            "bj-data on mail2.example.net:5432 refuses connections: is PostgreSQL running?",
            7,
        ),
        SourceHealth("records", MASTER, None, NOW - 15, 0.4, NOW - 15),
        SourceHealth("folders", MASTER, None, NOW - 8, 0.9, NOW - 8),
        SourceHealth("backlog", MASTER, None, NOW - 4, 0.001, NOW - 4),
        SourceHealth("probe", MASTER, None, NOW - 1, 0.001, NOW - 1),
        SourceHealth("sessions", "", None, NOW - 3, 0.002, NOW - 3),
        SourceHealth("configuration", "", None, NOW - 3600, 0.0, NOW - 3600),
        SourceHealth("state", "", None, NOW - 2, 0.003, NOW - 2),
        SourceHealth("log", "", None, NOW - 2, 0.001, NOW - 2),
        SourceHealth("core_log", "", None, NOW - 2, 0.001, None, "missing", NO_CORE_LOG, 4),
    )


def log() -> LogActivity:
    """Build the activity of replication.log."""
    return LogActivity(
        lines=frozen({"event": 20_000, "continuation": 40, "unknown": 2}),
        first_event_at=NOW - 86_400,
        last_event_at=NOW - 2,
        apply_mailbox=frozen({MASTER_PARTITION: 1000, SECOND_PARTITION: 5, "elsewhere__example_net": 2}),
        replies=frozen({"ok": 1004, "no": 3}),
        applied_messages=812,
        sized_messages=800,
        sized_bytes=32_000_000,
        indexed_seconds=4.5,
        record_changes=frozen({"create": 800, "update": 150}),
        errors=frozen({"owner_unknown": 3}),
        durations=frozen({"APPLY MAILBOX": Histogram((0, 3, *[0] * (len(DURATION_BUCKETS) - 2), 1), 3000.045, 3000.0)}),
        last_apply_at=frozen({MASTER_PARTITION: NOW - 5, SECOND_PARTITION: NOW - 700}),
        last_probe_apply_at=frozen({MASTER_PARTITION: NOW - 11}),
        active_sessions=4,
        active_sessions_at=NOW - 8,
    )
