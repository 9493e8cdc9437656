"""The rows of the metrics table about the verdict, and how far replication is."""

from collections.abc import Callable, Iterator

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.verdict.states import SEVERITIES, VERDICT_STATES, Verdict
from bmrepmon.publish.metric import BACKEND, Metric
from bmrepmon.publish.samples import Read, Sample, of_backends

LAST = "as of the last judgement, every 10 seconds"


def of_verdicts(read: Callable[[Verdict], float]) -> Read:
    """Read one sample a backend that was judged."""
    return of_backends(lambda backend: read(backend.verdict) if backend.verdict else None)


def states(snapshot: Snapshot) -> Iterator[Sample]:
    """Read every state, 1 for the present one."""
    for backend in snapshot.backends:
        if backend.verdict:
            for state in VERDICT_STATES:
                yield (backend.name, state), float(state == backend.verdict.finding.state)


def reasons(snapshot: Snapshot) -> Iterator[Sample]:
    """Read the reason, as a label."""
    for backend in snapshot.backends:
        if backend.verdict:
            yield (backend.name, backend.verdict.finding.state, backend.verdict.finding.reason), 1


VERDICT_METRICS: tuple[Metric, ...] = (
    Metric(
        "bmrepmon_verdict", "gauge", f"1 for the present state, 0 for the others, {LAST}.", ("backend", "state"), states
    ),
    Metric(
        "bmrepmon_verdict_reason_info",
        "info",
        f"Why: always 1, the reason is a label, {LAST}.",
        ("backend", "state", "reason"),
        reasons,
    ),
    Metric(
        "bmrepmon_verdict_severity",
        "gauge",
        f"0 ok, 1 info, 2 warning, 3 critical; lower where maintenance was announced, {LAST}.",
        BACKEND,
        of_verdicts(lambda verdict: SEVERITIES.index(verdict.severity)),
    ),
    Metric(
        "bmrepmon_verdict_since_timestamp_seconds",
        "gauge",
        "Unix time since when the state is what it is.",
        BACKEND,
        of_verdicts(lambda verdict: verdict.since),
    ),
    Metric(
        "bmrepmon_progress_ratio",
        "gauge",
        "Share of all messages that is replicated, 0 to 1, as of the last good round of the source folders.",
        BACKEND,
        of_backends(lambda backend: backend.progress),
    ),
    Metric(
        "bmrepmon_eta_seconds",
        "gauge",
        f"Seconds until everything is replicated, at the rate of the last 15 minutes, {LAST}; absent unless it drains.",
        BACKEND,
        of_backends(lambda backend: backend.eta.likely if backend.eta else None),
    ),
    Metric(
        "bmrepmon_eta_earliest_seconds",
        "gauge",
        f"The same at the rate of the better quarter, {LAST}.",
        BACKEND,
        of_backends(lambda backend: backend.eta.earliest if backend.eta else None),
    ),
    Metric(
        "bmrepmon_eta_latest_seconds",
        "gauge",
        f"The same at the rate of the worse quarter, {LAST}.",
        BACKEND,
        of_backends(lambda backend: backend.eta.latest if backend.eta else None),
    ),
)
