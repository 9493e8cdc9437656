"""The status document: what ``/api/v1/status`` and ``once --format json`` print, as types.

Names are stable within a major version; ``null`` is "not known", never 0. Times are UTC in ISO 8601. The description
of each field is also its line in docs/reference/api.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class PartitionFiles:
    """One partition in one store."""

    partition: Annotated[str, Meta(description="first path part below the root of the store")]
    files: Annotated[int, Meta(description="all regular files, as `find -type f` counts")]
    messages: Annotated[int, Meta(description="message files")]
    folders: Annotated[int, Meta(description="directories that hold message files")]


@dataclass(frozen=True, slots=True)
class StoreFiles:
    """The last complete walk over one store."""

    counted_at: Annotated[datetime | None, Meta(description="when the walk ended")]
    files: Annotated[int, Meta(description="all regular files, as `find -type f` counts")]
    messages: Annotated[int, Meta(description="message files")]
    folders: Annotated[int, Meta(description="directories that hold message files")]
    unreadable: Annotated[int, Meta(description="directories that could not be listed, their files not counted")]
    partitions: Annotated[tuple[PartitionFiles, ...], Meta(description="the same, partition by partition")]


@dataclass(frozen=True, slots=True)
class DatabaseRows:
    """The rows of `t_message_body`: an exact count carried forward; docs/explanation/bodies.md tells more."""

    bodies: Annotated[int | None, Meta(description="the rows now; `null` when only a count could tell")]
    doubt: Annotated[int | None, Meta(description="by how many they may be wrong: not by more")]
    exact: Annotated[int, Meta(description="the rows when they were last counted one by one")]
    counted_at: Annotated[datetime, Meta(description="when that was")]
    drift: Annotated[
        int | None, Meta(description="how many more that were than had been carried forward; `null` after the first")
    ]
    problem: Annotated[str | None, Meta(description="why they are not counted again although it is time, in one line")]
    server_version: Annotated[int, Meta(description="of PostgreSQL, as `server_version_num`")]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Replication sessions of one backend, by two witnesses."""

    active: Annotated[int | None, Meta(description="established connections to the sync port, as the kernel shows")]
    expected: Annotated[int, Meta(description="how many there should be")]
    logged: Annotated[int | None, Meta(description="what replication.log last said, where there is one backend only")]


@dataclass(frozen=True, slots=True)
class FolderCounts:
    """All folders, each as Cyrus has it against what has arrived of it."""

    compared_at: Annotated[datetime | None, Meta(description="when the last good comparison ended")]
    lag_messages: Annotated[int | None, Meta(description="messages that Cyrus has and the replica has not")]
    lag_changes: Annotated[int | None, Meta(description="the same of all changes, in modseqs")]
    lag_folders: Annotated[int | None, Meta(description="folders of which the replica lacks something")]
    lag_seconds: Annotated[
        float | None,
        Meta(
            description="age of the oldest change known not to be replicated; 0 only when proven; while `lag_messages`"
            " is `null`, the whole may be older"
        ),
    ]
    passive_folders: Annotated[int | None, Meta(description="folders that were never replicated")]
    passive_messages: Annotated[int | None, Meta(description="messages in them")]
    disputed_folders: Annotated[
        int | None, Meta(description="folders of which the database lacks, for long, what bm-core said that it has")
    ]
    states: Annotated[dict[str, int], Meta(description="folders by state")]
    unknown: Annotated[dict[str, int], Meta(description="folders whose lag cannot be told, by reason")]
    database: Annotated[bool, Meta(description="whether the database was read for it")]
    log: Annotated[bool, Meta(description="whether replication.log was read for it")]
    problem: Annotated[str | None, Meta(description="why the database was not read, in one line")]


@dataclass(frozen=True, slots=True)
class SyncLog:
    """What sync_client has still to do."""

    entries: Annotated[int, Meta(description="entries; some three a message, and repeated")]
    folders: Annotated[int, Meta(description="distinct folders in them")]
    users: Annotated[int, Meta(description="distinct users who are to be compared as a whole")]
    bytes: Annotated[int, Meta(description="size of its files")]
    complete: Annotated[bool, Meta(description="false: there is more than was read, the numbers are at least these")]
    oldest: Annotated[datetime | None, Meta(description="a time before which the oldest entry was written")]
    batch_since: Annotated[datetime | None, Meta(description="since when sync_client works on its batch")]


@dataclass(frozen=True, slots=True)
class HeartbeatStatus:
    """The probe mailbox of one partition."""

    partition: Annotated[str, Meta(description="the partition it lies in")]
    sent: Annotated[datetime, Meta(description="its last change in Cyrus")]
    lag_seconds: Annotated[float | None, Meta(description="what that took to arrive, or by now takes")]
    outstanding: Annotated[int, Meta(description="changes that have not arrived")]


