"""The rows of the metrics table about the difference between files and bodies, and where it comes from."""

from collections.abc import Iterator

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.metric import BACKEND, Metric
from bmrepmon.publish.samples import Sample, of_backends


def explained(snapshot: Snapshot) -> Iterator[Sample]:
    """Read what is known of each reason."""
    for backend in snapshot.backends:
        for reason, messages in backend.explained.reasons.items():
            yield (backend.name, reason), messages


def reckoned_at(snapshot: Snapshot) -> Iterator[Sample]:
    """Read when the bodies that are somebody's were last counted."""
    for backend in snapshot.backends:
        if backend.records and backend.records.reckoning:
            yield (backend.name,), backend.records.reckoning.at


DELTA_METRICS: tuple[Metric, ...] = (
    Metric(
        "bmrepmon_delta_explained_messages",
        "gauge",
        "Message files more than bodies, by reason: further copies of a message, expunged ones that are kept (minus "
        "bodies that await their purge), folders that were never replicated, messages on their way, and files that no "
        "index knows; as of the last good round of the source records, expunged as of "
        "bmrepmon_delta_reckoned_timestamp_seconds.",
        ("backend", "reason"),
        explained,
    ),
    Metric(
        "bmrepmon_delta_unexplained_messages",
        "gauge",
        "Messages that the replica should have a body of, minus those that it has; as of "
        "bmrepmon_delta_reckoned_timestamp_seconds.",
        BACKEND,
        of_backends(lambda backend: backend.explained.unexplained),
    ),
    Metric(
        "bmrepmon_delta_reckoned_timestamp_seconds",
        "gauge",
        "Unix time of the count of bodies that expunged and unexplained messages were told by: their age.",
        BACKEND,
        reckoned_at,
    ),
)
