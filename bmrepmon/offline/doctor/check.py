"""What doctor found out about one thing."""

from dataclasses import dataclass
from typing import Literal

Status = Literal[
    "ok",  # it can be read
    "note",  # it can be read, or need not be, but somebody should know something
    "absent",  # it is not on this machine, which is normal for a server with another role
    "failed",  # it should be readable and is not
]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report, with what to do below it."""

    subject: str  # what was looked at: "spool of bm-master"
    status: Status
    found: str  # one sentence: path, owner, permission, version
    remedy: tuple[str, ...] = ()  # a line each; commands are complete

    @property
    def good(self) -> bool:
        """Whether nothing has to be done."""
        return self.status != "failed"
