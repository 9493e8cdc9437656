"""A day of a mail server in miniature, minute by minute."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bmrepmon.model.frozen import frozen
from bmrepmon.model.history import Point, Window
from bmrepmon.model.verdict.states import VERDICT_STATES
from pictured.scenes import ARCHIVED, BODIES, FILES, MINUTES, NOW, Phase, Scene


@dataclass(slots=True)
class Minute:
    """What was true at the end of a minute."""

    at: float
    arrived: float
    waiting: float
    lag: float
    phase: Phase


def minutes(scene: Scene) -> Iterator[Minute]:
    """Live a day: mail comes in as people work, waits when it is not applied, and is applied oldest first."""
    arrived = applied = 0.0
    came: list[float] = []  # how much had arrived by each minute
    for n in range(MINUTES + 1):
        ago = MINUTES - n
        phase = next(p for p in reversed(scene.phases) if ago <= p.since)
        arrived += arrivals(NOW - 60 * ago, n) * (not (scene.quiet and ago < 250))
        came.append(arrived)
        applied = min(arrived, applied + phase.pace)
        waited = next((k for k, total in enumerate(came) if total > applied), n) if arrived - applied > 1 else n
        yield Minute(NOW - 60 * ago, round(arrived), arrived - applied, 60.0 * (n - waited), phase)


def arrivals(at: float, n: int) -> float:
    """Return messages a minute: many by day, few by night, never quite the same."""
    hour = datetime.fromtimestamp(at, UTC).hour + datetime.fromtimestamp(at, UTC).minute / 60
    day = max(0.06, math.exp(-((hour - 10.5) ** 2) / 8) + 0.9 * math.exp(-((hour - 15) ** 2) / 7))
    return 26 * day * (1 + 0.35 * math.sin(n * 12.9898) * math.sin(n * 78.233))


def history(scene: Scene, backend: str) -> Mapping[str, Window]:
    """Sample the day as the daemon does."""
    found: dict[str, list[Point]] = {}
    blind = {"lag_seconds", "lag_messages", "heartbeat_lag_seconds", "arrived_messages_total", "missing_messages"}
    for minute in minutes(scene):
        stopped = minute.phase.pace == 0
        probe = (NOW - 60 * minute.phase.since, minute.at)[not stopped]
        values = {
            "spool_messages": FILES + minute.arrived,
            "archive_messages": ARCHIVED,
            "bodies": BODIES + round(0.72 * (minute.arrived - minute.waiting)),
            "lag_messages": round(minute.waiting),
            "lag_seconds": minute.lag if minute.waiting > 1 else 0.0,
            "active_sessions": minute.phase.sessions,
            "arrived_messages_total": 300_000 + minute.arrived,
            "missing_messages": round(minute.waiting) + scene.passive,
            "heartbeat_lag_seconds": minute.at - probe if stopped else 0.3 + 0.2 * math.sin(minute.at) ** 2,
            "verdict_rank": VERDICT_STATES.index(minute.phase.state),
        }
        for name, value in values.items():
            if not (minute.phase.state == "unknown" and name in blind):
                found.setdefault(f"{name}/{backend}", []).append(Point(minute.at, float(value)))
    return frozen({name: Window(tuple(points)) for name, points in found.items()})


def lived(scene: Scene) -> tuple[Scene, Minute]:
    """Return a scene with what its day has left to be done, and the last minute of that."""
    *_, last = minutes(scene)
    if scene.lag or last.waiting < 1:
        return scene, last
    left = round(last.waiting)
    return replace(scene, lag=left, evidence={**scene.evidence, "lag_messages": left, "lag_age": last.lag}), last
