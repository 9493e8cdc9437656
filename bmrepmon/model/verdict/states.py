"""What a verdict is made of, and what is remembered from one judgement to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bmrepmon.model.frozen import frozen

VerdictState = Literal[
    "unknown",  # it cannot be told, which is never called fine
    "starting",  # bm-core or the monitor has just begun
    "disconnected",  # no session
    "stalled",  # work waits, and nothing is applied
    "stuck_folders",  # some folders stand still while the others flow
    "falling_behind",  # more comes in than goes out
    "catching_up",  # a backlog becomes smaller
    "residue",  # nothing moves that will not move by itself: passive mailboxes, the partition default
    "idle",  # nothing to do
    "in_sync",
]
VERDICT_STATES: tuple[VerdictState, ...] = (
    "unknown", "starting", "disconnected", "stalled", "stuck_folders",
    "falling_behind", "catching_up", "residue", "idle", "in_sync",
)  # fmt: skip
Severity = Literal["ok", "info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("ok", "info", "warning", "critical")  # from the lightest


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has found: a state, and the code of the reason, whose words stand in the catalogue ``verdict``."""

    state: VerdictState
    reason: str
    severity: Severity
    alike: tuple[str, ...] = ()  # codes of what looks the same from here


@dataclass(frozen=True, slots=True)
class Verdict:
    """One backend at one moment."""

    finding: Finding
    since: float  # Unix seconds: when this state was entered
    at: float  # Unix seconds: when it was judged
    rule: int  # number of the rule that found it
    evidence: Mapping[str, float] = field(default_factory=frozen)  # the numbers it rests on, by name
    severity: Severity = "ok"  # of the finding, lowered where maintenance was announced


class Sample(NamedTuple):
    """What a trend is read off."""

    at: float  # Unix seconds
    lag: int | None  # messages behind
    remaining: int | None  # messages behind or never replicated


@dataclass(frozen=True, slots=True)
class Trail:
    """What is remembered of a backend: its verdict, the findings before it, trends and since-whens."""

    verdict: Verdict | None = None
    recent: tuple[VerdictState, ...] = ()  # the states found last, newest last
    samples: tuple[Sample, ...] = ()
    errors: Mapping[str, tuple[int, float]] = field(default_factory=frozen)  # by reason: count, and when it rose last
    no_session_since: float | None = None
    few_sessions_since: float | None = None
    many_sessions_since: float | None = None
    not_listening_since: float | None = None
    watched_since: float | None = None  # the first judgement without a long break before it
