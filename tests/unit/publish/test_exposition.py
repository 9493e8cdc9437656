import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

import pytest
import snapshots
from hypothesis import given, strategies as st
from prometheus_client import Metric as Family, exposition
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector, CollectorRegistry

from bench.library import family, registry
from bmrepmon.model.log_activity import DURATION_BUCKETS, Histogram
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.exposition import Exposition, block
from bmrepmon.publish.lines import Lines, only
from bmrepmon.publish.metrics import Metric
from bmrepmon.publish.samples import Sample

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
UNZIP = 16 + zlib.MAX_WBITS
HELP = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)
LABELS = st.tuples(st.text(st.characters(codec="utf-8"), max_size=9), st.text(max_size=3))
NUMBERS = st.floats() | st.integers(-(10**18), 10**18)
COUNTS = st.lists(st.integers(0, 10**9), min_size=len(DURATION_BUCKETS) + 1, max_size=len(DURATION_BUCKETS) + 1)


class One(Collector):
    """A single family."""

    def __init__(self, made: Family) -> None:
        self._made = made

    def collect(self) -> Iterable[Family]:
        """Give it."""
        return (self._made,)


def rendered_by_the_library(metric: Metric, samples: list[Sample]) -> tuple[bytes, bytes]:
    """Return what Prometheus's own library makes of one row, as plain text and as OpenMetrics."""
    made = CollectorRegistry(auto_describe=False)
    made.register(One(family(metric, samples)))
    return exposition.generate_latest(made), openmetrics.generate_latest(made)  # type: ignore[no-untyped-call]


def rendered_by_us(metric: Metric, samples: list[Sample]) -> tuple[bytes, bytes]:
    """Return what we make of it."""
    lines = Lines(metric)
    written = ((lines, lines.write(samples)),)
    return block(written, openmetrics=False), block(written, openmetrics=True) + b"# EOF\n"


@given(HELP, st.dictionaries(LABELS, NUMBERS, min_size=1, max_size=5), st.sampled_from(["gauge", "counter", "info"]))
def test_any_sample_is_written_as_the_library_writes_it(
    text: str, samples: dict[tuple[str, str], float], kind: Literal["gauge", "counter", "info"]
) -> None:
    """Whatever stands in a label or a HELP, and whatever the number: the bytes are those of Prometheus's library."""
    name = {"gauge": "bmrepmon_x", "counter": "bmrepmon_x_total", "info": "bmrepmon_x_info"}[kind]
    metric = Metric(name, kind, text, ("b", "a"), lambda _: ())
    found: list[Sample] = list(samples.items())

    assert rendered_by_us(metric, found) == rendered_by_the_library(metric, found)


@given(COUNTS, st.floats(0, 1e12))
def test_any_histogram_is_written_as_the_library_writes_it(counts: list[int], total: float) -> None:
    """Buckets, count and sum, with their bounds among the other labels."""
    metric = Metric("bmrepmon_x_seconds", "histogram", "X.", ("command",), lambda _: ())
    found: list[Sample] = [(("APPLY",), Histogram(tuple(counts), total))]

    assert rendered_by_us(metric, found) == rendered_by_the_library(metric, found)


@pytest.mark.parametrize("make", [snapshots.full, snapshots.single, snapshots.unknown, snapshots.empty])
@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_a_scrape_is_what_the_library_would_give(make: Callable[[], Snapshot], accept: str) -> None:
    """The whole of it, in both formats."""
    encode, content_type = exposition.choose_encoder(accept)

    assert Exposition(make, process=False).render(accept) == (encode(registry(make)), content_type)


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
@pytest.mark.parametrize("names", [(), ("bmrepmon_delta_messages",)])
def test_packed_is_the_same(accept: str, names: tuple[str, ...]) -> None:
    """Unpacked it is the text, the first time and from memory."""
    exposed = Exposition(snapshots.full, process=False)
    text, content_type = exposed.render(accept, names)

    for _ in range(2):
        packed, packed_type = exposed.render(accept, names, packed=True)
        assert (zlib.decompress(packed, UNZIP), packed_type) == (text, content_type)


def test_the_process_is_told_anew_each_time() -> None:
    """Behind what the snapshot tells, in one well-formed text, stands what is true of the process now."""
    text, _ = Exposition(snapshots.full).render(OPENMETRICS)

    assert [text.count(b"# EOF"), text.count(b"\nprocess_resident_memory_bytes ")] == [1, 1]


def test_ages_go_on_while_the_state_stays() -> None:
    """What depends on the time is written at every scrape, though all else comes from memory."""
    known = snapshots.full()
    now = [known]
    exposed = Exposition(lambda: now[0])
    before = value(exposed, "bmrepmon_lag_seconds")
    first = replace(known.backends[0], lag_seconds=before + 60)
    now[0] = replace(known, at=known.at + 60, backends=(first, *known.backends[1:]))

    assert value(exposed, "bmrepmon_lag_seconds") == before + 60


def test_a_new_state_is_written_anew() -> None:
    """Nothing of the old one stays."""
    now = [snapshots.full()]
    exposed = Exposition(lambda: now[0], process=False)
    exposed.render(packed=True)
    now[0] = snapshots.unknown()

    assert exposed.render()[0] == Exposition(snapshots.unknown, process=False).render()[0]
    assert zlib.decompress(exposed.render(packed=True)[0], UNZIP) == exposed.render()[0]


def test_names_leave_out_the_rest() -> None:
    """Only the named series stay, with the heads above them; of a histogram single parts can be asked for."""
    text = '# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b histogram\nb_bucket{le="1"} 2\nb_sum 3\n# EOF\n'

    assert "".join(only(text, ["b_sum"])) == "# HELP b B.\n# TYPE b histogram\nb_sum 3\n# EOF\n"


def value(exposed: Exposition, name: str) -> float:
    """Return the first value of a metric."""
    text, _ = exposed.render()
    return next(family for family in parse_text(text.decode()) if family.name == name).samples[0].value
