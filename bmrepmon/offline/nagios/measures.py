"""What the plugin measures, in the plain values of the status document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a backend, or of the whole document."""

    name: str
    unit: str  # of the guidelines: s, B, or nothing for a number of things
    read: Callable[[Part], float | None]
    warning: str | None = None  # the range when nothing else was asked for
    critical: str | None = None
    doubt: Callable[[Part], float | None] = lambda _: None  # by how much the figure may be wrong


def at(*path: str) -> Callable[[Part], float | None]:
    """Return a reader of one place of the document; what is not there is not known."""

    def read(part: Part) -> float | None:
        found: Any = part
        for name in path:
            found = found.get(name) if found else None
        return None if found is None else float(found)

    return read


def _heartbeat(backend: Part) -> float | None:
    lags = [one["lag_seconds"] for one in backend.get("heartbeats", ()) if one["lag_seconds"] is not None]
    return max(lags, default=None)


def _missing_sessions(backend: Part) -> float | None:
    sessions = backend["sessions"]
    return None if sessions["active"] is None else max(0, sessions["expected"] - sessions["active"])


def failed_sources(document: Part) -> list[str]:
    """Name the sources whose last round brought nothing."""
    failed = (source for source in document["sources"] if source["success"] is False)
    return [" ".join(filter(None, (source["source"], source["backend"]))) for source in failed]


MEASURES = (
    Measure("lag_seconds", "s", at("folders", "lag_seconds"), "60", "1800"),
    Measure("heartbeat_lag_seconds", "s", _heartbeat, "60", "1800"),
    Measure("lag_messages", "", at("folders", "lag_messages")),
    Measure("lag_folders", "", at("folders", "lag_folders")),
    Measure("active_sessions", "", at("sessions", "active"), None, "1:"),
    Measure("missing_sessions", "", _missing_sessions, "0"),
    Measure("delta_messages", "", at("delta_messages"), doubt=at("database", "doubt")),
    Measure("unexplained_messages", "", at("delta_explained", "unexplained")),
    Measure("disputed_folders", "", at("folders", "disputed_folders"), "0"),
    Measure("passive_folders", "", at("folders", "passive_folders")),
    Measure("sync_log_entries", "", at("sync_log", "entries")),
    Measure("sync_log_bytes", "B", at("sync_log", "bytes")),
)
SITE = Measure("failed_sources", "", lambda document: len(failed_sources(document)), "0")  # of all backends together
HEADLINE = ("lag_seconds", "lag_messages", "active_sessions")  # what is told when all is well
