"""What follows from what was observed: the snapshot for publishers, and the verdict."""

import os
from collections.abc import Callable
from dataclasses import fields

from bmrepmon.config.installation import Backend, Installation
from bmrepmon.config.local_zone import local_zone
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.verdict.gather import judge_all
from bmrepmon.model.verdict.thresholds import Thresholds
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.logger import log


def snapshots(installation: Installation, keeper: Keeper, clock: Clock) -> Callable[[], Snapshot]:
    """Return what gives publishers the present snapshot."""
    facts = tuple(map(fact, installation.backends))
    named = installation.settings.limits.top_folders if installation.settings.privacy.names_in_metrics else 0
    return lambda: derive(keeper.state, facts, clock.now(), named)


def fact(backend: Backend) -> BackendFacts:
    """Pass on what the model may know of a backend."""
    return BackendFacts(backend.name, backend.addresses, backend.expected_sessions)


def pronounce(keeper: Keeper, snapshot: Snapshot, limits: Thresholds) -> None:
    """Judge every backend, and tell in the log whose state has changed."""
    judged = judge_all(snapshot, limits)
    before = snapshot.state.durable.trails
    keeper.apply(judged)
    for name, trail in judged.trails.items():
        was = before[name].verdict if name in before else None
        now = trail.verdict
        if now and (was is None or was.finding != now.finding):
            say = log.warning if now.severity in ("warning", "critical") else log.info
            say("verdict", backend=name, state=now.finding.state, reason=now.finding.reason, severity=now.severity)


def thresholds(installation: Installation) -> Thresholds:
    """Return what ``[verdict]`` says."""
    chosen = installation.settings.verdict
    zone = local_zone(installation.root, os.environ)
    limits = {field.name: float(getattr(chosen, field.name)) for field in fields(chosen) if field.name != "maintenance"}
    return Thresholds(**limits, maintenance=lambda at: any(window.holds(at, zone) for window in chosen.maintenance))
