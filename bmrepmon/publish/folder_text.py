"""Folders one by one, for the terminal and for a spreadsheet."""

import csv
from dataclasses import asdict, fields
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bmrepmon.publish.folders import Folder, Folders
from bmrepmon.words.language import UNKNOWN, Language


def render_folders(folders: Folders, console: Console, t: Language) -> None:
    """Print the folders as a table, in the texts of ``folders``."""
    if not folders.folders:
        console.print(Text(t("none")))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for label in ("mailbox", "folder"):
        table.add_column(t(label), overflow="fold", min_width=12)
    table.add_column(t("state"), no_wrap=True)
    for label in ("lag_messages", "lag_changes", "since", "messages"):
        table.add_column(t(label), justify="right", no_wrap=True)
    for folder in folders.folders:
        table.add_row(*map(Text, _row(folder, folders, t)))
    console.print(table)
    if len(folders.folders) < folders.total:
        console.print(Text(t("more", shown=t.number(len(folders.folders)), total=t.number(folders.total))))


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


def _shown(name: str | None) -> str:
    """Write a name so that it can neither break a line nor command the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name or "")
