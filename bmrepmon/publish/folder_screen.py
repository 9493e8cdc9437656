"""The live screen of `folders --watch`: what is missing in all, above the folders one by one."""

from collections.abc import Iterator
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bmrepmon.publish.document import BackendStatus, Status
from bmrepmon.publish.folder_text import render_folders
from bmrepmon.publish.folders import Folders
from bmrepmon.publish.glance import lateness
from bmrepmon.words.language import UNKNOWN, Language

BAR = 8  # cells


def draw_folders(folders: Folders, status: Status, screen: Console, t: Language) -> RenderableType:
    """Return what is kept on ``screen``, in the texts of ``folders``."""
    sums = Table.grid(padding=(0, 2, 0, 0))
    for backend in status.backends:
        sums.add_row(*_sums(backend, status, t))
    head = Text(f"bmrepmon {status.version}  {t.moment(folders.at)}")
    return Group(head, Text(), sums, Text(), _list(folders, screen, t))


def _sums(backend: BackendStatus, status: Status, t: Language) -> Iterator[RenderableType]:
    """Yield name, share that has arrived, and what is missing."""
    found, ratio = backend.folders, backend.progress_ratio
    yield Text(backend.name, style="bold")
    yield Text(UNKNOWN) if ratio is None else ProgressBar(total=1.0, completed=ratio, width=BAR)
    yield Text(UNKNOWN if ratio is None else t.percent(ratio))
    told = (found.lag_folders, found.lag_messages) if found else (None, None)
    age = " ".join(filter(None, lateness(backend, status, t)))
    yield Text(t("sums", folders=t.number(told[0]), messages=t.number(told[1]), age=age))


def _list(folders: Folders, screen: Console, t: Language) -> Text:
    """Write the folders as without --watch, for a terminal as wide as the screen."""
    paper = StringIO()
    render_folders(
        folders, Console(file=paper, width=screen.width, force_terminal=screen.is_terminal, highlight=False), t
    )
    return Text.from_ansi(paper.getvalue())
