"""The rows of the metrics table about the message bodies: as carried forward, and as they were last counted."""

from collections.abc import Callable

from bmrepmon.model.carried import Carried
from bmrepmon.publish.metric import BACKEND, Metric
from bmrepmon.publish.samples import Read, of_backends

EXACT = "see bmrepmon_database_message_bodies_exact_timestamp_seconds"


def of_bodies(read: Callable[[Carried], float | None]) -> Read:
    """Read one sample a backend whose bodies were ever counted, where it is known."""
    return of_backends(lambda backend: read(backend.rows.carried) if backend.rows else None)


BODY_METRICS: tuple[Metric, ...] = (
    Metric(
        "bmrepmon_database_message_bodies",
        "gauge",
        f"Rows of t_message_body: the last exact count, {EXACT}, and what was inserted and deleted since, as of the "
        "last good round of the source database.",
        BACKEND,
        of_bodies(lambda carried: carried.rows),
    ),
    Metric(
        "bmrepmon_database_message_bodies_doubt",
        "gauge",
        "By how many rows at most bmrepmon_database_message_bodies may be wrong, and with it bmrepmon_delta_messages.",
        BACKEND,
        of_bodies(lambda carried: carried.error),
    ),
    Metric(
        "bmrepmon_database_message_bodies_exact",
        "gauge",
        f"Rows of t_message_body when they were last counted one by one, {EXACT}.",
        BACKEND,
        of_bodies(lambda carried: carried.exact.rows),
    ),
    Metric(
        "bmrepmon_database_message_bodies_exact_timestamp_seconds",
        "gauge",
        "Unix time of the last exact count of t_message_body.",
        BACKEND,
        of_bodies(lambda carried: carried.exact.at),
    ),
    Metric(
        "bmrepmon_database_count_drift",
        "gauge",
        "How many more rows the last exact count found than had been carried forward to that moment; absent when "
        "nothing had been.",
        BACKEND,
        of_bodies(lambda carried: carried.exact.drift),
    ),
)
