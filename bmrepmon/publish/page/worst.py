"""The folders that are furthest behind, found among those that are behind without a look at all the others."""

from dataclasses import dataclass
from heapq import nsmallest

from bmrepmon.model.lag import Behind
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.survey import FolderSurvey
from bmrepmon.model.waits import Waits
from bmrepmon.parse.spool_path import parse_folder_path

SHORT = 8  # characters of an id that are shown: enough to find the folder in what `bmrepmon folders` prints


@dataclass(frozen=True, slots=True)
class WorstFolder:
    """One of them."""

    short_id: str
    name: str  # for those who may see it
    messages: int
    changes: int
    since: float | None  # Unix seconds: how old its oldest missing change is at least


@dataclass(frozen=True, slots=True)
class Worst:
    """The first of them, and how many there are in all."""

    total: int
    folders: tuple[WorstFolder, ...]


def worst_folders(snapshot: Snapshot, name: str, most: int) -> Worst | None:
    """Return the folders of a backend that lack most messages, then most changes; None while none can be compared."""
    comparison = next((backend.lag for backend in snapshot.backends if backend.name == name), None)
    if comparison is None:
        return None
    waits = snapshot.state.durable.waits.get(name, {})
    first = nsmallest(most, comparison.behind, key=_ahead)
    return Worst(comparison.lag_folders, tuple(_told(folder, comparison.survey, waits) for folder in first))


def _ahead(folder: Behind) -> tuple[int, int]:
    """Return what the replica has more than Cyrus, so that what lacks most comes first; asked of a hundred thousand."""
    _, _, highest_modseq, last_uid, (modseq, uid, _), _ = folder
    return uid - last_uid, modseq - highest_modseq


def _told(folder: Behind, survey: FolderSurvey, waits: Waits) -> WorstFolder:
    steps = waits.get(folder.key.hex())
    return WorstFolder(
        short_id=(survey.unique_id(folder.number) or "")[:SHORT],
        name=_name(survey.path(folder.number)),
        messages=folder.messages,
        changes=folder.changes,
        since=steps[0].at if steps else None,
    )


def _name(raw: str) -> str:
    name = parse_folder_path(raw).name
    text = f"{name.mailbox}@{name.domain}: {name.folder or name.mailbox}" if name else raw
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