@dataclass(frozen=True, slots=True)
class VerdictStatus:
    """Whether replication works, and if not, why."""

    state: Annotated[str, Meta(description="as the label `state` of `bmrepmon_verdict`")]
    reason: Annotated[str, Meta(description="code of the reason")]
    sentence: Annotated[str, Meta(description="the reason in one English sentence")]
    remedy: Annotated[
        tuple[str, ...], Meta(description="what to type, a command a line; empty when nothing is to be done")
    ]
    alike: Annotated[tuple[str, ...], Meta(description="codes of what would look the same from here")]
    severity: Annotated[
        str, Meta(description="`ok`, `info`, `warning`, `critical`; lower during announced maintenance")
    ]
    since: Annotated[datetime, Meta(description="when this state was entered")]
    at: Annotated[datetime, Meta(description="when it was judged")]
    rule: Annotated[int, Meta(description="number of the rule that found it")]
    evidence: Annotated[dict[str, float], Meta(description="the numbers that were looked at, ages in seconds")]


@dataclass(frozen=True, slots=True)
class EtaStatus:
    """When everything will be replicated, while it drains."""

    seconds: Annotated[float, Meta(description="at the median rate of the last 15 minutes")]
    earliest: Annotated[float, Meta(description="at the rate of the better quarter")]
    latest: Annotated[float, Meta(description="at the rate of the worse quarter")]


@dataclass(frozen=True, slots=True)
class DeltaStatus:
    """Where the difference between message files and bodies comes from; docs/explanation/delta.md tells more."""

    duplicate: Annotated[int | None, Meta(description="further copies of messages that lie in several folders")]
    expunged: Annotated[
        int | None, Meta(description="expunged messages that still have a file, minus bodies that await their purge")
    ]
    passive: Annotated[int | None, Meta(description="messages in folders that were never replicated")]
    lagging: Annotated[int | None, Meta(description="messages that are on their way")]
    orphan: Annotated[int | None, Meta(description="files that no index knows, minus records without their file")]
    unexplained: Annotated[int | None, Meta(description="messages that should have a body, minus those that have")]
    reckoned_at: Annotated[datetime | None, Meta(description="of when `expunged` and `unexplained` are")]
    problem: Annotated[str | None, Meta(description="why they could not be told last, in one line")]


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """One Cyrus spool and its database."""

    name: Annotated[str, Meta(description="the server uid")]
    verdict: Annotated[VerdictStatus | None, Meta(description="the verdict, once it was judged")]
    progress_ratio: Annotated[float | None, Meta(description="share of all messages that is replicated, 0 to 1")]
    eta: Annotated[EtaStatus | None, Meta(description="when it will be drained; `null` unless it drains")]
    spool: Annotated[StoreFiles | None, Meta(description="the spool")]
    archive: Annotated[StoreFiles | None, Meta(description="the archives")]
    unique_messages: Annotated[int | None, Meta(description="messages of both stores, hard-linked copies counted once")]
    database: Annotated[DatabaseRows | None, Meta(description="its bodies")]
    folders: Annotated[FolderCounts | None, Meta(description="its folders on both sides")]
    sync_log: Annotated[SyncLog | None, Meta(description="its sync log")]
    heartbeats: Annotated[tuple[HeartbeatStatus, ...], Meta(description="its probe mailboxes, while the log is read")]
    delta_messages: Annotated[
        int | None, Meta(description="message files of spool and archives minus bodies, signed; the official formula")
    ]
    delta_explained: Annotated[DeltaStatus | None, Meta(description="where that comes from")]
    sessions: Annotated[Sessions, Meta(description="its replication sessions")]


@dataclass(frozen=True, slots=True)
class FollowerStatus:
    """How far a log was read, and how that goes."""

    exists: Annotated[bool | None, Meta(description="whether the file is there")]
    reason: Annotated[str | None, Meta(description="why it cannot be read, in one word")]
    error: Annotated[str | None, Meta(description="the same in one line, with the way out")]
    unread_bytes: Annotated[int | None, Meta(description="bytes not read yet")]
    rotations: Annotated[int, Meta(description="times that the name pointed to a new file")]
    truncations: Annotated[int, Meta(description="times that the file became shorter")]
    gaps: Annotated[int, Meta(description="holes in the reading that could not be filled")]
    lines: Annotated[dict[str, int], Meta(description="lines read, by outcome")]


@dataclass(frozen=True, slots=True)
class PartitionActivity:
    """What replication.log said of one partition; `""` stands for those beyond the bound."""

    partition: Annotated[str, Meta(description="`<server uid>__<domain uid>` with `.` as `_`")]
    backend: Annotated[str, Meta(description="the backend it belongs to; empty when not known")]
    apply_mailbox: Annotated[int, Meta(description="APPLY MAILBOX commands, those of the built-in probe included")]
    last_apply: Annotated[datetime | None, Meta(description="the last one, probe excluded")]
    last_heartbeat: Annotated[datetime | None, Meta(description="the last one of the built-in probe mailbox")]


