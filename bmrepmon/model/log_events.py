"""What one line of replication.log or core.log says, taken apart; times are Unix seconds."""

from dataclasses import dataclass
from typing import TypeAlias

# Every word that Command.name can hold, after BlueMind 4.9, ReplicationSession and its package cmd.
COMMANDS: tuple[str, ...] = (
    *("AUTHENTICATE", "STARTTLS", "NOOP", "RESTART", "EXIT", "C01"),
    *("GET USER", "GET META", "GET MAILBOXES", "GET FULLMAILBOX", "GET ANNOTATION", "GET FETCH"),
    *("APPLY MESSAGE", "APPLY MAILBOX", "APPLY UNMAILBOX", "APPLY UNUSER", "APPLY RENAME", "APPLY EXPUNGE"),
    *("APPLY RESERVE", "APPLY SEEN", "APPLY ANNOTATION", "APPLY QUOTA", "APPLY UNQUOTA", "APPLY SIEVE"),
    *("APPLY UNSIEVE", "APPLY ACTIVATE_SIEVE", "APPLY SUB", "APPLY UNSUB"),
    "other",
)


@dataclass(frozen=True, slots=True)
class AppliedFolder:
    """The fields of an APPLY MAILBOX that stand before its RECORD list, so that no truncation hides them."""

    unique_id: str
    mailbox: str | None  # MBOXNAME as logged, unquoted; None when it was a literal
    partition: str | None
    last_uid: int | None
    highest_modseq: int | None
    uid_validity: int | None
    probe: bool  # BlueMind's own latency probe: a share named probe_<server>__<domain>


# The same as logged, of a folder that is no probe and whose fields are all there: UNIQUEID, MBOXNAME (perhaps quoted,
# with no quote inside), LAST_UID, HIGHESTMODSEQ, UIDVALIDITY and PARTITION. Most are never read further.
LoggedFolder: TypeAlias = tuple[bytes, bytes, bytes, bytes, bytes, bytes]


def read_folder(logged: LoggedFolder) -> AppliedFolder:
    """Read the fields of a folder."""
    unique_id, mailbox, last_uid, highest_modseq, uid_validity, partition = logged
    return AppliedFolder(
        unique_id.decode(),
        mailbox.strip(b'"').decode(),
        partition.decode(),
        int(last_uid),
        int(highest_modseq),
        int(uid_validity),
        probe=False,
    )


@dataclass(frozen=True, slots=True)
class Command:
    """``REPL C: [frame-N]: ...``; the text is gone but for what is named here (frame 0 holds the token)."""

    at: float
    thread: str
    frame: int
    name: str  # "APPLY MAILBOX", "GET USER", "RESTART" ...; "other" for what the protocol does not know
    folder: AppliedFolder | None = None  # of an APPLY MAILBOX
    truncated: bool = False
    sized_messages: int = 0  # of an APPLY MESSAGE: those whose size its line still tells
    sized_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """``REPL S: [frame-N]: ...``; ``status`` is None while a continuation line or nothing will tell it."""

    at: float
    thread: str
    frame: int
    status: str | None  # ok, no, bad
    reason: str | None = None  # of a NO or BAD, from the fixed list of error reasons


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A sync_client has connected. The 2022 form tells the active count after it, the 2019 form does not."""

    at: float
    thread: str
    peer: str | None
    active: int | None


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A session has ended; ``active`` is what is left."""

    at: float
    thread: str
    active: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SessionsReported:
    """The ten-second report: "n active replication connection(s)", or none."""

    at: float
    active: int


@dataclass(frozen=True, slots=True)
class MessagesApplied:
    """``Finished ApplyMessage n in m ms.``."""

    at: float
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RecordsChanged:
    """``[uniqueId] Db CRUD op, cr: n, upd: n, del: n in m ms``."""

    at: float
    created: int
    updated: int
    deleted: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RecordsIndexed:
    """``[uniqueId] Es CRUD op, idx: n in m ms``."""

    at: float
    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class BodiesMissing:
    """``m bodies missing out of t``: what Cyrus will send next."""

    at: float
    missing: int
    total: int


@dataclass(frozen=True, slots=True)
class ProbeLatency:
    """core.log: ``Replication latency is n ms.``."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class ProbeFailed:
    """core.log: the probe got no answer, or could not ask."""

    at: float
    reason: str  # timeout, login, select, annotation, append, other


@dataclass(frozen=True, slots=True)
class BreakerTripped:
    """core.log: the circuit breaker of a session noticed an error; each slows its answers, each success undoes one."""

    at: float
    errors: int  # outstanding errors of that session


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure message of the catalogue."""

    at: float
    reason: str  # from the fixed list of error reasons


@dataclass(frozen=True, slots=True)
class Notice:
    """A known message that only shows life; ``kind`` names its template (``core_ready``, ``link_down`` ...)."""

    at: float
    kind: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A well-formed event with a text that no template knows."""

    at: float
    severe: bool = False  # logged as ERROR


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that begins like an event and is none: an impossible date, or broken off before its text."""

    at: float | None = None


@dataclass(frozen=True, slots=True)
class Continuation:
    """A line that belongs to the event before it; ``status`` when it ends an answer (``OK success``)."""

    status: str | None = None  # ok, no, bad
    reason: str | None = None


LogEvent = (
    Command
    | Reply
    | SessionStarted
    | SessionClosed
    | SessionsReported
    | MessagesApplied
    | RecordsChanged
    | RecordsIndexed
    | BodiesMissing
    | ProbeLatency
    | ProbeFailed
    | BreakerTripped
    | Failure
    | Notice
    | Unknown
    | Malformed
    | Continuation
)
