"""What replication.log and core.log have told so far, as one frozen value that counters are read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_events import AppliedFolder
from bmrepmon.model.positions import NO_POSITIONS, Positions

DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Durations in seconds, cumulative in nothing: ``counts[i]`` fell into bucket i alone, the last one above all."""

    counts: tuple[int, ...] = (0,) * (len(DURATION_BUCKETS) + 1)
    sum: float = 0.0
    max: float = 0.0

    @property
    def count(self) -> int:
        """All observations."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """A command whose answer has not been seen."""

    thread: str
    frame: int
    command: str  # "APPLY MAILBOX", "GET USER", "RESTART" ...
    at: float
    folder: AppliedFolder | None = None  # of an APPLY MAILBOX


@dataclass(frozen=True, slots=True)
class BegunReply:
    """A reply of several lines whose status is still to come, with the command that it answers, where that is known."""

    at: float
    command: OpenCommand | None


@dataclass(frozen=True, slots=True)
class ProbeApply:
    """An APPLY MAILBOX of the probe that was answered OK."""

    highest_modseq: int  # of the probe's folder, as it was sent: which of its steps has arrived
    at: float  # of the answer


@dataclass(frozen=True, slots=True)
class LogActivity:
    """Cumulative since the first line that was ever read; times are Unix seconds; ``None`` is "not seen".

    Labels are bounded: ``commands``, ``errors`` and ``lines`` have fixed key sets; partitions and probes are capped
    by the tally, which counts the rest under an empty name.
    """

    lines: Mapping[str, int] = field(
        default_factory=frozen
    )  # by outcome: event, continuation, unknown, malformed, oversized
    first_event_at: float | None = None
    last_event_at: float | None = None
    apply_mailbox: Mapping[str, int] = field(
        default_factory=frozen
    )  # APPLY MAILBOX commands seen, by partition; probe included
    commands: Mapping[str, int] = field(default_factory=frozen)  # by command
    replies: Mapping[str, int] = field(default_factory=frozen)  # ok, no, bad
    refused: Mapping[str, int] = field(
        default_factory=frozen
    )  # NO and BAD, by command; answers that no command was found for under ""
    applied_messages: int = 0  # sum over "Finished ApplyMessage n"
    record_changes: Mapping[str, int] = field(default_factory=frozen)  # create, update, delete
    sized_messages: int = 0  # whose size an APPLY MESSAGE told before its line was cut
    sized_bytes: int = 0  # of these
    indexed_seconds: float = 0.0  # sum over "Es CRUD op, idx: n in m ms"
    indexed_records: int = 0  # sum over "Es CRUD op, idx: n"
    missing_bodies: int = 0  # sum over "m bodies missing out of t"
    errors: Mapping[str, int] = field(default_factory=frozen)  # by reason
    durations: Mapping[str, Histogram] = field(default_factory=frozen)  # by command
    last_apply_at: Mapping[str, float] = field(default_factory=frozen)  # by partition, probe excluded
    last_probe_apply_at: Mapping[str, float] = field(default_factory=frozen)  # by partition, probe only
    last_ok_at: Mapping[str, float] = field(default_factory=frozen)  # of APPLY MAILBOX, by partition, probe included
    last_apply_ok_at: float | None = None  # of any command that applies something
    refused_in_row: int = 0  # APPLY MAILBOX, since the last one that was answered OK
    core_ready_at: float | None = None  # when bm-core last said that it is ready
    session_started_at: float | None = None  # when the last session began
    positions: Positions = NO_POSITIONS  # of each folder, by its last APPLY MAILBOX that was answered OK
    probe_applies: Mapping[str, tuple[ProbeApply, ...]] = field(
        default_factory=frozen
    )  # by UNIQUEID, a few, newest last
    active_sessions: int | None = None  # as the log last said
    active_sessions_at: float | None = None
    sessions_started: int = 0
    sessions_closed: int = 0
    open_commands: tuple[OpenCommand, ...] = ()  # in the order of the log, bounded
    begun_reply: BegunReply | None = None  # of the last event, when it was one


@dataclass(frozen=True, slots=True)
class CoreActivity:
    """What core.log says about bm-core's own latency probe and error-prone sessions (domain: LatencyMonitor lines)."""

    lines: Mapping[str, int] = field(default_factory=frozen)
    last_event_at: float | None = None
    probe_latency: float | None = None  # seconds, of the last "Replication latency is N ms"
    probe_at: float | None = None
    probe_failures: int = 0
    probe_failure_reason: str | None = None  # timeout, login, select, annotation, append, other
    circuit_breaker_errors: int = 0
