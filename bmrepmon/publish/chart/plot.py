"""One chart: its values, and the SVG that shows them.

Colours come from the style sheet by class, so that they follow the reader's choice of light or dark, and every line
differs from the others by more than its colour. What lies below the pointer is told by ``<title>``, without a script.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from html import escape

from bmrepmon.publish.chart.axes import DECIMAL, Stepper, clock, grid, times
from bmrepmon.publish.chart.bands import Band
from bmrepmon.publish.chart.frame import Frame, Values

WIDTH, HEIGHT = 480, 180  # of the drawing, in its own units
TOP, BOTTOM = 18.0, 156.0  # of what is drawn over time
NEAR = 0.1  # of the height: a limit that is nearer to the ground would be lost in it
GAP = 2  # columns without a value over which a line goes on


@dataclass(frozen=True, slots=True)
class Line:
    """One series; ``name`` is a class of the style sheet, ``below`` draws it downwards from zero."""

    name: str
    label: str
    values: Values
    below: bool = False
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that is drawn as a line across."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn. ``tell`` writes a value with its unit; ``state`` is the name of a band, in words."""

    label: str  # what it shows, for those who do not see it
    frame: Frame
    lines: tuple[Line, ...]
    tell: Callable[[float], str]
    step: Stepper = DECIMAL
    bands: tuple[Band, ...] = ()
    state: Callable[[str], str] = str
    limits: tuple[Limit, ...] = ()
    zero: bool = True  # whether the axis begins at zero
    least: float = 0.0  # up to where the axis goes at least
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a value and a column lie in the drawing."""

    values: tuple[float, ...]  # of the grid, lowest first
    columns: int

    def y(self, value: float) -> float:
        low, high = self.values[0], self.values[-1]
        return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)

    def x(self, column: float) -> float:
        return WIDTH * column / self.columns


def draw(chart: Chart) -> str:
    """Return a chart as SVG."""
    scale = _Scale(grid(*_range(chart), chart.step), chart.frame.columns)
    parts = (
        *_bands(chart, scale),
        *_grid(scale),
        *_limits(chart, scale),
        *(part for line in chart.lines for part in _line(line, scale)),
        *_values(chart, scale),
        *_times(chart, scale),
        *_hovers(chart, scale),
    )
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.label)}">'
    return f"{head}{''.join(parts)}</svg>"


def known(values: Sequence[float | None]) -> list[float]:
    """Return the values that there are."""
    return [value for value in values if value is not None]


def _range(chart: Chart) -> tuple[float, float]:
    """Return the lowest and the highest value that must be seen."""
    found = [-value if line.below else value for line in chart.lines for value in known(line.values)]
    highest = max(found, default=0.0)
    near = [limit.value for limit in chart.limits if limit.value <= 2 * highest]
    low, high = min(found, default=0.0), max(highest, *near, 0.0) if near else highest
    if chart.zero:
        return min(0.0, low), max(chart.least, high)
    return low, high


def _bands(chart: Chart, scale: _Scale) -> Iterator[str]:
    for band in chart.bands:
        x, wide = scale.x(band.first), scale.x(band.end - band.first)
        yield f'<rect class="band {band.name}" x="{x:g}" y="0" width="{wide:g}" height="{BOTTOM:g}"/>'


def _grid(scale: _Scale) -> Iterator[str]:
    for value in scale.values:
        yield f'<path class="{"base" if value == 0 else "grid"}" d="M0,{scale.y(value):.1f}H{WIDTH}"/>'


def _limits(chart: Chart, scale: _Scale) -> Iterator[str]:
    for limit in _seen(chart, scale):
        yield f'<path class="limit" d="M0,{scale.y(limit.value):.1f}H{WIDTH}"/>'


def _values(chart: Chart, scale: _Scale) -> Iterator[str]:
    """Write values and limits at their lines, over everything that is drawn."""
    for value in scale.values:
        yield f'<text x="2" y="{scale.y(value) - 3:.1f}">{escape(chart.tell(abs(value)))}</text>'
    for limit in _seen(chart, scale):
        yield f'<text class="end" x="{WIDTH - 2}" y="{scale.y(limit.value) - 3:.1f}">{escape(limit.label)}</text>'


def _seen(chart: Chart, scale: _Scale) -> Iterator[Limit]:
    low, high = scale.values[0], scale.values[-1]
    return (limit for limit in chart.limits if low + NEAR * (high - low) <= limit.value <= high)


def _line(line: Line, scale: _Scale) -> Iterator[str]:
    """Draw the stretches of a line that have values, the area below them first."""
    runs = [[(scale.x(n + 0.5), scale.y(-v if line.below else v)) for n, v in run] for run in runs_of(line.values)]
    if line.filled:
        areas = "".join(f"M{run[0][0]:.1f},{scale.y(0):.1f}L{_path(run)}V{scale.y(0):.1f}Z" for run in runs)
        yield f'<path class="area {line.name}" d="{areas}"/>' if runs else ""
    drawn = "".join(f"M{_path(run)}" + ("h3" if len(run) == 1 else "") for run in runs)
    yield f'<path class="line {line.name}" d="{drawn}"/>' if runs else ""


def _path(run: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in run)


def runs_of(values: Values) -> Iterator[list[tuple[int, float]]]:
    """Yield the stretches of known values with their columns; a short gap does not part them.

    >>> [len(run) for run in runs_of((1.0, None, 2.0, None, None, None, 3.0))]
    [2, 1]
    """
    run: list[tuple[int, float]] = []
    for column, value in enumerate(values):
        if value is None:
            continue
        if run and column - run[-1][0] > GAP:
            yield run
            run = []
        run.append((column, value))
    if run:
        yield run


def _times(chart: Chart, scale: _Scale) -> Iterator[str]:
    for number, at in enumerate(times(chart.frame, chart.zone)):
        x = scale.x((at - chart.frame.start) / chart.frame.width)
        if 20 <= x <= WIDTH - 20:
            name = "mid odd" if number % 2 else "mid"
            yield f'<text class="{name}" x="{x:.1f}" y="{HEIGHT - 7}">{clock(at, chart.zone)}</text>'


def _hovers(chart: Chart, scale: _Scale) -> Iterator[str]:
    """Lay a transparent column over each time with a value, which tells it."""
    states = {column: band.name for band in chart.bands for column in range(band.first, band.end)}
    wide = f"{scale.x(1):g}"
    for column in range(chart.frame.columns):
        told = [
            f"{line.label} {chart.tell(value)}" for line in chart.lines if (value := line.values[column]) is not None
        ]
        if told:
            words = [*told, chart.state(states[column])] if column in states else told
            title = escape(f"{clock(chart.frame.at(column), chart.zone)} · {' · '.join(words)}")
            yield f'<rect class="hit" x="{scale.x(column):g}" y="0" width="{wide}" height="{BOTTOM:g}">'
            yield f"<title>{title}</title></rect>"
