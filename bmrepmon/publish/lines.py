"""Samples as lines of text. What never changes of a line, its name and its labels, is put together once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client.utils import floatToGoString

from bmrepmon.model.log_activity import DURATION_BUCKETS, Histogram
from bmrepmon.publish.metric import Metric
from bmrepmon.publish.samples import Sample

BOUNDS = (*map(str, DURATION_BUCKETS), "+Inf")
MANY = frozenset({"partition", "folder"})  # labels whose values can be many
HISTOGRAM_SERIES = len(BOUNDS) + 2  # its buckets, _count and _sum
PLAIN = 1e6  # from here on Go writes an exponent
ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Lines:
    """The lines of one metric; keeps how those of the last time began."""

    def __init__(self, metric: Metric) -> None:
        """Begin with none."""
        self.heads = {openmetrics: head(metric, openmetrics=openmetrics) for openmetrics in (False, True)}
        self._metric = metric
        self._begun: Mapping[tuple[str, ...], Sequence[str]] = {}

    def write(self, samples: Sequence[Sample]) -> str:
        """Return the lines of ``samples``, the same in both text formats. Raises ValueError for a forgotten label."""
        known = self._begun
        self._begun = {labels: known.get(labels) or beginnings(self._metric, labels) for labels, _ in samples}
        return "".join([line(self._begun[labels], value) for labels, value in samples])


def line(begun: Sequence[str], value: float | Histogram) -> str:
    """Return one sample: a histogram has many lines."""
    if isinstance(value, Histogram):
        return "".join([start + number(one) for start, one in zip(begun, numbers(value), strict=True)])
    return begun[0] + number(value)


def number(value: float) -> str:
    r"""Return a value as the library writes it, and the end of the line.

    >>> number(3), number(2_500_000)
    ('3.0\n', '2.5e+06\n')
    """
    if -PLAIN < value < PLAIN:
        return f"{float(value)!r}\n"
    return f"{floatToGoString(value)}\n"  # type: ignore[no-untyped-call]


def beginnings(metric: Metric, labels: tuple[str, ...]) -> Sequence[str]:
    """Return how the lines of one sample begin; labels stand in alphabetical order. A forgotten one is a ValueError."""
    named = dict(zip(metric.labels, labels, strict=True))
    if metric.type != "histogram":
        return (beginning(metric.name, named),)
    buckets = (beginning(f"{metric.name}_bucket", {**named, "le": bound}) for bound in BOUNDS)
    return (*buckets, beginning(f"{metric.name}_count", named), beginning(f"{metric.name}_sum", named))


def beginning(name: str, labels: Mapping[str, str]) -> str:
    r"""Return a line up to its value, escaped as the text format 0.0.4 and OpenMetrics 1.0 both ask for.

    >>> print(beginning("up", {"b": 'say "no"', "a": "1"}) + "0")
    up{a="1",b="say \"no\""} 0
    """
    inner = ",".join(f'{key}="{value.translate(ESCAPES)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inner}}} " if inner else f"{name} "


def numbers(value: Histogram) -> Sequence[float]:
    """Return the values of its lines: of the buckets, each with those below it, count and sum."""
    return (*accumulate(value.counts), value.count, value.sum)


def head(metric: Metric, *, openmetrics: bool) -> str:
    """Return what stands above the samples of a metric: OpenMetrics leaves the endings of counters and infos away."""
    if openmetrics:
        name = metric.name.removesuffix("_total").removesuffix("_info")
        return f"# HELP {name} {metric.help.translate(ESCAPES)}\n# TYPE {name} {metric.type}\n"
    kind = "gauge" if metric.type == "info" else metric.type
    text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {text}\n# TYPE {metric.name} {kind}\n"


def series(metric: Metric, samples: Sequence[Sample]) -> int:
    """Count the series of so many samples."""
    return len(samples) * (HISTOGRAM_SERIES if metric.type == "histogram" else 1)


def fit(read: Mapping[Metric, Sequence[Sample]], limit: int) -> tuple[dict[Metric, Sequence[Sample]], int]:
    """Keep what fits into ``limit`` series and count the rest.

    Only partitions and folders can be many: rows without them come first. The same samples always lose the same series.
    """
    kept: dict[Metric, Sequence[Sample]] = {}
    room, lost = limit, 0
    for metric in sorted(read, key=lambda metric: not MANY.isdisjoint(metric.labels)):
        cost = HISTOGRAM_SERIES if metric.type == "histogram" else 1
        kept[metric] = read[metric][: max(0, room) // cost]
        room -= series(metric, kept[metric])
        lost += series(metric, read[metric]) - series(metric, kept[metric])
    return kept, lost


def only(text: str, names: Iterable[str]) -> Iterator[str]:
    """Leave out of a scrape every series that has none of ``names``, and the heads that nothing is left below."""
    wanted, above = frozenset(names), ""
    for line in text.splitlines(keepends=True):
        if line.startswith("# EOF"):
            yield line
        elif line.startswith("#"):
            above = line if line.startswith("# HELP") else above + line
        elif line.partition(" ")[0].partition("{")[0] in wanted:
            yield above + line
            above = ""
