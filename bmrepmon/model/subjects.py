"""What frames are about: a command, and a partition, each with all that is counted of it in one place.

A frame finds its subject once and counts there. A table for each thing that is counted, in which the name was looked up
each time, took a sixth of the time that a log takes.
"""

from collections.abc import Iterator

from bmrepmon.model.durations import Durations
from bmrepmon.model.log_activity import Histogram, LogActivity
from bmrepmon.model.log_events import COMMANDS

MAX_PARTITIONS = 1000  # names that are kept apart; every further one is counted under the empty name
NEVER = float("-inf")

APPLY_MAILBOX = "APPLY MAILBOX"
_APPLYING = frozenset(name for name in COMMANDS if name.startswith("APPLY"))


class CommandTally:
    """What is counted of one command."""

    __slots__ = ("applies", "asked", "durations", "name", "refused", "took")

    def __init__(self, name: str, asked: int, refused: int, histogram: Histogram) -> None:
        """Go on from what was counted."""
        self.name = name
        self.applies = name in _APPLYING  # whether it changes something
        self.asked = asked
        self.refused = refused
        self.durations = Durations(histogram)
        self.took = self.durations.pending.append  # takes the seconds of one answer; ``settle`` counts them


class CommandTallies(dict[str, CommandTally]):
    """Every command that was met, by its name."""

    def __init__(self, activity: LogActivity) -> None:
        """Go on from ``activity``."""
        super().__init__()
        for name in {**activity.commands, **activity.refused, **activity.durations}:
            histogram = activity.durations.get(name, Histogram())
            self[name] = CommandTally(name, activity.commands.get(name, 0), activity.refused.get(name, 0), histogram)

    def __missing__(self, name: str) -> CommandTally:
        self[name] = CommandTally(name, 0, 0, Histogram())
        return self[name]

    def settle(self) -> None:
        """Count the durations that are pending."""
        for command in self.values():
            command.durations.settle()

    def asked(self) -> dict[str, int]:
        """Return how often each was asked."""
        return {name: command.asked for name, command in self.items() if command.asked}

    def refused(self) -> dict[str, int]:
        """Return how often each was refused."""
        return {name: command.refused for name, command in self.items() if command.refused}

    def histograms(self) -> dict[str, Histogram]:
        """Return how long each took, where an answer was seen."""
        found = {name: command.durations.histogram() for name, command in self.items()}
        return {name: histogram for name, histogram in found.items() if histogram.count}


class PartitionTally:
    """What is counted of one partition: APPLY MAILBOX commands, and when the last of them came. Times may be NEVER."""

    __slots__ = ("applied_at", "applies", "name", "ok_at", "probe_applied_at")

    def __init__(self, name: str) -> None:
        """Begin with nothing."""
        self.name = name
        self.applies = 0
        self.applied_at = NEVER  # probe excluded
        self.probe_applied_at = NEVER
        self.ok_at = NEVER  # answered OK, probe included


class PartitionTallies:
    """Every partition that was met: as many as there is room for, and the others as one without a name."""

    def __init__(self, activity: LogActivity) -> None:
        """Go on from ``activity``."""
        self._known: dict[str, PartitionTally] = {}
        self.logged: dict[bytes, PartitionTally] = {}  # the same, by their names as logged, where these are plain
        for name, applies in activity.apply_mailbox.items():
            self._of(name).applies = applies
        for name, at in activity.last_apply_at.items():
            self._of(name).applied_at = at
        for name, at in activity.last_probe_apply_at.items():
            self._of(name).probe_applied_at = at
        for name, at in activity.last_ok_at.items():
            self._of(name).ok_at = at

    def named(self, name: str) -> PartitionTally:
        """Return the partition of this name, or the one without a name when there is no room for another."""
        known = self._known.get(name)
        return known or self._of(name if len(self._known) < MAX_PARTITIONS else "")

    def as_logged(self, name: bytes) -> PartitionTally:
        """Return the partition of a plain name in ASCII; ``logged`` knows it from now on, if there is room."""
        found = self.named(name.decode("ascii"))
        if found.name:
            self.logged[name] = found
        return found

    def applies(self) -> dict[str, int]:
        """Return how many commands each had."""
        return {one.name: one.applies for one in self if one.applies}

    def applied_at(self) -> dict[str, float]:
        """Return when each had its last command, probe excluded."""
        return {one.name: one.applied_at for one in self if one.applied_at > NEVER}

    def probe_applied_at(self) -> dict[str, float]:
        """Return when each had its last command of the probe."""
        return {one.name: one.probe_applied_at for one in self if one.probe_applied_at > NEVER}

    def ok_at(self) -> dict[str, float]:
        """Return when the last one of each was answered OK."""
        return {one.name: one.ok_at for one in self if one.ok_at > NEVER}

    def __iter__(self) -> Iterator[PartitionTally]:
        return iter(self._known.values())

    def _of(self, name: str) -> PartitionTally:
        return self._known.setdefault(name, PartitionTally(name))
