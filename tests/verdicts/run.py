"""Plays histories, and notes what was said about them, by us and by the rivals."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import cos, pi

from verdicts.histories import BEGIN, DAY, HOUR, MINUTE, STALLS, Cue, History, make_server
from verdicts.monitor import Monitor
from verdicts.rivals import Burrow, ZeroRate
from verdicts.world import POLL, Server, Trouble, core_starts, session_starts

from bmrepmon.demo.chance import chance as draw
from bmrepmon.model.log_events import Failure, LogEvent, Reply

STEP, CALM_STEP = 10.0, 30.0  # seconds between two judgements: as the daemon does, and where nothing happens
NEAR = (MINUTE, 20 * MINUTE)  # before and after a cue
SETTLED = 5 * MINUTE  # after which the reason must be the right one
CHANGES = {  # of the world, by the act that brings them
    **{wrong.cause: wrong.trouble for wrong in STALLS},
    "core stops": Trouble(no_session=True, not_listening=True),
    "core is ready": Trouble(no_session=True),
    "client leaves": Trouble(no_session=True),
    "log away": Trouble(log_away=True),
    "log back": Trouble(),
    "count fails": Trouble(database_away=True),
}
Rings = dict[str, bool]  # who rings


@dataclass(slots=True)
class Outcome:
    """What came of one history."""

    kind: str
    seconds: float
    judgements: int = 0
    criticals: int = 0  # times that somebody was woken for nothing
    rate_rings: int = 0
    burrow_rings: int = 0
    found_after: float | None = None  # seconds from the last progress, or the first work after it
    right_reason: bool | None = None
    rate_found: float | None = None
    burrow_found: float | None = None
    states: dict[str, int] = field(default_factory=dict)
    noise: list[str] = field(default_factory=list)  # of each false alarm: when and why


class Play:
    """One history while it is played."""

    def __init__(self, history: History) -> None:
        """Stand at its beginning."""
        self.history = history
        self.shift = 0.0
        self.monitor = Monitor(history.servers, BEGIN)
        self._cues = sorted(history.cues)
        self._said: list[LogEvent] = []
        self._rates = [(server.mail, server.flags) for server in history.servers]
        self._slow_at = 0.0

    def steps(self) -> Iterator[tuple[float, float, list[LogEvent]]]:
        """Yield after each judgement: seconds since the beginning, wall-clock time, what was logged."""
        at = 0.0
        while at < self.history.seconds:
            step = STEP if any(cue.at - NEAR[0] <= at <= cue.at + NEAR[1] for cue in self.history.cues) else CALM_STEP
            begin, at = at, at + step
            while self._cues and self._cues[0].at <= begin:
                self._act(self._cues.pop(0), begin)
            if self.history.office:
                self._go_to_work(at)
            events, self._said = self._said, []
            for server in self.history.servers:
                events += server.live(BEGIN + self.shift + begin, BEGIN + self.shift + at)
            events += self._complaints(BEGIN + self.shift + at)
            slow = at >= self._slow_at
            self._slow_at = at + POLL if slow else self._slow_at
            self.monitor.look(events, BEGIN + self.shift + at, slow=slow)
            yield at, BEGIN + self.shift + at, events

    def _act(self, cue: Cue, at: float) -> None:
        server, now = self.history.servers[cue.server], BEGIN + self.shift + at
        if cue.act in CHANGES:
            server.trouble = replace(CHANGES[cue.act])
            self._said += core_starts(now) if cue.act == "core is ready" else []
        elif cue.act == "mend":
            self._said += session_starts(now) if server.trouble.no_session else []
            server.trouble = Trouble()
        elif cue.act == "burst":
            server.batch = 20
            for folder in server.folders:
                folder.change(now, messages=200)
        elif cue.act == "daemon restarts":
            self.monitor.restart(now)
        else:
            self.shift += float(cue.act.removeprefix("clock "))

    def _complaints(self, at: float) -> list[LogEvent]:
        wrong = self.history.stall
        if wrong and wrong.says and self.history.servers[0].trouble == wrong.trouble:
            return [Failure(at, wrong.says)]
        return []

    def _go_to_work(self, at: float) -> None:
        """Let three of four messages come in office hours."""
        busy = max(0.02, (1 - cos(2 * pi * at / DAY)) / 2) ** 3
        for server, (mail, flags) in zip(self.history.servers, self._rates, strict=True):
            server.mail, server.flags = mail * busy, flags * busy


def play(history: History) -> Outcome:
    """Play a history to its end."""
    outcome, playing = Outcome(history.kind, history.seconds), Play(history)
    rate, burrow = ZeroRate(), Burrow()
    before: Rings = {"us": False, "rate": False, "burrow": False}
    for at, now, events in playing.steps():
        outcome.judgements += 1
        watch_rivals(history.servers, events, burrow, now)
        rings: Rings = {
            "us": False,
            "rate": rate.look(now, applied=any(isinstance(event, Reply) and event.status == "ok" for event in events)),
            "burrow": burrow.look(now, {id(f): f.modseq for s in history.servers for f in (s.probe, *s.folders)}),
        }
        for server in history.servers:
            verdict = playing.monitor.trail(server).verdict
            if verdict:
                outcome.states[verdict.finding.state] = outcome.states.get(verdict.finding.state, 0) + 1
                rings["us"] |= verdict.severity == "critical"
                if verdict.severity == "critical" and not before["us"] and not during(history, at):
                    outcome.noise.append(f"{at / HOUR:.2f} h: {verdict.finding.state}/{verdict.finding.reason}")
        note(outcome, playing, at, rings, before)
        before = rings
    return outcome


def during(history: History, at: float) -> bool:
    """Tell whether a stall lasts at a time, or has just been mended."""
    wrong = history.stall
    return wrong is not None and history.stalled_at <= at <= history.stalled_at + wrong.lasts + 10 * MINUTE


def note(outcome: Outcome, playing: Play, at: float, rings: Rings, before: Rings) -> None:
    """Count alarms: for nothing, or of the stall."""
    history = playing.history
    if not during(history, at):
        outcome.criticals += rings["us"] and not before["us"]
        outcome.rate_rings += rings["rate"] and not before["rate"]
        outcome.burrow_rings += rings["burrow"] and not before["burrow"]
        return
    wrong, (server, *_) = history.stall, history.servers
    if wrong is None or at > history.stalled_at + wrong.lasts:
        return
    since = at - history.stalled_at
    verdict = playing.monitor.trail(server).verdict
    if verdict and verdict.finding.state == wrong.state and outcome.found_after is None:
        outcome.found_after = since if server.probes else min(since, work_waits(server, playing, at))
    if outcome.found_after is not None and verdict and verdict.finding.state == wrong.state:
        settled = since >= outcome.found_after + SETTLED
        if settled and outcome.right_reason is None:
            outcome.right_reason = verdict.finding.reason in wrong.reasons
    outcome.rate_found = outcome.rate_found or (since if rings["rate"] else None)
    outcome.burrow_found = outcome.burrow_found or (since if rings["burrow"] else None)


def work_waits(server: Server, playing: Play, at: float) -> float:
    """Return for how long there has been something that does not arrive: without a probe nothing shows before."""
    waiting = [folder.dirty_since for folder in server.folders if folder.dirty_since is not None]
    return BEGIN + playing.shift + at - min(waiting) if waiting else float("inf")


def watch_rivals(servers: list[Server], events: list[LogEvent], burrow: Burrow, now: float) -> None:
    """Let Burrow see what was committed: folders that were applied OK."""
    if any(isinstance(event, Reply) and event.status == "ok" for event in events):
        for server in servers:
            for folder in (server.probe, *server.folders):
                known = burrow.commits.get(id(folder))
                if folder.arrived_modseq and (not known or known[-1].offset != folder.arrived_modseq):
                    burrow.commit(id(folder), now, folder.arrived_modseq, folder.modseq)


def eta_errors(seed: int, number: int) -> list[float]:
    """Play a migration at a steady rate; return how far off each time to drained was, after a tenth of it."""
    chance = draw(seed, f"eta {number}")
    mail, batch = chance.choice((0.0, 0.2)), chance.choice((20, 50))
    server = make_server(chance, mail=mail, batch=batch, capacity=1.0, latency=0.5)
    for folder in server.folders:
        folder.change(BEGIN, messages=chance.randint(1500, 6000))
    playing = Play(History("migration", 12 * HOUR, [server]))
    whole, told = left(server), list[tuple[float, float]]()
    for at, now, _ in playing.steps():
        (backend,) = playing.monitor.snapshot(now).backends
        if left(server) <= whole * 0.9 and backend.eta:
            told.append((at, backend.eta.likely))
        if left(server) <= 5:
            return [abs(at - when - likely) / (at - when) for when, likely in told if at - when > 2 * MINUTE]
    return []


def left(server: Server) -> int:
    """Return how many messages have not arrived."""
    return sum(folder.last_uid - folder.arrived_uid for folder in server.folders)
