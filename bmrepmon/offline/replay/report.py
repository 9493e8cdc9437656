"""The result of a replay: the document that ``replay --format json`` prints."""

from datetime import datetime
from typing import Literal

import msgspec


class File(msgspec.Struct, frozen=True):
    """One file, in the order in which they were written."""

    path: str
    bytes: int
    compressed: bool


class Zone(msgspec.Struct, frozen=True):
    """In which zone the dates of the log were read, and how that is known."""

    name: str
    source: Literal["option", "inferred", "assumed"]


class Replies(msgspec.Struct, frozen=True):
    """Answers by status; the status of a long answer is not in the log."""

    ok: int
    no: int
    bad: int


class Durations(msgspec.Struct, frozen=True):
    """Seconds from command to answer; percentiles to three digits."""

    count: int
    p50: float | None
    p99: float | None
    max: float | None


class Session(msgspec.Struct, frozen=True):
    """One session; how it ended: ``exit``, ``cut``, ``core_restart``, or ``open`` at the end of the log."""

    start: datetime
    end: datetime | None
    seconds: float
    peer: str | None
    closed: str


class Gap(msgspec.Struct, frozen=True):
    """A stretch in which no folder was applied."""

    start: datetime = msgspec.field(name="from")
    end: datetime = msgspec.field(name="to")
    seconds: float
    reason: str  # the longest of the parts
    parts: dict[str, float]  # seconds


class Partition(msgspec.Struct, frozen=True):
    """One domain on one backend; both as the partition's name tells them, None where it does not."""

    server: str | None
    domain: str | None
    apply_mailbox: int
    ok: int
    refused: int
    last_apply: datetime | None  # the probe of bm-core left out
    last_probe_apply: datetime | None


class BusiestMinute(msgspec.Struct, frozen=True):
    """The minute in which most bodies were applied."""

    at: datetime
    applied_messages: int


class ReplayReport(msgspec.Struct, frozen=True):
    """Everything that a log tells offline. It names no mailbox and no folder."""

    files: tuple[File, ...]
    warnings: tuple[str, ...]
    timezone: Zone
    lines: int
    line_outcomes: dict[str, int]
    first_event: datetime | None
    last_event: datetime | None
    apply_mailbox: int
    apply_mailbox_ok: int
    apply_mailbox_refused: int
    applied_messages: int
    applied_messages_per_hour: float | None
    busiest_minute: BusiestMinute | None
    record_changes: dict[str, int]
    indexed_records: int
    commands: dict[str, int]
    replies: Replies
    refused: dict[str, int]  # by command
    errors: dict[str, int]  # by reason
    apply_seconds: Durations
    sessions: tuple[Session, ...]
    sessions_total: int
    gaps: tuple[Gap, ...]
    gaps_total: int
    min_gap_seconds: float
    partitions: dict[str, Partition]


def render_json(report: ReplayReport) -> str:
    """Write the report as JSON; times are ISO 8601 with their offset."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
