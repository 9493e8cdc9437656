"""Since when folders are behind, and how old the oldest change is that is known not to be replicated."""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import NamedTuple

from bmrepmon.model.frozen import frozen
from bmrepmon.model.lag import Behind
from bmrepmon.model.positions import Position

STEPS = 8  # of one folder that are kept
FOLDERS = 10_000  # that are kept, those that wait longest: a stall of a whole server must not fill the state file


class Step(NamedTuple):
    """What a folder had reached at a time and its replica has not reached yet."""

    at: float  # Unix seconds
    highest_modseq: int
    last_uid: int


Waits = Mapping[str, tuple[Step, ...]]  # by the folder's key in hex, oldest step first


def wait_on(before: Waits, behind: Iterable[Behind], at: float) -> Waits:
    """Return since when each folder that is ``behind`` at time ``at`` waits for what.

    A busy folder is behind at every look without any of its changes being late: so what counts is not since when it is
    behind, but since when it waits for a change that has not arrived yet. Of a folder seen behind for the first time
    the last write to its index tells: at least that change is that old.
    """
    waits = {folder.key.hex(): _steps(before.get(folder.key.hex(), ()), folder, at) for folder in behind}
    if len(waits) > FOLDERS:
        waits = dict(nsmallest(FOLDERS, waits.items(), key=lambda item: item[1][0].at))
    return frozen(waits)


def oldest_wait(waits: Waits) -> float | None:
    """Return since when the change waits that waits longest (Unix seconds); None when nothing waits."""
    return min((steps[0].at for steps in waits.values()), default=None)


def still(before: Mapping[str, float], keys: Iterable[bytes], at: float) -> Mapping[str, float]:
    """Return since when each of these folders has been seen at every look."""
    return frozen({key.hex(): before.get(key.hex(), at) for key in keys})


def _steps(before: tuple[Step, ...], folder: Behind, at: float) -> tuple[Step, ...]:
    steps = [step for step in before if not _reached(folder.position, step)]
    if not steps or (folder.highest_modseq, folder.last_uid) > steps[-1][1:]:
        steps.append(Step(min(at, folder.changed_at), folder.highest_modseq, folder.last_uid))
    if len(steps) > STEPS:
        del steps[1:-1:2]  # the first tells the age, the last what was seen; those between only how it goes down
    return tuple(steps)


def _reached(position: Position, step: Step) -> bool:
    return position.highest_modseq >= step.highest_modseq and position.last_uid >= step.last_uid
