"""The limits that the rules work with, all in seconds. Configured in ``[verdict]``; the defaults are these."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Documented key by key in docs/reference/configuration.md."""

    warm_up: float = 60.0
    disconnected_after: float = 60.0
    core_down: float = 300.0
    core_restart: float = 1500.0  # sync_client waits 15 s and doubles that up to 20 minutes: Cyrus 3, sync_client.c
    stalled_after: float = 90.0
    silent_after: float = 300.0
    stuck_after: float = 1800.0
    soft_lag: float = 60.0
    hard_lag: float = 1800.0
    trend: float = 900.0
    idle_after: float = 300.0
    residue_after: float = 86400.0
    maintenance: Callable[[float], bool] = lambda _: False  # whether maintenance was announced for a time
