"""What a dashboard consists of, as values; how Grafana wants it is the business of `boards`.

In an expression, ``$site`` stands for the matchers of the chosen daemons, and ``$own`` for these and those of the
chosen backends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SITE = 'job=~"$job", instance=~"$instance"'
OWN = f'{SITE}, backend=~"$backend"'

Step = tuple[float | None, str]  # from this value on, in this colour; None is from the lowest
LAG: tuple[Step, ...] = ((None, "green"), (60.0, "orange"), (1800.0, "red"))  # as the alerts LagHigh and LagCritical
NONE_WANTED: tuple[Step, ...] = ((None, "green"), (1.0, "orange"))
ALL_WANTED: tuple[Step, ...] = ((None, "red"), (1.0, "green"))
NEUTRAL: tuple[Step, ...] = ((None, "blue"),)


@dataclass(frozen=True, slots=True)
class Query:
    """One expression, and what its series are called."""

    text: str
    legend: str = "{{backend}}"

    @property
    def expr(self) -> str:
        """The expression as Prometheus gets it, once Grafana has filled its variables in."""
        return self.text.replace("$own", OWN).replace("$site", SITE)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. Of twelve half columns ``width`` is how many it takes; ``alert`` is whose runbook it links to."""

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    kind: str = "graph"  # graph, stat, states
    width: int = 12
    steps: tuple[Step, ...] = NEUTRAL
    alert: str | None = None
    board: str | None = None  # where a click leads
    stacked: bool = False
    mirrored: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)  # of series whose name ends so


@dataclass(frozen=True, slots=True)
class Row:
    """Panels that answer one question."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    since: str = "now-6h"


def stat(title: str, description: str, unit: str, query: Query, **rest: object) -> Panel:
    """Return a single number."""
    return Panel(title, description, unit, (query,), "stat", 4, **rest)  # type: ignore[arg-type]  # fields of Panel
