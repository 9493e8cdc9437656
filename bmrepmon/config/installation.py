"""What discovery made of the settings on this machine: every path decided, ``None`` where there is nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Literal

from bmrepmon.config.settings import Settings
from bmrepmon.config.types import Secret
from bmrepmon.words.language import Language
from bmrepmon.words.problem import problem


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach one ``bj-data``. ``conninfo`` may hold a password, so it is a Secret and never shown."""

    conninfo: Secret
    shown: str  # the same without secrets, for people: "dbname=bj-data host=localhost user=bj"


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
    metapartitions: tuple[tuple[str, Path], ...] = ()  # name and place of those that do not lie in ``meta``


Reason = Literal[
    "absent",  # a default place that does not exist here: normal on a server with another role
    "unreadable",  # it exists, and we may not or cannot read it
    "invalid",  # it was read, and makes no sense
    "ambiguous",  # it can be understood in two ways; discovery chose one
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that discovery noticed and people should be able to see; never holds a secret."""

    subject: str  # the source or key concerned: "bm.ini", "spool"
    reason: Reason
    text: str  # the key of one sentence, of the texts of ``doctor``: what it is, and the way out
    values: Mapping[str, str]  # what stands in the sentence; ``problem`` is the name of a system error
    path: Path | None = None  # stands in the sentence too

    @property
    def usual(self) -> bool:
        """Whether nobody needs to hear of it who does not ask."""
        return self.reason == "absent"

    def sentence(self, t: Language) -> str:
        """Write it in the texts of ``doctor``."""
        named = {key: problem(t, value) if key == "problem" else value for key, value in self.values.items()}
        return t(self.text, path=self.path, **named)


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
    findings: tuple[Finding, ...] = ()
