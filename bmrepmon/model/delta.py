"""The official difference, message files minus bodies, and where it comes from.

With F message files, R records that have a file, D distinct messages among them, and B bodies::

    F - B  =  (F - R)  +  (R - D)  +  (D - B)
              orphan     duplicate

A body stays for days after its last message was expunged, so that B is the bodies that some live record refers to, and
those that none does. D parts into messages that the replica has, and such as are lagging, passive or expunged::

    D - B  =  lagging + passive + (expunged - bodies of nobody) + (replicated - bodies of somebody)
                                  `------- expunged ---------'   `-------- unexplained ---------'
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bmrepmon.model.frozen import frozen
from bmrepmon.model.records import RecordCensus

REASONS = ("duplicate", "expunged", "passive", "lagging", "orphan")


@dataclass(frozen=True, slots=True)
class BodyReferences:
    """The rows of ``t_message_body``, and how many of them some record refers to that is not expunged; one snapshot."""

    bodies: int
    referenced: int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The references, and the messages as they were just before: only together do they tell something.

    In this order what arrives between the two has a body and is no message yet, so that under load nothing seems lost.
    """

    census: RecordCensus
    references: BodyReferences
    at: float  # Unix seconds: when the references were counted


@dataclass(frozen=True, slots=True)
class RecordLook:
    """One look at the records of all folders, and the last one that was held against the bodies."""

    census: RecordCensus
    reckoning: Reckoning | None = None
    problem: str | None = None  # why the references could not be counted, in one line


@dataclass(frozen=True, slots=True)
class DeltaExplained:
    """How many files more than bodies there are for which reason; None where it cannot be known.

    ``expunged`` and ``unexplained`` are of the moment when references were last counted; the others are of now. A
    backend that shares its database with another has neither: whose body one is, nobody can tell.
    """

    orphan: int | None  # files that no index knows; less, and then below zero, records whose file is not there
    duplicate: int | None  # further copies of a message that lies in several folders
    lagging: int | None  # messages that are on their way to the replica
    passive: int | None  # messages in folders that were never replicated
    expunged: int | None  # expunged messages that still have a file, minus bodies that no live record refers to
    unexplained: int | None  # messages that the replica should have a body of, minus those that it has

    @property
    def reasons(self) -> Mapping[str, int]:
        """What is explained and known, by its reason."""
        counts = {reason: getattr(self, reason) for reason in REASONS}
        return frozen({reason: count for reason, count in counts.items() if count is not None})


def explain(files: int | None, look: RecordLook | None) -> DeltaExplained:
    """Explain the difference; ``files`` are the message files of all stores."""
    census = look.census if look else None
    complete = census if census and census.complete else None
    expunged, unexplained = _gone(look.reckoning) if look and look.reckoning else (None, None)
    return DeltaExplained(
        orphan=None if complete is None or files is None else files - complete.records,
        duplicate=None if complete is None else complete.records - sum(complete.distinct),
        lagging=census.messages("lagging") if census else None,
        passive=census.messages("passive") if census else None,
        expunged=expunged,
        unexplained=unexplained,
    )


def _gone(reckoning: Reckoning) -> tuple[int | None, int | None]:
    """Return what is expunged, and what remains unexplained."""
    bodies, referenced = reckoning.references.bodies, reckoning.references.referenced
    expunged, replicated = (reckoning.census.messages(kind) for kind in ("expunged", "replicated"))
    if expunged is None or replicated is None:
        return None, None
    return expunged - (bodies - referenced), replicated - referenced
