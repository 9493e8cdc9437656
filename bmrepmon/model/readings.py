"""The seam between sources and everything else: a source is read, a reading comes out."""

from dataclasses import dataclass
from typing import Protocol

from bmrepmon.model.observations import Observation


class SourceError(Exception):
    """A known failure of a source.

    ``reason`` is a short fixed word for metrics and for telling a changed failure from a repeated one
    (``missing``, ``permission``, ``refused``, ``timeout`` ...). ``str(error)`` is one line for the operator that
    names the thing and the way out; it holds no secret and no mailbox name.
    """

    def __init__(self, reason: str, message: str) -> None:
        """Keep ``reason`` beside the message."""
        super().__init__(message)
        self.reason = reason


class NoData(SourceError):  # noqa: N818 - it is an outcome, not an error: there is nothing to read, and that is fine
    """There is nothing to read here, and that is not a failure; ``reason`` is ``no_data``."""

    def __init__(self, message: str) -> None:
        """Take the sentence for the operator."""
        super().__init__("no_data", message)


class Partial(SourceError):  # noqa: N818 - it is an outcome, too
    """The answer takes more than this round, and the next one goes on; ``reason`` is ``partial``."""

    def __init__(self, message: str, progress: float, observation: Observation | None = None) -> None:
        """Take the sentence for the operator, the share that is done, and what is known until all is."""
        super().__init__("partial", message)
        self.progress = progress
        self.observation = observation


NO_FAILURES = (None, "no_data", "partial")  # reasons of rounds that did all that they could


class Source(Protocol):
    """One thing that is observed. Interval, timeout and thread belong to the scheduler, not to the source."""

    @property
    def name(self) -> str:
        """Its word in the contract: spool, archive, database, sessions ..."""

    @property
    def backend(self) -> str:
        """The backend it belongs to; empty for what belongs to the core server."""

    def read(self) -> Observation:
        """Look once. Raises SourceError, or NoData or Partial; anything else is a bug that the poller reports."""

    def close(self) -> None:
        """Give back what is held open; may be called from another thread, and more than once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of one round of a source: an observation, or the reason why there is none or no whole one."""

    source: str
    backend: str
    started_at: float  # Unix time, seconds
    duration: float  # seconds
    observation: Observation | None
    reason: str | None = None  # of SourceError; "bug" for anything unforeseen
    error: str | None = None  # one line for the operator
    progress: float | None = None  # of what takes several rounds, the share that is done; None: it takes no more


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """A source has begun a round: shown while it runs, so that a hanging one has a since-when."""

    source: str
    backend: str
    at: float  # Unix time, seconds
