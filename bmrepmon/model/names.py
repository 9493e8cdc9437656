"""What the names of folders and partitions say, taken apart."""

from dataclasses import dataclass
from typing import Literal

Namespace = Literal["users", "shared", "deleted", "deletedShared"]


@dataclass(frozen=True, slots=True)
class MailboxName:
    """One Cyrus folder as people name it: dots back in their places, levels separated by ``/``, UTF-7 decoded."""

    domain: str  # the domain uid
    namespace: Namespace
    mailbox: str  # login, or name of the share
    folder: str  # below a login INBOX or a path; below a share its path, empty for the share itself
    deleted_at: int | None = None  # Unix seconds, of a folder that awaits its purge

    @property
    def probe(self) -> bool:
        """Whether this is the share that bm-core measures its own latency with: ``probe_<server>__<domain>``."""
        dashed = self.domain.replace(".", "-")
        return self.namespace == "shared" and self.mailbox.startswith("probe_") and self.mailbox.endswith(f"__{dashed}")


@dataclass(frozen=True, slots=True)
class PartitionName:
    """One domain on one backend. The dots are a guess: a uid that really holds ``_`` was written the same way."""

    server: str | None  # server uid; None where the name does not tell
    domain: str | None  # domain uid; None for "default", which belongs to none
