"""The live screen of `status --watch`: bars and sparklines above the status document."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bmrepmon.publish.chart import frame
from bmrepmon.publish.document import BackendStatus, History, Status
from bmrepmon.publish.text import draw
from bmrepmon.words.language import Language

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = "_.-=+*%#"  # for a terminal that has no blocks
SERIES = ("lag_seconds", "lag_messages", "sync_log_entries", "active_sessions")  # those drawn, one row each
COLUMNS = 40

Points = Sequence[tuple[datetime, float]]
Drawn = Mapping[str, History]  # by "name/backend"


def draw_screen(status: Status, history: Drawn, t: Language, screen: Language, blocks: str = BLOCKS) -> RenderableType:
    """Return everything: the verdict and what moves come first, for what does not fit a low terminal is cut below."""

    def moving(backend: BackendStatus) -> RenderableType | None:
        rows = [*_bars(backend, screen), *_sparks(backend, status, history, screen, blocks)]
        return _grid(rows) if rows else None

    return draw(status, t, moving)


def sparkline(values: Sequence[float | None], blocks: str = BLOCKS) -> str:
    """Draw values from 0 to the largest; a gap where there is none.

    >>> sparkline([0, 1, None, 7])
    '▁▂ █'
    """
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    last = len(blocks) - 1
    return "".join(" " if v is None else blocks[max(0, min(last, round(v / top * last)))] for v in values)


def columns(points: Points, now: float, span: float, width: int) -> list[float | None]:
    """Return the largest value of each of ``width`` equal stretches of the last ``span`` seconds."""
    found: list[float | None] = [None] * width
    for at, value in points:
        column = width - 1 - int((now - at.timestamp()) / span * width)
        if 0 <= column < width:
            found[column] = max(value, found[column] or value)
    return found


def _grid(rows: Sequence[tuple[str, RenderableType, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(width=COLUMNS, no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    for label, drawn, told in rows:
        grid.add_row(Text(label), drawn, Text(told))
    return grid


def _bars(backend: BackendStatus, t: Language) -> Iterator[tuple[str, RenderableType, str]]:
    """Draw which share of the messages has arrived, and which of the sessions is there, where that is known."""
    if backend.progress_ratio is not None:
        yield _bar(t("replicated"), backend.progress_ratio, t)
    if backend.sessions.active is not None and backend.sessions.expected:
        yield _bar(t("connected"), min(1.0, backend.sessions.active / backend.sessions.expected), t)


def _bar(label: str, share: float, t: Language) -> tuple[str, RenderableType, str]:
    return label, ProgressBar(total=1.0, completed=share, width=COLUMNS), t.percent(share)


def _sparks(
    backend: BackendStatus, status: Status, history: Drawn, t: Language, blocks: str
) -> Iterator[tuple[str, RenderableType, str]]:
    now = status.at.timestamp()
    known = {name: past.points for name in SERIES if (past := history.get(f"{name}/{backend.name}")) and past.points}
    over = frame(now, min((points[0][0].timestamp() for points in known.values()), default=None))
    width = min(COLUMNS, over.columns)  # points come a minute apart: in narrower columns there would be gaps
    for name, points in known.items():
        line, last = sparkline(columns(points, now, over.span, width), blocks), points[-1][1]
        told = t.seconds(last) if name.endswith("_seconds") else t.number(last)
        yield t(name, span=t.seconds(over.span)), Text(line, style="cyan"), told
