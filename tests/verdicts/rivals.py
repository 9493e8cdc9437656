"""Two usual ways to tell a stall, from their published descriptions, on the same histories."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

RATE_WINDOW, RATE_FOR = 300.0, 900.0  # seconds: rate(apply[5m]) == 0 for 15m
RING = 10  # commits that Burrow keeps of a partition


@dataclass(slots=True)
class ZeroRate:
    """``rate(bmrepmon_apply_mailbox_total[5m]) == 0 for 15m``."""

    last: float | None = None  # when the counter rose last
    zero_since: float | None = None

    def look(self, at: float, *, applied: bool) -> bool:
        """Tell whether it rings."""
        if applied or self.last is None:
            self.last = at
        if at - self.last < RATE_WINDOW:
            self.zero_since = None
            return False
        self.zero_since = self.zero_since or at
        return at - self.zero_since >= RATE_FOR


class Commit(NamedTuple):
    """A position that the consumer has told: here, of a folder that was applied."""

    at: float
    offset: int
    lag: int


@dataclass(slots=True)
class Burrow:
    """The rules of Burrow's evaluator (evaluator/caching.go), a folder being a partition, its modseq the offset."""

    commits: dict[int, deque[Commit]] = field(default_factory=dict)
    ends: dict[int, deque[int]] = field(default_factory=dict)  # the last end offsets that were seen

    def commit(self, folder: int, at: float, offset: int, end: int) -> None:
        """Take in a commit."""
        self.commits.setdefault(folder, deque(maxlen=RING)).append(Commit(at, offset, end - offset))

    def look(self, at: float, ends: dict[int, int]) -> bool:
        """Tell whether the group is in error: some partition has stopped, stalled or gone back."""
        for folder, end in ends.items():
            self.ends.setdefault(folder, deque(maxlen=RING)).append(end)
        return any(self._bad(folder, at, end) for folder, end in ends.items())

    def _bad(self, folder: int, at: float, end: int) -> bool:
        commits = self.commits.get(folder)
        if not commits or end - commits[-1].offset <= 0:  # nothing known, or nothing behind
            return False
        silent = at - commits[-1].at > commits[-1].at - commits[0].at
        if silent and not any(known <= commits[-1].offset for known in self.ends[folder]):
            return True  # it has stopped
        if any(later.offset < earlier.offset for earlier, later in zip(commits, list(commits)[1:], strict=False)):
            return True  # it went back
        if any(commit.lag <= 0 for commit in commits):
            return False
        return len(commits) == RING and commits[0].offset == commits[-1].offset  # it does not move
