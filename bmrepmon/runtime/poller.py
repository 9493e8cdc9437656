"""Guards one source: whatever happens in a round becomes a reading, and what is new in it is told in the log once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from bmrepmon.model.readings import NO_FAILURES, Partial, Reading, RoundStarted, Source, SourceError
from bmrepmon.model.state import Event
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.logger import log

HANGS_AFTER = 60.0  # seconds of a round after which it is reported as hanging
HANGS_TIMES = 3  # a source whose good rounds are long is given so many times the last one


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One round of a source; no two are equal."""

    at: float  # Unix seconds
    begun: float  # steady seconds


class Poller:
    """Runs rounds of one source, one at a time."""

    def __init__(self, source: Source, apply: Callable[[Event], object], clock: Clock) -> None:
        """Take the source, and what events are given to; nothing is read yet."""
        self.source = source
        self.last_beat = clock.steady()
        self._apply = apply
        self._clock = clock
        self._lock = threading.Lock()  # between the thread that reads and the one that gives up on it
        self._round: Round | None = None
        self._told: str | None = None  # the failure that the log knows of
        self._deadline = HANGS_AFTER  # seconds
        self._hanging: Round | None = None  # the round that was reported

    @property
    def name(self) -> str:
        """How people call it: ``spool of bm-master``."""
        return f"{self.source.name} of {self.source.backend}" if self.source.backend else self.source.name

    def run(self) -> None:
        """Do one round; raises nothing, whatever the source does."""
        self._round = this = Round(self._clock.now(), self._clock.steady())
        self.last_beat = this.begun
        self._apply(RoundStarted(self.source.name, self.source.backend, this.at))
        reading = self._read(this)
        with self._lock:
            if self._round is this:
                self._finish(reading)
        self.last_beat = self._clock.steady()

    def give_up(self) -> None:
        """End the round that runs, with the reason ``timeout``; what it may still bring comes too late."""
        with self._lock:
            if self._round is not None:
                way_out = "see whether its disk or server answers"
                error = f"{self.name}: no answer after {self._lasted(self._round):.0f} s; {way_out}"
                self._finish(self._failed(self._round, SourceError("timeout", error)))

    def check(self) -> None:
        """Report the round that runs, once, when it has outlived its deadline. It stays shown as running since then.

        What it brings in the end is taken: a walk that was slow is as good as any other.
        """
        with self._lock:
            this = self._round
            if this is None or this is self._hanging or self._lasted(this) < self._deadline:
                return
            self._hanging = this
            error = f"{self.name}: hanging, no answer for {self._lasted(this):.0f} s; see its disk or server"
            reading = self._failed(this, SourceError("hanging", error))
            self._tell(reading)
            self._apply(reading)
            self._apply(RoundStarted(self.source.name, self.source.backend, this.at))

    def _read(self, this: Round) -> Reading:
        try:
            observation = self.source.read()
        except SourceError as error:
            return self._failed(this, error)
        except Exception as bug:  # noqa: BLE001 - of whatever kind: one source must not take the others along
            return self._failed(this, self._bug(bug))
        return Reading(self.source.name, self.source.backend, this.at, self._lasted(this), observation)

    def _failed(self, this: Round, error: SourceError) -> Reading:
        source, lasted = self.source, self._lasted(this)
        seen, progress = (error.observation, error.progress) if isinstance(error, Partial) else (None, None)
        return Reading(source.name, source.backend, this.at, lasted, seen, error.reason, str(error), progress)

    def _lasted(self, this: Round) -> float:
        return self._clock.steady() - this.begun

    def _bug(self, bug: Exception) -> SourceError:
        """Name a bug by its type and places only: its message and variables may hold a password."""
        places = frames(bug.__traceback__)
        ours = [place for place in places if place.startswith("bmrepmon.")] or places
        failure = SourceError("bug", f"{self.name}: this is a bug in bmrepmon: {type(bug).__name__} in {ours[-1]}")
        if self._told != str(failure):
            log.error("traceback of a bug", source=self.name, type=type(bug).__name__, frames=" > ".join(places))
        return failure

    def _finish(self, reading: Reading) -> None:
        self._round = None
        if reading.observation is not None:
            self._deadline = max(HANGS_AFTER, HANGS_TIMES * reading.duration)
        self._tell(reading)
        self._apply(reading)

    def _tell(self, reading: Reading) -> None:
        """Log a failure for another reason than before, or the end of one. A bug's reason is its type and place."""
        failed = reading.reason not in NO_FAILURES
        failure = (reading.error if reading.reason == "bug" else reading.reason) if failed else None
        if failure in (self._told, "stopped"):  # sources are stopped when bmrepmon ends, and only then
            return
        self._told = failure
        if failed:
            log.warning("a source fails", source=self.name, reason=reading.reason, error=reading.error)
        else:
            log.info("a source works again", source=self.name)


def frames(traceback: TracebackType | None) -> list[str]:
    """Return the places of a traceback, outermost first, as ``module:line``, without any value."""
    places = []
    while traceback is not None:
        places.append(f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return places
