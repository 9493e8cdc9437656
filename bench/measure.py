"""Two ways to one answer, run in turn."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

Way = Callable[[], object]  # does the work once and returns its answer


class Differs(Exception):  # noqa: N818 - named for what is wrong
    """The two ways did not give the same answer, so that their times say nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table: ``ours`` and what it is compared with."""

    name: str
    peer_name: str
    ours: Way
    peer: Way


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds of all runs of a case, in the order in which they were made."""

    case: Case
    ours: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of ours, divided by that of the peer."""
        return statistics.median(self.ours) / statistics.median(self.peer)


def compare(case: Case, runs: int) -> Result:
    """Run both once to warm up, then in turn, ``runs`` times each.

    Raises:
        Differs: in any run.
    """
    seconds = [_turn(case) for _ in range(runs + 1)][1:]
    return Result(case, tuple(ours for ours, _ in seconds), tuple(peer for _, peer in seconds))


def _turn(case: Case) -> tuple[float, float]:
    ours, our_answer = _timed(case.ours)
    peer, peer_answer = _timed(case.peer)
    if our_answer != peer_answer:
        raise Differs(f"{case.name}: ours says {our_answer}, {case.peer_name} says {peer_answer}")
    return ours, peer


def _timed(way: Way) -> tuple[float, object]:
    begun = perf_counter()
    answer = way()
    return perf_counter() - begun, answer
