"""Watches a server with the daemon's own sources, reducer and log followers, and notes what the rules were shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bmrepmon.app.judging import snapshots
from bmrepmon.app.observing import followers, log_positions, sources
from bmrepmon.config.installation import Installation
from bmrepmon.model.state import Durable, State
from bmrepmon.model.verdict.gather import gather, judge_all
from bmrepmon.model.verdict.thresholds import Thresholds
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.waker import ManualWaker
from histories.table import Row

JUDGE_EVERY = 10  # seconds, as the daemon does
ROUNDS = {"probe": 1, "backlog": 10, "sessions": 10, "folders": 30, "database": 30}  # seconds between two
LIMITS = Thresholds()


@dataclass
class Recorder:
    """A daemon without threads; ``look`` is called once a second."""

    installation: Installation
    clock: Clock
    rows: list[Row] = field(default_factory=list)
    _seconds: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing known."""
        self.begun = self.clock.steady()
        self._start(Durable())

    def restart(self) -> None:
        """End the daemon and begin another, with what was saved."""
        durable = self._keeper.state.durable
        self.close()
        self._start(durable)

    def look(self) -> None:
        """Read the log and whatever is due, and judge when it is time."""
        self._logs.read_to_end()
        for poller in self._pollers:
            if self._seconds % ROUNDS[poller.source.name] == 0:
                poller.run()
        if self._seconds % JUDGE_EVERY == 0:
            self.rows += self._judge()
        self._seconds += 1

    def close(self) -> None:
        """Close all that is open."""
        self._logs.stop(0)
        for poller in self._pollers:
            poller.source.close()

    def _start(self, durable: Durable) -> None:
        self._keeper = keeper = Keeper(replace(State(started_at=self.clock.now()), durable=durable))
        self._logs = LogLoop(tuple(followers(self.installation, durable)), ManualWaker(), keeper.apply, self.clock)
        known = sources(self.installation, log_positions(self.installation, self._logs, keeper), self.clock)
        self._pollers = [Poller(s, keeper.apply, self.clock) for s, _ in known if s.name in ROUNDS]
        self._snapshot = snapshots(self.installation, keeper, self.clock)

    def _judge(self) -> Iterator[Row]:
        snapshot = self._snapshot()
        for backend in snapshot.backends:
            at = self.clock.steady() - self.begun
            yield Row(round(at), snapshot.at, backend.name, gather(snapshot, backend, LIMITS))
        self._keeper.apply(judge_all(snapshot, LIMITS))
