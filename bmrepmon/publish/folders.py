"""Folders one by one: what ``/api/v1/folders`` and ``bmrepmon folders --format json`` print, as types."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from bmrepmon.model.lag import FOLDER_STATES, FolderComparison, Standing, standings
from bmrepmon.model.snapshot import BackendSnapshot, Snapshot
from bmrepmon.model.waits import Waits
from bmrepmon.parse.spool_path import parse_folder_path
from bmrepmon.publish.status import moment

ALL = "all"
STATES = (*FOLDER_STATES, ALL)
LIMIT = 100  # folders that are told unless more are asked for
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder as Cyrus has it, and what has arrived of it."""

    backend: Annotated[str, Meta(description="the backend it lies on")]
    partition: Annotated[str, Meta(description="the partition it lies in")]
    mailbox: Annotated[str | None, Meta(description="login or share, and domain; `null` where the path is not Cyrus's")]
    folder: Annotated[str | None, Meta(description="its name in the mailbox; empty for a share itself")]
    path: Annotated[str, Meta(description="where its metadata lies, below the root")]
    unique_id: Annotated[str | None, Meta(description="Cyrus's UNIQUEID; `null` where it could not be read")]
    state: Annotated[str, Meta(description="`lagging`, `unknown`, `passive`, `replicated`, `deleted` or `default`")]
    reason: Annotated[str | None, Meta(description="why it is unknown")]
    lag_messages: Annotated[int | None, Meta(description="uids that the replica has not; `null` if not compared")]
    lag_changes: Annotated[int | None, Meta(description="modseqs that the replica has not; `null` if not compared")]
    since: Annotated[datetime | None, Meta(description="the oldest missing change is at least as old as this")]
    changed_at: Annotated[datetime | None, Meta(description="the last write to its cyrus.index")]
    messages: Annotated[int | None, Meta(description="messages that a client sees")]
    last_uid: Annotated[int | None, Meta(description="Cyrus's highest uid")]
    highest_modseq: Annotated[int | None, Meta(description="Cyrus's highest modseq")]
    replica_last_uid: Annotated[int | None, Meta(description="the replica's highest uid")]
    replica_highest_modseq: Annotated[int | None, Meta(description="the replica's highest modseq")]


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders of one state, or of all, as of the last comparison of each backend."""

    at: Annotated[datetime, Meta(description="when this was rendered")]
    total: Annotated[int, Meta(description="folders of that state; `folders` may hold fewer")]
    folders: Annotated[tuple[Folder, ...], Meta(description="as many as were asked for")]


class _Found(NamedTuple):
    stand: Standing
    since: float | None
    comparison: FolderComparison
    backend: str


# What comes first. Names are asked for last: to tell them costs more than all the rest.
SORTS: Mapping[str, Callable[[_Found], tuple[float | str, ...]]] = {
    "lag": lambda found: (-found.stand.messages, -found.stand.changes),
    "since": lambda found: (found.since is None, found.since or 0.0),
    "messages": lambda found: (-(found.stand.folder.exists if found.stand.folder else 0),),
    "name": lambda found: (found.comparison.survey.path(found.stand.number),),
}


def list_folders(snapshot: Snapshot, state: str, sort: str, limit: int) -> Folders:
    """Return the first ``limit`` folders of a state of ``STATES``, sorted by one of ``SORTS``."""
    total = 0

    def counted(found: Iterable[_Found]) -> Iterator[_Found]:
        nonlocal total
        for one in found:
            total += 1
            yield one

    first = nsmallest(limit, counted(_find(snapshot, state)), key=SORTS[sort])
    return Folders(moment(snapshot.at), total, tuple(map(_folder, first)))


def encode_folders(folders: Folders) -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(folders)


def _find(snapshot: Snapshot, state: str) -> Iterator[_Found]:
    for backend in snapshot.backends:
        if backend.folders is not None:
            waits = snapshot.state.durable.waits.get(backend.name, {})
            yield from _find_in(backend, backend.folders, waits, state)


def _find_in(backend: BackendSnapshot, comparison: FolderComparison, waits: Waits, state: str) -> Iterator[_Found]:
    for stand in standings(comparison.survey, comparison.database, comparison.log):
        if state in (ALL, stand.state):
            steps = waits.get(stand.folder.key.hex()) if stand.folder and stand.state == "lagging" else None
            yield _Found(stand, steps[0].at if steps else None, comparison, backend.name)


def _folder(found: _Found) -> Folder:
    stand, own, position = found.stand, found.stand.folder, found.stand.position
    survey = found.comparison.survey
    raw = survey.path(stand.number)
    path = parse_folder_path(raw)
    return Folder(
        backend=found.backend,
        partition=path.partition,
        mailbox=f"{path.name.mailbox}@{path.name.domain}" if path.name else None,
        folder=path.name.folder if path.name else None,
        path=raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        unique_id=survey.unique_id(stand.number),
        state=stand.state,
        reason=stand.reason or None,
        lag_messages=stand.messages if position else None,
        lag_changes=stand.changes if position else None,
        since=None if found.since is None else moment(found.since),
        changed_at=moment(own.changed_at) if own else None,
        messages=own.exists if own else None,
        last_uid=own.last_uid if own else None,
        highest_modseq=own.highest_modseq if own else None,
        replica_last_uid=position.last_uid if position else None,
        replica_highest_modseq=position.highest_modseq if position else None,
    )
