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
    """What is compared: ``ours`` and its peer."""

    name: str
    peer_name: str
    ours: Way
    peer: Way


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table: what each run gave, in the order of the runs; ``peer`` is empty where there is none."""

    name: str
    unit: str
    ours: tuple[float, ...]
    peer: tuple[float, ...] = ()
    peer_name: str = ""

    @property
    def ratio(self) -> float | None:
        """The median of ours, divided by that of the peer."""
        return statistics.median(self.ours) / statistics.median(self.peer) if self.peer else None


def compare(case: Case, runs: int) -> Result:
    """Run both once to warm up, then in turn, ``runs`` times each.

    Raises:
        Differs: in any run.
    """
    seconds = [_turn(case) for _ in range(runs + 1)][1:]
    return Result(case.name, "s", tuple(o for o, _ in seconds), tuple(p for _, p in seconds), case.peer_name)


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
