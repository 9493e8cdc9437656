"""Folders one by one, for the terminal and for a spreadsheet."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, fields
from io import StringIO
from itertools import islice

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from bmrepmon.publish.folders import Folder, Folders
from bmrepmon.words.language import UNKNOWN, Language

LABELS = ("mailbox", "folder", "state", "lag_messages", "lag_changes", "since", "messages")
NAMES = 3  # columns that stand on the left and may be shortened; the others are numbers
NARROWEST = 6  # cells of a column, below which a name tells nothing
GAP = "  "


def render_folders(folders: Folders, console: Console, t: Language) -> None:
    """Print the folders as a table, in the texts of ``folders``.

    In a terminal names are shortened, so that every folder has one line; elsewhere nothing is.
    """
    if not folders.folders:
        console.print(Text(t("none")))
        return
    rows = [tuple(t(label) for label in LABELS), *(_row(folder, folders, t) for folder in folders.folders)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if console.is_terminal:
        room = console.width - len(GAP) * (len(LABELS) - 1) - sum(widths[NAMES:])
        widths[:NAMES] = fit(widths[:NAMES], room)
    mark = "~" if console.options.ascii_only else "\u2026"
    head, *lines = (_line(row, widths, mark) for row in rows)
    console.out(head, style="dim", highlight=False)
    console.out("\n".join(lines), highlight=False)
    if len(folders.folders) < folders.total:
        console.print(Text(t("more", shown=t.number(len(folders.folders)), total=t.number(folders.total))))


def fit(widths: Sequence[int], room: int) -> list[int]:
    """Cut the widest columns, and only these, until all have room; none below ``NARROWEST``.

    >>> fit([30, 12, 10], 40)
    [18, 12, 10]
    """
    most = max(widths)
    while most > NARROWEST and sum(min(width, most) for width in widths) > room:
        most -= 1
    return [min(width, most) for width in widths]


def shorten(name: str, width: int, mark: str) -> str:
    """Leave out the middle: how a name begins and how it ends tell most.

    >>> shorten("Projets/2024/Clients", 12, "~")
    'Projet~ients'
    """
    if cell_len(name) <= width:
        return name
    end = (width - 1) // 2
    return f"{set_cell_size(name, width - 1 - end)}{mark}{set_cell_size(name[::-1], end)[::-1]}"


def csv_text(folders: Folders) -> str:
    """Return the folders as CSV (RFC 4180) with a line of headings; unknown is an empty cell."""
    text = StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Folder)])
    writer.writeheader()
    for folder in folders.folders:
        writer.writerow({name: _cell(value) for name, value in asdict(folder).items()})
    return text.getvalue()


def _cell(value: object) -> object:
    """Write a time in ISO 8601; keep a name from being taken for a formula by whatever opens the file."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
    return value.isoformat() if hasattr(value, "isoformat") else value


def _row(folder: Folder, folders: Folders, t: Language) -> tuple[str, ...]:
    state = t(f"state_{folder.state}") + (f" ({folder.reason})" if folder.reason else "")
    known = folder.mailbox is not None
    return (
        _shown(folder.mailbox if known else folder.path),
        _shown(folder.folder) if known else UNKNOWN,
        state,
        t.number(folder.lag_messages),
        t.number(folder.lag_changes),
        t.age(folder.since, folders.at),
        t.number(folder.messages),
    )


def _line(row: Sequence[str], widths: Sequence[int], mark: str) -> str:
    """Write names from the left and numbers to the right."""
    fitted = zip(row, widths, strict=True)
    names = [set_cell_size(shorten(name, width, mark), width) for name, width in islice(fitted, NAMES)]
    return GAP.join((*names, *(f"{' ' * (width - cell_len(number))}{number}" for number, width in fitted)))


def _shown(name: str | None) -> str:
    """Write a name so that it can neither break a line nor command the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name or "")
