"""What the installation has chosen for its page."""

from dataclasses import dataclass
from datetime import UTC, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the installation has chosen for its page."""

    names: bool = False  # whether mailboxes and folders may be named
    top_folders: int = 20
    soft_lag: float = 60.0  # seconds from which on it is late
    hard_lag: float = 1800.0  # and too late
    zone: tzinfo = UTC  # of the times that are told
