"""bm-core's own latency probe: it changes a hidden share in Cyrus, and waits for the change to come back.

Sources: BlueMind 4.1 (ReplicationLatencyMonitor) and 4.9 (LatencyMonitorWorker), whose lines are in core.log.
"""

from dataclasses import dataclass, field

from bmrepmon.demo.cyrus_index import SEEN
from bmrepmon.demo.folder import Folder
from bmrepmon.demo.mailstore import MailStore
from bmrepmon.demo.replica import Replica
from bmrepmon.demo.replication_log import LINK, Level, LogFile
from bmrepmon.demo.timeline import Process, Signal, Task, Timeline, kill

FIRST_AFTER = 5.0  # seconds; the real one waits a minute
ROUNDING = 0.001  # seconds that sums of floats may lack


@dataclass(frozen=True, slots=True)
class Habit:
    """How one version probes, in seconds."""

    every: float
    patience: float
    logger: str


HABITS = {2019: Habit(20.0, 60.0, "ReplicationLatencyMonitor"), 2022: Habit(10.0, 10.0, "LatencyMonitorWorker")}


@dataclass(slots=True)
class Echo:
    """What the probe of one partition last found."""

    latency: float | None = None  # seconds of the last change that came back
    failures: int = 0
    lost: bool = False  # whether the last one did not


@dataclass(slots=True)
class Probe:
    """The probes of all partitions of a mail server; they run while bm-core does."""

    timeline: Timeline
    store: MailStore
    replica: Replica
    year: int  # of bm-core's sources
    log: LogFile
    applied: Signal
    echoes: dict[str, Echo] = field(default_factory=dict)  # by partition
    _tasks: list[Task] = field(default_factory=list)

    def start(self, shares: list[Folder]) -> None:
        """Probe these hidden shares."""
        for number, share in enumerate(shares):
            self.echoes.setdefault(share.partition, Echo())
            self._tasks.append(self.timeline.spawn(self._run(share), after=FIRST_AFTER + number))

    def stop(self) -> None:
        """End with bm-core."""
        for task in self._tasks:
            kill(task)
        self._tasks.clear()

    def _run(self, share: Folder) -> Process[None]:
        habit, echo = HABITS[self.year], self.echoes[share.partition]
        thread = f"vert.x-worker-thread-{len(self.echoes)}"
        while True:
            uid = min(share.records)
            self.store.flag(share, [uid], SEEN, on=not share.records[uid].flags & SEEN)
            began, goal = self.timeline.now, share.highest_modseq
            while not self._is_back(share, goal) and (left := began + habit.patience - self.timeline.now) > ROUNDING:
                yield self.applied, left
            echo.lost = not self._is_back(share, goal)
            if echo.lost:
                echo.failures += 1
                level, text = self._complaint(share)
                self.log.write(thread, f"{LINK}{habit.logger}", level, text)
            else:
                echo.latency = (self.timeline.now - began) / self.timeline.speed
                text = f"Replication latency is {round(echo.latency * 1000)}ms."
                self.log.write(thread, f"{LINK}{habit.logger}", "INFO", text)
            yield habit.every

    def _is_back(self, share: Folder, goal: int) -> bool:
        known = self.replica.folders.get(share.unique_id)
        return known is not None and known.state.highest_modseq >= goal

    def _complaint(self, share: Folder) -> tuple[Level, str]:
        if self.year >= 2022:
            return "ERROR", "probing failed: Replication latency is > 10sec"
        return "WARN", f"Replication is lagging (>60sec) or broken: {share.name.owner}"
