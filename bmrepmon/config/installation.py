"""What discovery made of the settings on this machine: every path decided, ``None`` where there is nothing."""

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from bmrepmon.config.settings import Settings
from bmrepmon.config.types import Secret


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach one ``bj-data``. ``conninfo`` may hold a password, so it is a Secret and never shown."""

    conninfo: Secret
    shown: str  # the same without secrets, for people: "bj-data on localhost:5432 as bj"


@dataclass(frozen=True, slots=True)
class Backend:
    """One Cyrus spool with what surrounds it; ``None`` means that this source does not exist here."""

    name: str
    addresses: tuple[str, ...]
    spool: Path | None
    meta: Path | None
    archive: Path | None
    sync_log: Path | None
    database: Database | None
    expected_sessions: int


@dataclass(frozen=True, slots=True)
class Installation:
    """One machine of a BlueMind installation, as far as bmrepmon can look at it."""

    root: Path
    settings: Settings
    replication_log: Path | None
    core_log: Path | None
    timezone: tzinfo | None  # None: find out from the log itself
    proc: Path
    state_directory: Path
    backends: tuple[Backend, ...]