@dataclass(frozen=True, slots=True)
class RecordChanges:
    """Records of messages as logged."""

    create: Annotated[int, Meta(description="created")]
    update: Annotated[int, Meta(description="updated")]
    delete: Annotated[int, Meta(description="deleted")]


@dataclass(frozen=True, slots=True)
class Replies:
    """Answers of bm-core to sync_client."""

    ok: Annotated[int, Meta(description="answered OK")]
    no: Annotated[int, Meta(description="refused with NO")]
    bad: Annotated[int, Meta(description="refused with BAD")]


@dataclass(frozen=True, slots=True)
class LogStatus:
    """replication.log; counts since the first line that was ever read."""

    follower: Annotated[FollowerStatus, Meta(description="how the reading goes")]
    first_event: Annotated[datetime | None, Meta(description="the first event read")]
    last_event: Annotated[datetime | None, Meta(description="the last event read")]
    apply_mailbox: Annotated[int, Meta(description="APPLY MAILBOX commands, those of the built-in probe included")]
    applied_messages: Annotated[int, Meta(description="bodies reported by ApplyMessage")]
    record_changes: Annotated[RecordChanges, Meta(description="records changed")]
    replies: Annotated[Replies, Meta(description="answers")]
    errors: Annotated[dict[str, int], Meta(description="failures by reason; reasons that never came are left out")]
    active_sessions: Annotated[int | None, Meta(description="replication sessions, as the log last said")]
    active_sessions_at: Annotated[datetime | None, Meta(description="when it said so")]
    partitions: Annotated[tuple[PartitionActivity, ...], Meta(description="the same, partition by partition")]


@dataclass(frozen=True, slots=True)
class CoreStatus:
    """core.log: the latency probe that BlueMind has built in."""

    follower: Annotated[FollowerStatus, Meta(description="how the reading goes")]
    last_event: Annotated[datetime | None, Meta(description="the last event read")]
    probe_latency_seconds: Annotated[float | None, Meta(description="latency of the last probe that was answered")]
    probe_at: Annotated[datetime | None, Meta(description="when that was logged")]
    probe_failures: Annotated[int, Meta(description="probes that failed")]
    probe_failure_reason: Annotated[str | None, Meta(description="why the last one failed, in one word")]
    circuit_breaker_errors: Annotated[int, Meta(description="circuit breaker errors logged")]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One thing that is observed."""

    source: Annotated[
        str,
        Meta(
            description="`spool`, `archive`, `database`, `folders`, `records`, `probe`, `backlog`, `sessions`, `log`,"
            " `core_log`"
        ),
    ]
    backend: Annotated[str, Meta(description="the backend it belongs to; empty for the core server")]
    success: Annotated[bool | None, Meta(description="whether the last round succeeded; `null` before the first")]
    running_since: Annotated[datetime | None, Meta(description="start of the round that runs now")]
    last_success: Annotated[datetime | None, Meta(description="end of the last good round")]
    duration: Annotated[float | None, Meta(description="seconds that the last round took")]
    progress: Annotated[
        float | None, Meta(description="share that is done where a limit makes it take several rounds; else `null`")
    ]
    reason: Annotated[str | None, Meta(description="why the last round brought nothing, in one word")]
    error: Annotated[str | None, Meta(description="the same in one line, with the way out")]


@dataclass(frozen=True, slots=True)
class Status:
    """The whole document."""

    at: Annotated[datetime, Meta(description="when this was rendered")]
    version: Annotated[str, Meta(description="of bmrepmon")]
    started_at: Annotated[datetime, Meta(description="when bmrepmon started")]
    backends: Annotated[tuple[BackendStatus, ...], Meta(description="every backend that is observed")]
    other_sessions: Annotated[int | None, Meta(description="replication sessions that no backend can be told for")]
    log: Annotated[LogStatus | None, Meta(description="replication.log, once some of it was read")]
    core: Annotated[CoreStatus | None, Meta(description="core.log, once some of it was read")]
    sources: Annotated[tuple[SourceStatus, ...], Meta(description="every source, with its health")]


@dataclass(frozen=True, slots=True)
class History:
    """One series over the last day, a point a minute."""

    series: Annotated[str, Meta(description="its name")]
    points: Annotated[tuple[tuple[datetime, float], ...], Meta(description="time and value, oldest first")]


@dataclass(frozen=True, slots=True)
class SeriesNames:
    """The series that there are."""

    series: Annotated[tuple[str, ...], Meta(description="their names: `name`, or `name/backend`")]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request got no answer."""

    error: Annotated[str, Meta(description="one sentence")]
