"""The heartbeat: each change of BlueMind's own probe mailbox, paired with the APPLY MAILBOX that brought it.

bm-core changes a hidden share every ten seconds and waits for the change to come back, but says 60000 ms when that
takes longer than ten seconds, and may take a late answer for that of the next change. The modseq tells them apart: it
rises with each change, stands in cyrus.index when Cyrus has it, and in replication.log when it has arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import LogActivity, ProbeApply

STEPS = 64  # without an answer that are kept: the oldest counts, and the newest


class ProbeFolder(NamedTuple):
    """A probe mailbox as its cyrus.index is now."""

    unique_id: str
    partition: str
    highest_modseq: int
    changed_at: float  # Unix seconds: when it reached that modseq


@dataclass(frozen=True, slots=True)
class ProbeFolders:
    """All probe mailboxes of a backend, one a partition."""

    folders: tuple[ProbeFolder, ...]


class ProbeStep(NamedTuple):
    """One change of a probe mailbox."""

    highest_modseq: int
    sent_at: float  # Unix seconds


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One probe mailbox over time."""

    partition: str
    last: ProbeStep
    outstanding: tuple[ProbeStep, ...] = ()  # steps that have not come back, oldest first
    answered: float | None = None  # seconds that the last one took that did

    def lag(self, now: float) -> float | None:
        """Return the seconds that the oldest change without an answer waits by now, else what the last one took."""
        return max(0.0, now - self.outstanding[0].sent_at) if self.outstanding else self.answered


Heartbeats = Mapping[str, Heartbeat]  # by UNIQUEID


def beat(before: Heartbeats, probes: ProbeFolders, log: LogActivity) -> Heartbeats:
    """Take in what the probe mailboxes are now; one that is gone has no heartbeat any more."""
    return frozen({probe.unique_id: _step(before.get(probe.unique_id), probe, log) for probe in probes.folders})


def pair(before: Heartbeats, log: LogActivity) -> Heartbeats:
    """Take in what has come back."""
    return frozen({uid: _paired(known, log.probe_applies.get(uid, ())) for uid, known in before.items()})


def _step(known: Heartbeat | None, probe: ProbeFolder, log: LogActivity) -> Heartbeat:
    step = ProbeStep(probe.highest_modseq, probe.changed_at)
    applies = log.probe_applies.get(probe.unique_id, ())
    if known is None or step.highest_modseq < known.last.highest_modseq:  # the first one, or a mailbox made anew
        return _paired(Heartbeat(probe.partition, step, _unanswered(step, probe, log)), applies)
    if step.highest_modseq == known.last.highest_modseq:
        return known
    outstanding = (*known.outstanding, step)
    if len(outstanding) > STEPS:
        outstanding = (outstanding[0], *outstanding[2:])
    return _paired(replace(known, last=step, outstanding=outstanding), applies)


def _unanswered(step: ProbeStep, probe: ProbeFolder, log: LogActivity) -> tuple[ProbeStep, ...]:
    """Tell whether a step that was there before we looked waits; of a log that does not tell we know nothing."""
    position = log.positions.get(probe.unique_id)
    return (step,) if position and position.highest_modseq < step.highest_modseq else ()


def _paired(known: Heartbeat, applies: Sequence[ProbeApply]) -> Heartbeat:
    """Give each step the first apply that brought it; of several that came back together the oldest took longest."""
    answers = [(step, _answer(step, applies)) for step in known.outstanding]
    took = [(answer.at, answer.at - step.sent_at) for step, answer in answers if answer]
    if not took:
        return known
    left = tuple(step for step, answer in answers if answer is None)
    return replace(known, outstanding=left, answered=max(0.0, max(took)[1]))


def _answer(step: ProbeStep, applies: Sequence[ProbeApply]) -> ProbeApply | None:
    return next((apply for apply in applies if apply.highest_modseq >= step.highest_modseq), None)
