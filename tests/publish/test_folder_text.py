"""The table of folders, as it looks in terminals of different widths and outside of any."""

import os
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import snapshots
from rich.cells import cell_len
from rich.console import Console

from bmrepmon.publish.folder_text import fit, render_folders, shorten
from bmrepmon.publish.folders import Folders, list_folders
from bmrepmon.words.language import load_language

LONG, DEEP = "jean-baptiste.delatour@montagne.example.net", "Projets/2024/Clients importants/Été & hiver"
GOLDEN = Path(__file__).parents[1] / "fixtures" / "golden"


def folders() -> Folders:
    """Return one folder of every kind, and before them one with long names."""
    found = list_folders(snapshots.full(), "all", "lag", 10)
    first, *others = found.folders
    long = replace(first, mailbox=LONG, folder=DEEP, lag_messages=1_234_567)
    return replace(found, folders=(long, replace(first, mailbox="tom@b.test", folder="INBOX"), *others))


def drawn(found: Folders, language: str = "en", width: int | None = None, encoding: str = "utf-8") -> str:
    """Return what is printed, in a terminal of a width or into a pipe."""
    raw = BytesIO()
    with TextIOWrapper(raw, encoding, errors="replace", write_through=True) as file:
        console = Console(file=file, width=width, force_terminal=width is not None, color_system=None)
        render_folders(found, console, load_language(language, "folders"))
        return raw.getvalue().decode(encoding)


@pytest.mark.parametrize(("language", "width"), [("en", 80), ("fr", 80), ("en", 160)])
def test_each_folder_has_one_line(language: str, width: int) -> None:
    """Long names lose their middle where there is no room, numbers stand on the right; UPDATE_GOLDEN=1 accepts."""
    golden = GOLDEN / f"folders-{language}-{width}.txt"
    text = drawn(folders(), language, width)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, "utf-8")

    assert text.splitlines() == golden.read_text("utf-8").splitlines()
    assert max(map(cell_len, text.splitlines())) <= width


def test_a_pipe_gets_whole_names() -> None:
    """Nothing is shortened where no person reads, however wide the terminal is from which it was started."""
    assert drawn(folders()) == drawn(folders(), width=160)


def test_a_narrow_terminal_keeps_the_numbers_whole() -> None:
    """Names are left with six cells; a line may then be longer than the terminal."""
    lines = drawn(folders(), width=30).splitlines()

    assert {cell_len(line) for line in lines} == {62}
    assert lines[1].split() == ["jea…et", "Pro…er", "behind", "1,234,567", "10", "45", "s", "ago", "25"]


def test_a_terminal_without_an_ellipsis_gets_one_cell_all_the_same() -> None:
    """Three dots would shift the columns."""
    assert "jean-b~e.net  Projet~hiver  behind" in drawn(folders(), width=80, encoding="ascii")


def test_letters_of_two_cells_shift_nothing() -> None:
    """Columns are counted in cells, and no half letter is shown."""
    found = folders()
    wide = replace(found, folders=(replace(found.folders[0], folder="漢字" * 20), *found.folders[1:]))

    assert len({cell_len(line) for line in drawn(wide, width=81).splitlines()}) == 1


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("INBOX", 5, "INBOX"),
        ("INBOXES", 5, "IN~ES"),
        ("INBOXES", 6, "INB~ES"),
        ("漢字漢字", 8, "漢字漢字"),
        ("漢字漢字", 7, "漢 ~ 字"),
    ],
)
def test_the_middle_is_left_out(name: str, width: int, shown: str) -> None:
    """What is shown has the cells that were asked for."""
    assert shorten(name, width, "~") == shown


@pytest.mark.parametrize(
    ("widths", "room", "expected"),
    [
        ([30, 12, 10], 60, [30, 12, 10]),
        ([30, 12, 10], 40, [18, 12, 10]),
        ([30, 25, 10], 40, [15, 15, 10]),
        ([30, 25, 4], 3, [6, 6, 4]),
    ],
)
def test_only_the_widest_columns_give_way(widths: list[int], room: int, expected: list[int]) -> None:
    """A narrow column is not cut for a wide one."""
    assert fit(widths, room) == expected
