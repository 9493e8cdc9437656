"""From one judgement to the next: the rules, and what keeps a verdict from flapping."""

from collections.abc import Mapping
from dataclasses import replace

from bmrepmon.model.frozen import frozen
from bmrepmon.model.verdict.evidence import Evidence
from bmrepmon.model.verdict.look import Look
from bmrepmon.model.verdict.rules import RULES
from bmrepmon.model.verdict.states import VERDICT_STATES, Finding, Sample, Severity, Trail, Verdict, VerdictState
from bmrepmon.model.verdict.thresholds import Thresholds

ENTER = 2  # of the last three findings must say a state before it is entered
RECALL = 3  # findings that are remembered: a state is left when none of them says it
SAMPLE_EVERY = 15.0  # seconds
SAMPLES = 120  # half an hour
BREAK = 600.0  # seconds without a judgement after which nothing that was remembered of now holds any more
LOWERED: Mapping[Severity, Severity] = {"critical": "warning", "warning": "info"}


def judge(e: Evidence, before: Trail, t: Thresholds, now: float) -> Trail:
    """Return what is remembered after a look at ``e``, the present verdict with it; pure."""
    trail = remember(e, before, now)
    number, finding = find(Look(e, trail, t, now))
    recent = (*trail.recent, finding.state)[-RECALL:]
    verdict = settle(trail.verdict, finding, recent, number, now)
    severity = verdict.finding.severity
    if t.maintenance(now) and verdict.finding.reason != "hard_limit":
        severity = LOWERED.get(severity, severity)
    told = replace(verdict, at=now, evidence=e.numbers(), severity=severity)
    return replace(trail, verdict=told, recent=recent)


def find(look: Look) -> tuple[int, Finding]:
    """Return the number of the first rule that finds something, from 1, and what it finds."""
    return next((number, found) for number, rule in enumerate(RULES, 1) if (found := rule(look)))


def settle(
    before: Verdict | None, finding: Finding, recent: tuple[VerdictState, ...], rule: int, now: float
) -> Verdict:
    """Let a state in when it was found twice of late, and out when it was not found three times."""
    if before is None:
        return Verdict(finding, now, now, rule)
    if finding.state == before.finding.state:
        return replace(before, finding=finding, rule=rule)
    worse = rank(finding.state) < rank(before.finding.state)
    entered = recent.count(finding.state) >= ENTER
    left = before.finding.state not in recent
    if (worse and entered) or left or before.finding.reason == "warming_up":
        return Verdict(finding, now, now, rule)
    return before


def rank(state: VerdictState) -> int:
    """Return the place of a state in the order of precedence, the worst first."""
    return VERDICT_STATES.index(state)


def remember(e: Evidence, before: Trail, now: float) -> Trail:
    """Carry on what lasts."""
    newest = before.verdict.at if before.verdict else None
    if newest is not None and not 0 <= now - newest <= BREAK:  # a long stop, or a clock that was set
        before = Trail(samples=tuple(s for s in before.samples if s.at < now), errors=before.errors)
    return replace(
        before,
        samples=sampled(before.samples, Sample(now, e.lag_messages, e.remaining)),
        errors=risen(before.errors, e.errors, now),
        no_session_since=lasting(before.no_session_since, now, e.sessions == 0),
        few_sessions_since=lasting(before.few_sessions_since, now, 0 < (e.sessions or 0) < e.expected),
        many_sessions_since=lasting(before.many_sessions_since, now, (e.sessions or 0) > e.expected),
        not_listening_since=lasting(before.not_listening_since, now, e.listening is False),
        watched_since=before.watched_since or now,
    )


def lasting(since: float | None, now: float, holds: object) -> float | None:
    """Return since when something holds; None when it does not."""
    return (since or now) if holds else None


def sampled(samples: tuple[Sample, ...], new: Sample) -> tuple[Sample, ...]:
    """Add a sample; the newest one gives way until a step has passed since the one before it."""
    if len(samples) >= 2 and new.at - samples[-2].at < SAMPLE_EVERY:
        samples = samples[:-1]
    return (*samples, new)[-SAMPLES:]


def risen(
    before: Mapping[str, tuple[int, float]], counts: Mapping[str, int], now: float
) -> Mapping[str, tuple[int, float]]:
    """Note when each count of errors rose last; what was there at the first look is not known to be recent."""
    first = not before
    known = {
        reason: before[reason] if reason in before and before[reason][0] == count else (count, 0.0 if first else now)
        for reason, count in counts.items()
        if count
    }
    return frozen(known or {"": (0, 0.0)})
