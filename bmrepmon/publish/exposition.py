"""The metrics as text, in the format that the reader asks for.

What the state tells is written once, however often it is asked for, and packed once: a scrape adds the few lines that
depend on the time, and those about the process.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, exposition

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import State
from bmrepmon.publish.lines import Lines, fit, only, series
from bmrepmon.publish.metrics import METRICS, SERIES_DROPPED, Metric
from bmrepmon.publish.samples import Sample

SERIES = 20_000  # default of limits.series
LEVEL = 5  # of compression
GZIP = 16 + zlib.MAX_WBITS
AGEING = tuple(metric for metric in METRICS if metric.ages)
STEADY = tuple(metric for metric in METRICS if not metric.ages)
Read = Mapping[Metric, Sequence[Sample]]
Written = Sequence[tuple[Lines, str]]


class Exposition:
    """Renders snapshots, for one thread."""

    def __init__(self, snapshot: Callable[[], Snapshot], limit: int = SERIES, *, process: bool = True) -> None:
        """Take where snapshots come from and the most series; ``process`` adds the standard process_* metrics."""
        self._snapshot = snapshot
        self._limit = limit
        self._dropped = 0
        self._lines = {metric: Lines(metric) for metric in (*METRICS, SERIES_DROPPED)}
        self._steady: Steady | None = None
        self._process = CollectorRegistry(auto_describe=False)
        if process:
            ProcessCollector(registry=self._process)

    def render(self, accept: str = "", names: Collection[str] = (), *, packed: bool = False) -> tuple[bytes, str]:
        """Return the text and its content type: OpenMetrics when ``accept`` prefers it, else text 0.0.4.

        ``names`` leaves out all other series, as the ``name[]`` of Prometheus's own library does. ``packed`` is gzip.
        """
        encode, content_type = exposition.choose_encoder(accept)
        openmetrics = content_type.startswith("application/openmetrics-text")
        snapshot = self._snapshot()
        ageing, lost = fit(read(AGEING, snapshot), self._limit)
        steady = self._written(snapshot, self._limit - sum(series(*row) for row in ageing.items()))
        self._dropped += steady.lost + lost
        last = self._write({**ageing, SERIES_DROPPED: (((), self._dropped),)})
        rest = block(last, openmetrics) + encode(self._process)
        if names:
            chosen = "".join(only((steady.text(openmetrics) + rest).decode(), names)).encode()
            return (zlib.compress(chosen, LEVEL, GZIP) if packed else chosen), content_type
        return (steady.packed(openmetrics, rest) if packed else steady.text(openmetrics) + rest), content_type

    def _written(self, snapshot: Snapshot, room: int) -> "Steady":
        """Write what the state tells, if it is another one than the last; a new configuration makes a new state, too.

        Nothing else of what does not age makes a snapshot.
        """
        if self._steady is None or self._steady.state is not snapshot.state:
            kept, lost = fit(read(STEADY, snapshot), room)
            self._steady = Steady(snapshot.state, self._write({metric: kept[metric] for metric in STEADY}), lost)
        return self._steady

    def _write(self, kept: Read) -> Written:
        return tuple((self._lines[metric], self._lines[metric].write(samples)) for metric, samples in kept.items())


class Steady:
    """What one state tells, as text; both formats are made when they are first asked for, and packed likewise."""

    def __init__(self, state: State, written: Written, lost: int) -> None:
        """Take the lines of each metric, and how many series had no room."""
        self.state = state
        self.lost = lost
        self._written = written
        self._texts: dict[bool, bytes] = {}
        self._packed: dict[bool, tuple[bytes, zlib._Compress]] = {}

    def text(self, openmetrics: bool) -> bytes:
        """Return it in one of the formats."""
        if openmetrics not in self._texts:
            self._texts[openmetrics] = block(self._written, openmetrics)
        return self._texts[openmetrics]

    def packed(self, openmetrics: bool, rest: bytes) -> bytes:
        """Return it with ``rest`` behind it as one gzip stream: the compressor is copied where the rest begins."""
        if openmetrics not in self._packed:
            compressor = zlib.compressobj(LEVEL, wbits=GZIP)
            self._packed[openmetrics] = compressor.compress(self.text(openmetrics)), compressor
        begun, compressor = self._packed[openmetrics]
        going_on = compressor.copy()
        return begun + going_on.compress(rest) + going_on.flush()


def read(metrics: Iterable[Metric], snapshot: Snapshot) -> dict[Metric, Sequence[Sample]]:
    """Read the samples of each row, sorted by their labels: the same snapshot gives the same text."""
    return {metric: sorted(metric.read(snapshot), key=_labels) for metric in metrics}


def block(written: Written, openmetrics: bool) -> bytes:
    """Put the heads above the lines; of what nothing is known there is no head either."""
    return "".join([metric.heads[openmetrics] + lines for metric, lines in written if lines]).encode()


def _labels(sample: Sample) -> tuple[str, ...]:
    return sample[0]


def render_plain(snapshot: Snapshot, limit: int = SERIES) -> bytes:
    """Return one snapshot in the text format 0.0.4, without the process that rendered it."""
    text, _ = Exposition(lambda: snapshot, limit, process=False).render()
    return text
