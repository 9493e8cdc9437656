"""The folders that are furthest behind, found among those that are behind without a look at all the others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import nsmallest

from bmrepmon.model.lag import Behind, FolderComparison
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.survey import FolderSurvey, key_of, unique_id_of
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
    """Return the folders of a backend that lack most messages, then most changes; None before any comparison."""
    comparison = next((backend.folders for backend in snapshot.backends if backend.name == name), None)
    if comparison is None:
        return None
    waits = snapshot.state.durable.waits.get(name, {})
    first = nsmallest(most, comparison.behind, key=lambda folder: tuple(-n for n in missing(folder)))
    places = find(comparison.survey, {folder.key for folder in first})
    return Worst(comparison.lag_folders, tuple(_told(folder, comparison, places, waits) for folder in first))


def missing(folder: Behind) -> tuple[int, int]:
    """Return how many messages and changes have not arrived."""
    uids, modseqs = folder.last_uid - folder.position.last_uid, folder.highest_modseq - folder.position.highest_modseq
    return max(0, uids), max(0, modseqs)


def find(survey: FolderSurvey, keys: Collection[bytes]) -> Mapping[bytes, int]:
    """Return the number of each folder that has one of these keys."""
    if not keys:
        return {}
    return {key_of(row): n for n, row in enumerate(survey.rows) if type(row) is bytes and key_of(row) in keys}


def _told(folder: Behind, comparison: FolderComparison, places: Mapping[bytes, int], waits: Waits) -> WorstFolder:
    survey, number = comparison.survey, places[folder.key]
    steps = waits.get(folder.key.hex())
    row = survey.rows[number]
    unique_id = unique_id_of(row) if type(row) is bytes else ""
    return WorstFolder(unique_id[:SHORT], _name(survey.path(number)), *missing(folder), steps[0].at if steps else None)


def _name(raw: str) -> str:
    name = parse_folder_path(raw).name
    text = f"{name.mailbox}@{name.domain}: {name.folder or name.mailbox}" if name else raw
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
