"""What the page is made of: the status document, and of the backend that is looked at the past and the worst folders.

With many backends the page shows a card of each and the rest of one: the one that is asked for, else the worst.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bmrepmon.model.history import Window
from bmrepmon.model.series import sample
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.document import BackendStatus, Status
from bmrepmon.publish.glance import urgency
from bmrepmon.publish.page.house import House
from bmrepmon.publish.page.worst import Worst, worst_folders
from bmrepmon.publish.status import describe

MOST_FOLDERS = 10  # a page is read, and ten make the point


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything that the page shows."""

    status: Status
    backend: BackendStatus | None  # the one that is looked at; None where there is none
    history: Mapping[str, Window]  # of that backend, by the name of the series
    worst: Worst | None  # None: folders have not been compared yet
    house: House


def look(snapshot: Snapshot, wanted: str, house: House) -> Sight:
    """Read off a snapshot what the page shows of the backend ``wanted``, or of the worst if there is no such."""
    status = describe(snapshot)
    backend = chosen(status.backends, wanted)
    name = backend.name if backend else ""
    worst = worst_folders(snapshot, name, min(MOST_FOLDERS, house.top_folders))
    return Sight(status, backend, of_backend(snapshot, name), worst, house)


def chosen(backends: Sequence[BackendStatus], wanted: str) -> BackendStatus | None:
    """Return the backend of a name, else the one that needs somebody most."""
    named = (backend for backend in backends if backend.name == wanted)
    return next(named, min(backends, key=urgency, default=None))


def of_backend(snapshot: Snapshot, backend: str) -> Mapping[str, Window]:
    """Return the series of a backend without its name, up to the value of now."""
    known, end = snapshot.state.durable.history, f"/{backend}"
    past = {name.removesuffix(end): known[name] for name in known if name.endswith(end)}
    now = {name.removesuffix(end): value for name, value in sample(snapshot).values.items() if name.endswith(end)}
    return past | {name: past.get(name, Window()).add(snapshot.at, value) for name, value in now.items()}
