"""The configuration as frozen, validated values: exactly what the administrator wrote, plus defaults.

A value of ``None`` means "not said": discovery fills it in with what lies on the machine; an empty path or database
means "none, whatever lies there". Every key is documented in docs/reference/configuration.md and shown in
deploy/bmrepmon.toml. The annotations are what ``load`` checks the file against.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Annotated, Any, get_type_hints

from bmrepmon.config.checks import (
    AbsolutePath,
    Addresses,
    Conninfo,
    IpAddress,
    LogPlace,
    Name,
    PathOrNothing,
    Port,
    PositiveDuration,
    Zone,
    between,
)
from bmrepmon.config.maintenance import Maintenance
from bmrepmon.config.types import Address, Duration, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """``[web]``: where the daemon listens."""

    listen: Addresses = (Address("127.0.0.1", 10057),)
    config: AbsolutePath | None = None  # TLS and users, in the format of Prometheus's exporters


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """``[core]``: the server that runs bm-core."""

    replication_log: PathOrNothing | None = None  # default /var/log/bm/replication.log where its folder exists
    core_log: PathOrNothing | None = None  # default /var/log/bm/core.log where its folder exists
    timezone: Zone = "auto"  # of both logs; an IANA name, or auto
    from_: LogPlace = "end"  # where to begin with a log that was never read; the last hour is read for context
    sync_port: Port = 2501


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueMind:
    """``[bluemind]``: BlueMind's own configuration."""

    ini: PathOrNothing | None = None  # default /etc/bm/bm.ini where it exists


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """``[[backend]]``: one Cyrus spool and its database; each source may be left out."""

    name: Name | None = None  # the server uid; default from the partitions on disk
    addresses: tuple[
        IpAddress, ...
    ] = ()  # from which its sync_client connects; default: its own, when it is the only one
    spool: PathOrNothing | None = None
    meta: PathOrNothing | None = None
    archive: PathOrNothing | None = None
    sync_log: PathOrNothing | None = None
    database: Conninfo | None = None  # libpq conninfo or URI of bj-data; default from bm.ini
    database_password_file: AbsolutePath | None = None
    expected_sessions: Annotated[int, between(0, 1000)] = 4  # 1 before BlueMind 4.1 final


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """``[schedule]``: how often each source looks."""

    spool: Trigger = field(default_factory=lambda: Trigger.every("60s"))  # of spool and archive
    folders: Trigger = field(default_factory=lambda: Trigger.every("30s"))
    database: Trigger = field(default_factory=lambda: Trigger.every("30s"))
    exact_count: Trigger = field(default_factory=lambda: Trigger.cron("15 3 * * *"))
    backlog: Trigger = field(default_factory=lambda: Trigger.every("5s"))
    sessions: Trigger = field(default_factory=lambda: Trigger.every("5s"))
    capacity: Trigger = field(default_factory=lambda: Trigger.every("5m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``[verdict]``: from when on something is wrong."""

    warm_up: PositiveDuration = field(default_factory=lambda: Duration("60s"))  # we watch before we judge
    disconnected_after: PositiveDuration = field(default_factory=lambda: Duration("60s"))  # without a session
    core_down: PositiveDuration = field(
        default_factory=lambda: Duration("5m")
    )  # that bm-core may take no connections: a restart
    core_restart: PositiveDuration = field(
        default_factory=lambda: Duration("25m")
    )  # that sync_client may take to come back after one
    stalled_after: PositiveDuration = field(
        default_factory=lambda: Duration("90s")
    )  # without an answer, where there is a probe
    silent_after: PositiveDuration = field(default_factory=lambda: Duration("5m"))  # the same without a probe
    stuck_after: PositiveDuration = field(
        default_factory=lambda: Duration("30m")
    )  # that a folder may be behind while others flow
    soft_lag: PositiveDuration = field(default_factory=lambda: Duration("60s"))  # from which on it is late
    hard_lag: PositiveDuration = field(
        default_factory=lambda: Duration("30m")
    )  # from which on it is critical, whatever the trend
    trend: PositiveDuration = field(default_factory=lambda: Duration("15m"))  # over which a trend is read
    idle_after: PositiveDuration = field(default_factory=lambda: Duration("5m"))  # without an apply
    residue_after: PositiveDuration = field(
        default_factory=lambda: Duration("1d")
    )  # since a folder that is behind was written to
    maintenance: tuple[Maintenance, ...] = ()  # when a critical verdict is a warning, and a warning for information


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """``[privacy]``: what may be named."""

    names_in_metrics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``[limits]``: what bmrepmon may cost."""

    series: Annotated[int, between(100, 10_000_000)] = 20000
    top_folders: Annotated[int, between(0, 1000)] = 20
    database_timeout: PositiveDuration = field(default_factory=lambda: Duration("30s"))
    database_connections: Annotated[int, between(1, 10)] = 1
    database_quiet_hours: tuple[Maintenance, ...] = ()  # when no table is read as a whole
    spool_files_per_second: Annotated[int, between(0, 10_000_000)] = 0  # of each store; 0: as many as there are


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSection:
    """``[state]``: where bmrepmon keeps what must survive a restart."""

    directory: AbsolutePath | None = None  # default $STATE_DIRECTORY, else /var/lib/bmrepmon


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole file."""

    web: Web = field(default_factory=Web)
    core: Core = field(default_factory=Core)
    bluemind: BlueMind = field(default_factory=BlueMind)
    backend: tuple[Backend, ...] = ()
    schedule: Schedule = field(default_factory=Schedule)
    verdict: Verdict = field(default_factory=Verdict)
    privacy: Privacy = field(default_factory=Privacy)
    limits: Limits = field(default_factory=Limits)
    state: StateSection = field(default_factory=StateSection)


SECTIONS: Mapping[str, type] = {
    "web": Web,
    "core": Core,
    "bluemind": BlueMind,
    "backend": Backend,
    "schedule": Schedule,
    "verdict": Verdict,
    "privacy": Privacy,
    "limits": Limits,
    "state": StateSection,
}

KEYS: Mapping[str, Mapping[str, Any]] = {
    section: {name.removesuffix("_"): hint for name, hint in get_type_hints(kind, include_extras=True).items()}
    for section, kind in SECTIONS.items()
}


def attribute(key: str) -> str:
    """Return how a key is called in Python, where some of its own words cannot be.

    >>> attribute("from"), attribute("listen")
    ('from_', 'listen')
    """
    return f"{key}_" if iskeyword(key) else key
