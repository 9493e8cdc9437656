"""The metrics as text, in the format that the reader asks for."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, exposition

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import State
from bmrepmon.publish.collector import SnapshotCollector
from bmrepmon.publish.lines import Lines

SERIES = 20_000  # default of limits.series
KEPT = 1.0  # seconds: ages are in the text


class Written(NamedTuple):
    """A snapshot as text."""

    state: State
    at: float
    text: bytes


class Exposition:
    """Renders snapshots with a registry of its own."""

    def __init__(self, snapshot: Callable[[], Snapshot], limit: int = SERIES, *, process: bool = True) -> None:
        """Take where snapshots come from and the most series; ``process`` adds the standard process_* metrics."""
        self._snapshot = snapshot
        self._ours = SnapshotCollector(snapshot, limit)
        self._lines = Lines()
        self._written: dict[bool, Written] = {}
        self._process = CollectorRegistry(auto_describe=False)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self._ours)
        for registry in (self._process, self._registry) if process else ():
            ProcessCollector(registry=registry)

    def render(self, accept: str = "", names: Collection[str] = ()) -> tuple[bytes, str]:
        """Return the text and its content type: OpenMetrics when ``accept`` prefers it, else text 0.0.4.

        ``names`` leaves out all other series, as the ``name[]`` of Prometheus's own library does.
        """
        encode, content_type = exposition.choose_encoder(accept)
        if names:
            return encode(self._registry.restricted_registry(names)), content_type
        text = self._text(openmetrics=content_type.startswith("application/openmetrics-text"))
        return text + encode(self._process), content_type

    def _text(self, *, openmetrics: bool) -> bytes:
        """Return the present snapshot as text; one that nothing has changed in is written once a second at most."""
        snapshot, known = self._snapshot(), self._written.get(openmetrics)
        if known and known.state is snapshot.state and 0 <= snapshot.at - known.at < KEPT:
            return known.text
        text = self._lines.write(self._ours.rows(snapshot), openmetrics=openmetrics).encode()
        self._written[openmetrics] = Written(snapshot.state, snapshot.at, text)
        return text


def render_plain(snapshot: Snapshot, limit: int = SERIES) -> bytes:
    """Return one snapshot in the text format 0.0.4, without the process that rendered it."""
    text, _ = Exposition(lambda: snapshot, limit, process=False).render()
    return text
