"""Metrics as lines of text, byte for byte what the client library writes of the same families.

What a series is called is written once, and kept for as long as the series is there: after that only values are.
Formats: Prometheus text 0.0.4, and OpenMetrics 1.0, which differ in the heads of families alone.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.utils import floatToGoString

from bmrepmon.model.log_activity import DURATION_BUCKETS, Histogram
from bmrepmon.publish.metric import Metric
from bmrepmon.publish.samples import Sample

BOUNDS = (*(str(bound) for bound in DURATION_BUCKETS), "+Inf")

Rows = Iterable[tuple[Metric, Sequence[Sample]]]
Names = dict[tuple[str, ...], tuple[str, ...]]  # by the values of a sample's labels: what its series are called
PLAIN = 1e6  # from here on, Go writes an exponent


class Lines:
    """Writes rows of the table again and again."""

    def __init__(self) -> None:
        """Know no series yet."""
        self._named: dict[str, Names] = {}  # by the name of the metric

    def write(self, rows: Rows, *, openmetrics: bool) -> str:
        """Return the text of rows, each with its head; the end of OpenMetrics is the caller's."""
        before, self._named = self._named, {}
        parts: list[str] = []
        for metric, samples in rows:
            parts.append(head(metric, openmetrics=openmetrics))
            self._named[metric.name] = write(metric, samples, before.get(metric.name, {}), parts)
        return "".join(parts)


def write(metric: Metric, samples: Sequence[Sample], known: Names, parts: list[str]) -> Names:
    """Add a line for each series to ``parts``; return what they are called."""
    called: Names = {}
    for labels, value in samples:
        called[labels] = named = known.get(labels) or names(metric, labels)
        if isinstance(value, Histogram):
            parts += (f"{name} {number(one)}\n" for name, one in zip(named, numbers(value), strict=True))
        else:
            parts.append(f"{named[0]} {number(value)}\n")
    return called


def number(value: float) -> str:
    """Return a value as Go writes it.

    >>> number(3), number(2_500_000), number(float("-inf"))
    ('3.0', '2.5e+06', '-Inf')
    """
    if -PLAIN < value < PLAIN:
        return repr(float(value))
    text: str = floatToGoString(value)  # type: ignore[no-untyped-call]
    return text


def head(metric: Metric, *, openmetrics: bool) -> str:
    """Return what stands above the samples of a family."""
    name, kind, text = metric.name, str(metric.type), metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if openmetrics:
        name, text = name.removesuffix("_total").removesuffix("_info"), text.replace('"', r"\"")
    elif kind == "info":
        kind = "gauge"
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def names(metric: Metric, labels: Sequence[str]) -> tuple[str, ...]:
    """Return what the series of one sample are called: one, or those of a histogram."""
    known = dict(zip(metric.labels, labels, strict=True))
    if metric.type != "histogram":
        return (series(metric.name, known),)
    buckets = (series(f"{metric.name}_bucket", {**known, "le": bound}) for bound in BOUNDS)
    return (*buckets, series(f"{metric.name}_count", known), series(f"{metric.name}_sum", known))


def series(name: str, labels: dict[str, str]) -> str:
    r"""Return the name of a series as it is written.

    >>> print(series("up", {"job": 'a"b', "at": "c:\\d"}))
    up{at="c:\\d",job="a\"b"}
    """
    if not labels:
        return name
    pairs = (f'{label}="{escaped(value)}"' for label, value in sorted(labels.items()))
    return f"{name}{{{','.join(pairs)}}}"


def escaped(value: str) -> str:
    """Return the value of a label as it stands between quotes."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def numbers(value: Histogram) -> Iterable[float]:
    """Return the values of a histogram, in the order of its names."""
    return *accumulate(value.counts), value.count, value.sum
