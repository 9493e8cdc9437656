"""What the rules look at: a few numbers of one backend at one moment. ``None`` is "not known", an age is in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from bmrepmon.model.frozen import frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Read off a snapshot by ``gather``; made by hand in tests."""

    # what can be read: None means that there is no such source here
    log: bool | None = None
    folders: bool | None = None
    backlog: bool | None = None
    database: bool | None = None
    # sessions
    sessions: int | None = None
    expected: int = 4
    listening: bool | None = None  # whether bm-core takes connections
    core_ready_age: float | None = None  # since bm-core said that it is ready
    reconnected: bool = True  # whether any session has begun since then
    # work that waits
    entries: int | None = None  # in the sync log; 0 when there is no file
    backlog_age: float | None = None  # of the oldest entry
    batch_age: float | None = None  # since sync_client works on its batch
    lag_messages: int | None = None
    lag_folders: int | None = None
    lag_age: float | None = None  # of the oldest change that waits, residue and stuck folders apart
    stuck_folders: int = 0  # that wait for longer than others ever do
    residual_folders: int = 0  # that are behind and were not written to for a day
    remaining: int | None = None  # messages behind or never replicated
    messages: int | None = None  # of all folders
    # progress
    probes: int = 0
    probe_waits: float | None = None  # age of the oldest change of the probe that has not come back
    probe_age: float | None = None  # since the probe came back last
    apply_age: float | None = None  # since the last APPLY MAILBOX, probe excluded
    ok_age: float | None = None  # since bm-core last applied something
    refused_in_row: int = 0  # folders that it refused one after the other
    command_waits: float | None = None  # age of the oldest command without an answer
    errors: Mapping[str, int] = field(default_factory=frozen)  # by reason, since the first line ever read
    # what stays behind by design, or should not
    passive_folders: int = 0
    default_folders: int = 0
    disputed_folders: int = 0

    @property
    def works(self) -> bool:
        """Whether there is something to replicate."""
        return bool(self.entries or self.lag_messages or self.lag_folders) or self.probe_waits is not None

    @property
    def oldest(self) -> float | None:
        """How late replication is: the most that two witnesses say, else what the sync log says."""
        told = [age for age in (self.lag_age, self.probe_waits) if age is not None]
        return max(told, default=self.backlog_age)

    def numbers(self) -> Mapping[str, float]:
        """Return every number that is known and not nothing, by its name."""
        known = ((field.name, getattr(self, field.name)) for field in fields(self))
        return frozen({name: float(value) for name, value in known if isinstance(value, (int, float)) and value})
