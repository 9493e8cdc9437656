"""One look at a backend, as the rules see it: the evidence of now, what was remembered, and the limits."""

from collections.abc import Collection
from dataclasses import dataclass

from bmrepmon.model.verdict.drain import remaining_time, slopes
from bmrepmon.model.verdict.evidence import Evidence
from bmrepmon.model.verdict.states import Trail
from bmrepmon.model.verdict.thresholds import Thresholds

RECENT = 1800.0  # seconds for which an error message may be the cause of what is seen
REFUSED = 5  # folders refused one after the other: it is not the folders
MANY = 120.0  # seconds for which another number of sessions is no finding: sync_client begins anew every 600 s
PROOF = 60.0  # seconds: what waits longer in the sync log, or for an answer, is a proof


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that a rule may ask."""

    e: Evidence
    trail: Trail
    t: Thresholds
    now: float

    def since(self, at: float | None) -> float:
        """Return how long something lasts; 0 when it does not."""
        return 0.0 if at is None else max(0.0, self.now - at)

    @property
    def no_session_for(self) -> float:
        """Seconds without any session."""
        return self.since(self.trail.no_session_since)

    @property
    def hard(self) -> bool:
        """Whether two witnesses of three say that replication is later than it may ever be."""
        ages = (self.e.lag_age, self.e.probe_waits, self.e.backlog_age)
        return sum(age is not None and age > self.t.hard_lag for age in ages) >= 2

    @property
    def flows(self) -> bool:
        """Whether bm-core has applied something a short while ago."""
        return self.applied_within(self.t.stalled_after)

    def applied_within(self, seconds: float) -> bool:
        """Whether bm-core has applied something, bodies alone excepted while it refuses every folder."""
        return self.e.ok_age is not None and self.e.ok_age <= seconds and self.e.refused_in_row < REFUSED

    @property
    def answers(self) -> bool:
        """Whether the probe comes back as it should."""
        waits = self.e.probe_waits or 0.0
        return self.e.probe_age is not None and self.e.probe_age <= self.t.stalled_after and waits <= PROOF

    @property
    def slope(self) -> float | None:
        """Messages a second by which the lag grows, of the window of ``trend``; None while that is not covered."""
        points = [
            (s.at, float(s.lag)) for s in self.trail.samples if s.lag is not None and self.now - s.at <= self.t.trend
        ]
        if not points or points[-1][0] - points[0][0] < self.t.trend * 0.8:
            return None
        found = slopes(points)
        return None if found is None else found[1]

    @property
    def draining(self) -> bool:
        """Whether what is left, folders that were never replicated included, becomes less."""
        late = self.e.oldest is not None and self.e.oldest > self.t.soft_lag
        return bool((late and (self.slope or 0.0) < 0) or remaining_time(self.trail))

    def recent(self, reasons: Collection[str]) -> bool:
        """Whether one of these errors was seen a short while ago."""
        return any(self.now - at <= RECENT for reason, (_, at) in self.trail.errors.items() if reason in reasons)
