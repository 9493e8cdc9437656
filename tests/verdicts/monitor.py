"""The daemon without its threads: events and readings go through its reducer, and its rules judge what comes out."""

from verdicts.world import LOOK, Server, kernel_sees, log_state

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.log_events import LogEvent
from bmrepmon.model.log_tally import LogTally
from bmrepmon.model.readings import Reading
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import Event, LogAdvanced, State, reduce
from bmrepmon.model.verdict.gather import judge_all
from bmrepmon.model.verdict.states import Trail
from bmrepmon.model.verdict.thresholds import Thresholds


class Monitor:
    """Watches some servers."""

    def __init__(self, servers: list[Server], at: float, limits: Thresholds | None = None) -> None:
        """Begin at a time with nothing known."""
        self._servers, self._limits = servers, limits or Thresholds()
        several = len(servers) > 1
        self._facts = tuple(
            BackendFacts(server.name, (f"192.0.2.{number}",) if several else (), server.sessions)
            for number, server in enumerate(servers, 1)
        )
        self._tally = LogTally(LogActivity())
        self.state = State(started_at=at)

    def restart(self, at: float) -> None:
        """Begin anew with what a daemon saves."""
        self.state = State(started_at=at, durable=self.state.durable)

    def look(self, events: list[LogEvent], at: float, *, slow: bool) -> None:
        """Take in what has happened until ``at``, and judge."""
        counts = log_state(self._servers)
        if counts.exists:
            for event in events:
                self._tally.add(event)
        self._take(LogAdvanced("log", self._tally.activity(), counts, LOOK))
        self._take(Reading("log", "", at, 0.0, None, counts.reason, counts.reason))
        self._take(kernel_sees(self._servers, at))
        for server in self._servers:
            for reading in server.looks(at, slow=slow):
                self._take(reading)
        self._take(judge_all(self.snapshot(at), self._limits))

    def snapshot(self, at: float) -> Snapshot:
        """Return what would be published."""
        return derive(self.state, self._facts, at)

    def trail(self, server: Server) -> Trail:
        """Return the verdict on a server, with what led to it."""
        return self.state.durable.trails[server.name]

    def _take(self, event: Event) -> None:
        self.state = reduce(self.state, event)
