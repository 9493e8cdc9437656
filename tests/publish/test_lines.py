"""Our text of metrics, held against the client library's own."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import snapshots
from hypothesis import given, strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from bmrepmon.model.log_activity import DURATION_BUCKETS, Histogram
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.collector import SnapshotCollector, family
from bmrepmon.publish.exposition import Exposition
from bmrepmon.publish.lines import Lines
from bmrepmon.publish.metric import Metric
from bmrepmon.publish.samples import Sample

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
COUNTS = st.lists(st.integers(0, 10**7), min_size=len(DURATION_BUCKETS) + 1, max_size=len(DURATION_BUCKETS) + 1)
HISTOGRAMS = st.builds(Histogram, COUNTS.map(tuple), st.floats(0, 1e9))
VALUES = st.floats(allow_nan=False) | st.integers(-(10**12), 10**12)


Row = tuple[Metric, list[Sample]]


def registry(collector: Collector) -> CollectorRegistry:
    made = CollectorRegistry(auto_describe=False)
    made.register(collector)
    return made


def theirs_as_openmetrics(registry: CollectorRegistry) -> bytes:
    text: bytes = generate_openmetrics(registry)  # type: ignore[no-untyped-call]
    return text


def nothing(_: Snapshot) -> list[Sample]:
    """Read nothing: the samples of these rows are given."""
    return []


@pytest.mark.parametrize("make", [snapshots.full, snapshots.unknown])
def test_it_is_what_the_library_writes(make: Callable[[], Snapshot]) -> None:
    """Byte for byte, in both formats, with samples and without."""
    one = make()
    theirs = registry(SnapshotCollector(lambda: one, 20_000))
    ours = Exposition(lambda: one, process=False)

    assert ours.render()[0] == generate_latest(theirs)
    assert ours.render(OPENMETRICS)[0] == theirs_as_openmetrics(theirs)


class Rows(Collector):
    """A collector of given rows."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def collect(self) -> Iterator[Family]:
        for metric, samples in self.rows:
            yield family(metric, samples)


@given(
    st.text(max_size=20),
    st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9), VALUES), max_size=5, unique_by=lambda t: t[:2]),
    HISTOGRAMS,
)
def test_any_text_and_any_number(text: str, series: list[tuple[str, str, float]], histogram: Histogram) -> None:
    """Backslashes, quotes, newlines and other alphabets in help and labels; numbers of any size; all four kinds."""
    samples: list[Sample] = [((a, b), value) for a, b, value in series]
    rows: list[Row] = [
        (Metric("bmrepmon_a_total", "counter", text, ("x", "a"), nothing), samples),
        (Metric("bmrepmon_b", "gauge", text, ("x", "a"), nothing), samples),
        (Metric("bmrepmon_c_info", "info", text, ("x", "a"), nothing), [((a, b), 1.0) for a, b, _ in series]),
        (Metric("bmrepmon_d", "histogram", text, ("z",), nothing), [((text,), histogram)]),
        (Metric("bmrepmon_e", "gauge", text, (), nothing), [((), 1.5)]),
    ]
    theirs, lines = registry(Rows(rows)), Lines()

    for _ in range(2):  # the second time, names are known
        assert lines.write(rows, openmetrics=False).encode() == generate_latest(theirs)
        assert lines.write(rows, openmetrics=True).encode() + b"# EOF\n" == theirs_as_openmetrics(theirs)


def test_series_that_are_gone_are_forgotten() -> None:
    """What was a label once is not kept for ever."""
    metric, lines = Metric("bmrepmon_b", "gauge", "b", ("x",), nothing), Lines()
    lines.write([(metric, [((str(n),), 1.0) for n in range(1000)])], openmetrics=False)
    lines.write([(metric, [(("0",), 1.0)])], openmetrics=False)

    assert len(lines._named) == 1


def test_a_text_is_written_anew_when_something_happened_or_time_has_passed() -> None:
    """Within a second in which nothing happened, it is the same one; ages are never older than that."""
    snapshot = snapshots.full()
    now = [snapshot]
    exposition = Exposition(lambda: now[0], process=False)
    first, _ = exposition.render()
    now[0] = replace(snapshot, at=snapshot.at + 0.5)
    same, _ = exposition.render()
    now[0] = replace(snapshot, at=snapshot.at + 1.5, backends=())
    later, _ = exposition.render()
    now[0] = replace(snapshot, state=replace(snapshot.state))
    changed, _ = exposition.render()

    assert same is first
    assert later != first
    assert changed is not first
