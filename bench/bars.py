"""What each row has to keep, so that the daemon's cost follows what changes and not the size of the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Bar:
    """``limit`` on the ratio to the peer or on our own figure, in the unit of the row."""

    of: Literal["ratio", "ours"]
    sense: Literal["<=", ">="]
    limit: float

    def __str__(self) -> str:
        """Write it as a cell of a table."""
        return f"{self.of} {self.sense} {self.limit:g}"

    def kept(self, row: Mapping[str, Any]) -> bool | None:
        """Tell whether a row of build/bench.json keeps it; None without the peer that it is measured against."""
        found = row[self.of]
        if found is None:
            return None
        return bool(found <= self.limit if self.sense == "<=" else found >= self.limit)


BARS: Mapping[str, Bar] = {
    "spool_full_1m": Bar("ratio", "<=", 0.5),
    "spool_recount_1pct": Bar("ratio", "<=", 0.04),
    "spool_recount_scale": Bar("ratio", "<=", 1.2),
    "log_read": Bar("ratio", ">=", 10),
    "log_follow_cpu": Bar("ours", "<=", 0.3),
    "bodies_sample": Bar("ratio", "<=", 0.002),
    "folders_100k_first": Bar("ours", "<=", 3),
    "folders_100k_changed": Bar("ours", "<=", 1),
    "scrape_1000": Bar("ours", "<=", 10),
    "scrape_5000": Bar("ours", "<=", 15),
    "page_first_byte": Bar("ours", "<=", 50),
    "start_once": Bar("ours", "<=", 0.3),
    "start_nagios": Bar("ours", "<=", 0.3),
    "start_status": Bar("ours", "<=", 0.3),
    "daemon_idle_rss": Bar("ours", "<=", 64),
    "daemon_idle_cpu": Bar("ours", "<=", 0.5),
}
