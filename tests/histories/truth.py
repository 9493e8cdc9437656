"""What was true of a recorded history, and what must be said of it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bmrepmon.model.verdict.judge import judge
from bmrepmon.model.verdict.states import SEVERITIES, Severity, Trail, Verdict
from histories.recorder import LIMITS
from histories.table import FIXTURES, Row, read


class Expected(NamedTuple):
    """What is said from one time to another, seconds since the beginning."""

    begin: float
    end: float
    states: tuple[str, ...]
    reasons: tuple[str, ...]
    severity: Severity  # the most that it may have; "critical" is what it must have
    backend: str | None  # None: every one

    def covers(self, row: Row) -> bool:
        """Whether it tells of a row."""
        return self.begin <= row.at <= self.end and self.backend in (None, row.backend)

    def is_met_by(self, verdict: Verdict) -> bool:
        """Whether a verdict says so."""
        named = verdict.finding.state in self.states and verdict.finding.reason in self.reasons
        if self.severity == "critical":
            return named and verdict.severity == "critical"
        return named and SEVERITIES.index(verdict.severity) <= SEVERITIES.index(self.severity)


def names() -> list[str]:
    """Return the names of all histories."""
    return sorted(path.stem for path in FIXTURES.glob("*.csv"))


def expectations(name: str) -> tuple[Expected, ...]:
    """Read what must be said of a history."""
    document = tomllib.loads((FIXTURES / f"{name}.toml").read_text())
    return tuple(
        Expected(e["from"], e["to"], tuple(e["states"]), tuple(e["reasons"]), e["severity"], e.get("backend"))
        for e in document["expected"]
    )


def replay(path: Path) -> Iterator[tuple[Row, Verdict]]:
    """Judge a history again, evaluation by evaluation."""
    trails: dict[str, Trail] = {}
    for row in read(path):
        trail = trails[row.backend] = judge(row.evidence, trails.get(row.backend, Trail()), LIMITS, row.now)
        assert trail.verdict
        yield row, trail.verdict
