"""The Prometheus collector: the table of metrics over the last snapshot, fresh families for every scrape."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from bmrepmon.model.log_activity import Histogram
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.lines import BOUNDS
from bmrepmon.publish.metrics import METRICS, SERIES_DROPPED, Metric
from bmrepmon.publish.samples import Sample

MANY = frozenset({"partition", "folder"})  # labels whose values can be many
HISTOGRAM_SERIES = len(BOUNDS) + 2  # its buckets, _sum and _count


class SnapshotCollector(Collector):
    """Yields the families of a snapshot; keeps nothing but the count of series that found no room."""

    def __init__(self, snapshot: Callable[[], Snapshot], limit: int) -> None:
        """Take where snapshots come from, and how many series a scrape may have."""
        self._snapshot = snapshot
        self._limit = limit
        self._dropped = 0

    def describe(self) -> Iterator[Family]:
        """Name the families without looking at a snapshot: registering asks for this."""
        for metric in (*METRICS, SERIES_DROPPED):
            yield family(metric, ())

    def collect(self) -> Iterator[Family]:
        """Yield the families of the present snapshot."""
        for metric, samples in self.rows(self._snapshot()):
            yield family(metric, samples)

    def rows(self, snapshot: Snapshot) -> Iterator[tuple[Metric, Sequence[Sample]]]:
        """Yield the rows of the table in their order, samples sorted by their labels; nothing known, no row."""
        read = {metric: sorted(metric.read(snapshot), key=_labels) for metric in METRICS}
        kept, dropped = fit(read, self._limit)
        self._dropped += dropped
        for metric in METRICS:
            if kept[metric]:
                yield metric, kept[metric]
        yield SERIES_DROPPED, [((), self._dropped)]


def fit(read: Mapping[Metric, Sequence[Sample]], limit: int) -> tuple[dict[Metric, Sequence[Sample]], int]:
    """Keep what fits into ``limit`` series and count the rest.

    Only partitions and folders can be many: rows without them come first. The same samples always lose the same series.
    """
    kept: dict[Metric, Sequence[Sample]] = {}
    dropped, room = 0, limit
    for metric in sorted(read, key=lambda metric: not MANY.isdisjoint(metric.labels)):
        cost = HISTOGRAM_SERIES if metric.type == "histogram" else 1
        fitting = min(len(read[metric]), room // cost)
        kept[metric] = read[metric][:fitting]
        dropped += (len(read[metric]) - fitting) * cost
        room -= fitting * cost
    return kept, dropped


def family(metric: Metric, samples: Iterable[Sample]) -> Family:
    """Return one row and its samples as the client library's value.

    The library's own add_metric would swallow a forgotten label; here it is a ValueError.
    """
    name = metric.name.removesuffix("_total").removesuffix("_info")
    made = Family(name, metric.help, metric.type)
    for labels, value in samples:
        named = dict(zip(metric.labels, labels, strict=True))
        if isinstance(value, Histogram):
            _add_histogram(made, metric, named, value)
        else:
            made.add_sample(metric.name, named, value)
    return made


def _add_histogram(made: Family, metric: Metric, labels: dict[str, str], value: Histogram) -> None:
    for bound, count in zip(BOUNDS, accumulate(value.counts), strict=True):
        made.add_sample(f"{metric.name}_bucket", {**labels, "le": bound}, count)
    made.add_sample(f"{metric.name}_count", labels, value.count)
    made.add_sample(f"{metric.name}_sum", labels, value.sum)


def _labels(sample: Sample) -> tuple[str, ...]:
    return sample[0]
