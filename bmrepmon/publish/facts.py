"""Small facts that several publishers read off a snapshot."""

from collections.abc import Collection

from bmrepmon.model.health import SourceHealth
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import Key


def sole_backend(snapshot: Snapshot) -> str:
    """Return the name of the only backend, or an empty text: there are none or several."""
    return snapshot.backends[0].name if len(snapshot.backends) == 1 else ""


def backend_of(snapshot: Snapshot, partition: str) -> str:
    """Return the backend whose name, with dots as underscores, begins ``partition``; empty when there is none.

    A partition is ``<server uid>__<domain uid>`` with every dot as an underscore (BlueMind 4.9, CyrusPartition).
    """
    server = partition.partition("__")[0]
    return next((b.name for b in snapshot.backends if b.name.replace(".", "_") == server), "")


def sources(snapshot: Snapshot) -> tuple[SourceHealth, ...]:
    """Return the health of everything that is observed, by source and backend."""
    health = snapshot.state.health
    return tuple(health[key] for key in sorted(health))


def awaited(snapshot: Snapshot, expected: Collection[Key] = ()) -> tuple[Key, ...]:
    """Return the sources, of those ``expected`` and those that have begun, without one finished round."""
    known = {(health.source, health.backend): health for health in sources(snapshot)}
    return tuple(key for key in sorted({*expected, *known}) if key not in known or known[key].success is None)
