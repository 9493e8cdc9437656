"""The metrics as text, in the format that the reader asks for."""

from collections.abc import Callable, Collection

from prometheus_client import CollectorRegistry, ProcessCollector, exposition

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.collector import SnapshotCollector

SERIES = 20_000  # default of limits.series


class Exposition:
    """Renders snapshots with a registry of its own."""

    def __init__(self, snapshot: Callable[[], Snapshot], limit: int = SERIES, *, process: bool = True) -> None:
        """Take where snapshots come from and the most series; ``process`` adds the standard process_* metrics."""
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(SnapshotCollector(snapshot, limit))
        if process:
            ProcessCollector(registry=self._registry)

    def render(self, accept: str = "", names: Collection[str] = ()) -> tuple[bytes, str]:
        """Return the text and its content type: OpenMetrics when ``accept`` prefers it, else text 0.0.4.

        ``names`` leaves out all other series, as the ``name[]`` of Prometheus's own library does.
        """
        encode, content_type = exposition.choose_encoder(accept)
        registry = self._registry.restricted_registry(names) if names else self._registry
        return encode(registry), content_type


def render_plain(snapshot: Snapshot, limit: int = SERIES) -> bytes:
    """Return one snapshot in the text format 0.0.4, without the process that rendered it."""
    text, _ = Exposition(lambda: snapshot, limit, process=False).render()
    return text
