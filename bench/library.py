"""The same metrics rendered by Prometheus's own Python library: the peer of ours, and what ours must equal."""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector, CollectorRegistry

from bmrepmon.model.log_activity import Histogram
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.exposition import AGEING, STEADY
from bmrepmon.publish.lines import BOUNDS
from bmrepmon.publish.metrics import SERIES_DROPPED, Metric
from bmrepmon.publish.samples import Sample


class Families(Collector):
    """A snapshot as the library's families, made anew for every scrape, as its users do it."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        """Take where snapshots come from."""
        self._snapshot = snapshot

    def collect(self) -> Iterator[Family]:
        """Yield the families; nothing known, no family."""
        snapshot = self._snapshot()
        for metric in (*STEADY, *AGEING):
            made = family(metric, sorted(metric.read(snapshot), key=lambda sample: sample[0]))
            if made.samples:
                yield made
        yield family(SERIES_DROPPED, [((), 0.0)])


def registry(snapshot: Callable[[], Snapshot]) -> CollectorRegistry:
    """Return a registry with just the families."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Families(snapshot))
    return made


def family(metric: Metric, samples: Iterable[Sample]) -> Family:
    """Return one row and its samples as the library's value."""
    made = Family(metric.name.removesuffix("_total").removesuffix("_info"), metric.help, metric.type)
    for values, value in samples:
        labels = dict(zip(metric.labels, values, strict=True))
        if isinstance(value, Histogram):
            _add_histogram(made, metric.name, labels, value)
        else:
            made.add_sample(metric.name, labels, value)
    return made


def _add_histogram(made: Family, name: str, labels: dict[str, str], value: Histogram) -> None:
    for bound, count in zip(BOUNDS, accumulate(value.counts), strict=True):
        made.add_sample(f"{name}_bucket", {**labels, "le": bound}, count)
    made.add_sample(f"{name}_count", labels, value.count)
    made.add_sample(f"{name}_sum", labels, value.sum)
