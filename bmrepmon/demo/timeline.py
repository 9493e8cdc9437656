"""Simulated time: processes are generators that yield how long, or for what, they wait.

Nothing here knows the wall clock, and events of one moment keep the order in which they were made, so that the same
processes always tell the same story, in however many steps the time is advanced.
"""

import heapq
import itertools
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Signal:
    """Something that processes can wait for; firing it wakes all who wait now."""

    waiting: "list[tuple[Task, int]]" = field(default_factory=list)


Wish = float | Signal | tuple[Signal, float]
"""Wait so many seconds, for a signal, or for a signal but not longer than that."""

Process = Generator[Wish, None, T]


@dataclass(slots=True, eq=False)
class Task:
    """One running process; the turn makes a wake-up that came second, after a time-out or a signal, harmless."""

    process: Process[None]
    turn: int = 0


class Timeline:
    """The events to come, soonest first."""

    def __init__(self, epoch: float, speed: float = 1.0) -> None:
        """Begin at Unix time ``epoch``; ``speed`` simulated seconds pass in one second of the stamps."""
        self.now = 0.0  # simulated seconds since the beginning
        self.epoch = epoch
        self.speed = speed
        self._order = itertools.count()
        self._events: list[tuple[float, int, Task, int]] = []

    @property
    def stamp(self) -> float:
        """The present as Unix time: what the simulated server writes into files, rows and lines."""
        return self.epoch + self.now / self.speed

    def anchor(self, now: float) -> None:
        """Make the present be Unix time ``now``; what was written before keeps its stamps."""
        self.epoch = now - self.now / self.speed

    def milliseconds(self, simulated: float) -> int:
        """Turn a simulated duration into the milliseconds that the stamps will show for it."""
        return round(simulated / self.speed * 1000)

    def spawn(self, process: Process[None], after: float = 0.0) -> Task:
        """Begin a process now, or ``after`` some simulated seconds."""
        task = Task(process)
        self._schedule(task, after)
        return task

    def fire(self, signal: Signal) -> None:
        """Wake all who wait for the signal."""
        waiting, signal.waiting = signal.waiting, []
        for task, turn in waiting:
            if turn == task.turn:
                self._schedule(task, 0.0)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass, and happen what falls into it."""
        end = self.now + seconds
        while self._events and self._events[0][0] <= end:
            self.now, _, task, turn = heapq.heappop(self._events)
            if turn == task.turn:
                self._resume(task)
        self.now = end

    def _resume(self, task: Task) -> None:
        task.turn += 1
        try:
            wish = next(task.process)
        except StopIteration:  # it has ended, or was closed from outside: a dead process
            return
        signal, seconds = wish if isinstance(wish, tuple) else (wish, None)
        if isinstance(signal, Signal):
            signal.waiting.append((task, task.turn))
        else:
            seconds = signal
        if seconds is not None:
            self._schedule(task, seconds)

    def _schedule(self, task: Task, after: float) -> None:
        heapq.heappush(self._events, (self.now + after, next(self._order), task, task.turn))


def kill(task: Task | None) -> None:
    """End a process where it stands; it must not be the one that runs."""
    if task is not None:
        task.process.close()
