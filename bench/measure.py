"""Two ways to one answer, run in turn."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")

Way = Callable[[], Any]  # does the work once and returns its answer
Reading = Callable[[Any], object]  # what an answer says, in the words that both ways have; not timed


class Differs(Exception):  # noqa: N818 - named for what is wrong
    """The two ways did not give the same answer, so that their times say nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is compared: ``ours`` and its peer."""

    name: str
    peer_name: str
    ours: Way
    peer: Way
    our_words: Reading = lambda answer: answer
    peer_words: Reading = lambda answer: answer


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
    ours, our_answer = timed(case.ours)
    peer, peer_answer = timed(case.peer)
    said, told = str(case.our_words(our_answer)), str(case.peer_words(peer_answer))
    if said != told:
        raise Differs(f"{case.name}: {_difference(said, told, case.peer_name)}")
    return ours, peer


def _difference(ours: str, peer: str, peer_name: str) -> str:
    """Show where two answers begin to differ; some are long."""
    at = next((at for at, (one, other) in enumerate(zip(ours, peer, strict=False)) if one != other), 0)
    at = max(0, at - 40)
    return f"ours says {ours[at : at + 200]}, {peer_name} says {peer[at : at + 200]}"


def timed(way: Callable[[], T]) -> tuple[float, T]:
    """Do something once; return the seconds and the answer."""
    begun = perf_counter()
    answer = way()
    return perf_counter() - begun, answer
