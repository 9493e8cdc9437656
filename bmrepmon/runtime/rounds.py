"""Rounds of sources, each in a daemon thread of its own: a read of a disk that hangs keeps no process for ever."""

import threading
from collections.abc import Callable, Collection, Iterable

from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.logger import log
from bmrepmon.runtime.poller import Poller

CLOSE_WITHIN = 5.0  # seconds, for all sources together, once every round has ended or was given up


class Rounds:
    """The threads in which rounds run, by name. A new thread costs some 50 microseconds."""

    def __init__(self, left: Iterable[threading.Thread] = ()) -> None:
        """Remember rounds that were ``left`` behind; nothing runs yet."""
        self._threads = {thread.name: thread for thread in left}

    def begin(self, action: Callable[[], object], name: str) -> threading.Thread:
        """Run ``action``, remembered under ``name``, once the round of that name that was left behind has ended."""
        before = self._threads.get(name)

        def in_turn() -> None:
            if before:
                before.join()
            action()

        self._threads[name] = begin(in_turn, name)
        return self._threads[name]

    def running(self) -> tuple[threading.Thread, ...]:
        """Return the threads that have not ended."""
        return tuple(thread for thread in tuple(self._threads.values()) if thread.is_alive())

    def close(self, pollers: Iterable[Poller], clock: Clock, within: float) -> bool:
        """Close every source, wait up to ``within`` seconds; tell whether all rounds ended.

        What hangs is named in the log and left behind in its daemon thread.
        """
        end = clock.steady() + min(within, CLOSE_WITHIN)  # what hangs leaves time to those who save
        closing = [begin(poller.source.close, f"close {poller.name}") for poller in pollers]
        join(closing, clock, end)
        join(self.running(), clock, end)
        if left := self.running():
            names = ", ".join(thread.name for thread in left)
            log.warning("sources that did not end in time are left behind", sources=names)
        return not left


def read_once(pollers: Collection[Poller], clock: Clock, within: float) -> tuple[str, ...]:
    """Read every source once, all at the same time, and close it; name those that took longer than ``within`` seconds.

    They get a reading with the reason ``timeout``.
    """
    rounds, end = Rounds(), clock.steady() + within
    begun = [(poller, rounds.begin(poller.run, poller.name)) for poller in pollers]
    join([thread for _, thread in begun], clock, end)
    late = [poller for poller, thread in begun if thread.is_alive()]
    for poller in late:
        poller.give_up()
    rounds.close(pollers, clock, CLOSE_WITHIN)
    return tuple(poller.name for poller in late)


def begin(action: Callable[[], object], name: str) -> threading.Thread:
    """Run ``action`` in a thread that nobody has to wait for."""
    thread = threading.Thread(target=action, name=name, daemon=True)
    thread.start()
    return thread


def join(threads: Iterable[threading.Thread], clock: Clock, end: float) -> None:
    """Wait for threads, until ``end`` (steady seconds) at most."""
    for thread in threads:
        thread.join(max(0.0, end - clock.steady()))
