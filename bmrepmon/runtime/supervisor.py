"""Starts the daemon's threads in order, watches that each one lives, stops them in reverse."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from bmrepmon.runtime.bell import Bell
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.logger import log
from bmrepmon.runtime.notify import Notifier

LOOK_EVERY = 2.0  # seconds between two looks at the members
SILENCE = 60.0  # seconds without a beat after which a member counts as dead
STOP_WITHIN = 9.0  # seconds for all members together: systemd and people are promised ten


class Member(Protocol):
    """A part of the daemon with a thread of its own."""

    @property
    def name(self) -> str:
        """How it is called in the log and at /-/healthy."""

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""

    @property
    def last_beat(self) -> float:
        """When its loop last came round, in steady seconds."""

    def start(self) -> None:
        """Begin, and return once it works; once more after its thread has died. RuntimeError: it cannot begin anew."""

    def stop(self, deadline: float) -> bool:
        """End within ``deadline`` seconds; tell whether it did."""


class Supervisor:
    """Holds the members; the first in the sequence starts first and stops last."""

    def __init__(self, members: Sequence[Member], clock: Clock, notifier: Notifier) -> None:
        """Take the members; nothing runs yet."""
        self._members = members
        self._clock = clock
        self._notifier = notifier
        self._started: list[Member] = []
        self._restarted: set[str] = set()
        self._stopping = False
        self._asked: Callable[[], None] | None = None
        self._woken = Bell()

    def request_stop(self) -> None:
        """Ask ``run`` to end; safe in a signal handler."""
        self._stopping = True
        self._woken.ring()

    def request(self, change: Callable[[], None]) -> None:
        """Ask ``run`` to make a change between two looks, the last one asked for; safe in a signal handler."""
        self._asked = change
        self._woken.ring()

    def silent(self) -> tuple[str, ...]:
        """Name the members whose thread is gone or whose loop no longer comes round."""
        now = self._clock.steady()
        return tuple(m.name for m in self._started if not m.alive or now - m.last_beat > SILENCE)

    def run(self, ready: Callable[[], None] = lambda: None) -> int:
        """Start, watch until a stop is asked for or a member dies, stop; return the exit code.

        ``ready`` is called once every member works.
        """
        try:
            self._start()
            self._notifier.send("READY=1")
            ready()
            return self._watch()
        finally:
            self._stop()

    def _start(self) -> None:
        for member in self._members:
            member.start()
            self._started.append(member)

    def replace(self, old: Sequence[Member], renew: Callable[[], Sequence[Member]]) -> None:
        """Stop ``old``, and start what ``renew`` then returns in their place; only for a change that was asked for."""
        end = self._clock.steady() + STOP_WITHIN
        place = self._started.index(old[0])
        self._started = [member for member in self._started if member not in old]
        for member in reversed(old):
            self._end(member, end)
        for member in renew():
            member.start()
            self._restarted.discard(member.name)
            self._started.insert(place, member)
            place += 1

    def _watch(self) -> int:
        """Feed systemd's watchdog for as long as every loop beats."""
        while not self._stopping:
            self._woken.wait(LOOK_EVERY)
            self._change()
            self._revive()
            if silent := self.silent():
                log.error("a part of bmrepmon has died; ending so that systemd starts it anew", parts=", ".join(silent))
                return 1
            self._notifier.send("WATCHDOG=1")
        return 0

    def _change(self) -> None:
        change, self._asked = self._asked, None
        if change and not self._stopping:
            self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
            change()
            self._notifier.send("READY=1")

    def _revive(self) -> None:
        """Start each member whose thread has died once more, and never again: what dies twice has a reason."""
        for member in self._started:
            if not member.alive and member.name not in self._restarted:
                self._restarted.add(member.name)
                log.error("a part of bmrepmon has died; starting it once more", part=member.name)
                with suppress(RuntimeError):
                    member.start()

    def _stop(self) -> None:
        self._notifier.send("STOPPING=1")
        end = self._clock.steady() + STOP_WITHIN
        while self._started:
            self._end(self._started.pop(), end)

    def _end(self, member: Member, end: float) -> None:
        if not member.stop(max(0.1, end - self._clock.steady())):
            log.warning("did not end in time and is left behind", part=member.name)
