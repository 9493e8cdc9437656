"""What an audit found, as types: what ``bmrepmon audit --format json`` prints."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class Difference:
    """One message that is not on both sides as it should be."""

    backend: Annotated[str, Meta(description="the backend it lies on")]
    mailbox: Annotated[str, Meta(description="login or share, and domain")]
    folder: Annotated[str, Meta(description="its name in the mailbox; empty for a share itself")]
    kind: Annotated[str, Meta(description="`missing`, `bodiless`, `wrong_body`, `left_over` or `flags`")]
    uid: Annotated[int, Meta(description="its uid")]
    guid: Annotated[str, Meta(description="SHA-1 of the message")]
    path: Annotated[str, Meta(description="where the folder's metadata lies, below the root")]


@dataclass(frozen=True, slots=True)
class Unread:
    """A folder that could not be compared."""

    backend: Annotated[str, Meta(description="the backend it lies on")]
    path: Annotated[str, Meta(description="where its metadata lies, below the root")]
    reason: Annotated[str, Meta(description="why")]


@dataclass(frozen=True, slots=True)
class Totals:
    """What was looked at."""

    folders: Annotated[int, Meta(description="folders that were compared")]
    messages: Annotated[int, Meta(description="live messages in them")]
    lagging: Annotated[int, Meta(description="messages and expunges that are on their way")]
    passive_folders: Annotated[int, Meta(description="folders that were never replicated, and not compared")]
    passive_messages: Annotated[int, Meta(description="messages in them")]
    without_container: Annotated[int, Meta(description="folders for whose records bm-core has no container")]
    bodies_of_nobody: Annotated[int | None, Meta(description="bodies without any record; `null`: not counted")]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The whole."""

    at: Annotated[datetime, Meta(description="when it began")]
    complete: Annotated[bool, Meta(description="false: it was interrupted, or something could not be read")]
    totals: Annotated[Totals, Meta(description="what was looked at")]
    differences: Annotated[tuple[Difference, ...], Meta(description="each was seen twice")]
    unread: Annotated[tuple[Unread, ...], Meta(description="folders that could not be compared")]
    problems: Annotated[tuple[str, ...], Meta(description="what ended it early, in one line each")]
    repair: Annotated[tuple[str, ...], Meta(description="commands that repair just these mailboxes")]
