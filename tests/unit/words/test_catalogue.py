"""The catalogues of both languages, held against each other."""

import ast
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

import bmrepmon.words
from bmrepmon.sources import backlog
from bmrepmon.sources.database.connection import PROBLEMS
from bmrepmon.sources.folders import tree
from bmrepmon.sources.spool import source as spool

LOCALE = Path(bmrepmon.words.__file__).parent / "locale"
AREAS = sorted(path.stem for path in (LOCALE / "en").glob("*.toml"))
ENGLISH = re.compile(
    r"\b(the|of|is|are|and|not|with|this|that|cannot|file|files|folder|read|write|missing|run|on|in|to|it|its|there)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"\{\w+\}|\[\[?\w+\]?\]|--[\w-]+|\b\w+=\S+|\[Service\]|\S*[/_.]\S+|bm-core|sudo -u cyrus \S+")
THE_SAME = {  # in both languages
    "units": {"h", "min", "s"},
    "status": {"spool", "archive", "partition", "messages", "log", "sources", "source", "replies_note"},
    "folders": {"messages"},
    "page": {"pause", "part"},
    "replay": {"replies_value", "sessions", "partitions"},
    "doctor": {"sessions", "spool", "bm_ini", "proc", "ok", "absent"},
}


def texts(code: str, area: str) -> dict[str, str]:
    """Return the texts of an area as the file has them."""
    return tomllib.loads((LOCALE / code / f"{area}.toml").read_text("utf-8"))


def values(text: str) -> list[str]:
    """Return the names of the values that a text takes."""
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def test_both_languages_have_the_same_areas() -> None:
    """No file stands alone."""
    assert sorted(path.stem for path in (LOCALE / "fr").glob("*.toml")) == AREAS
    assert len(AREAS) >= 4


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_texts(area: str) -> None:
    """No text is missing in a language, and none forgets a value."""
    english, french = texts("en", area), texts("fr", area)

    assert list(french) == list(english)
    assert {key: values(text) for key, text in french.items()} == {key: values(text) for key, text in english.items()}


@pytest.mark.parametrize("area", AREAS)
def test_nothing_french_is_left_in_english(area: str) -> None:
    """What is written alike is known to be alike, and no French sentence has an English word."""
    english, french = texts("en", area), texts("fr", area)

    alike = {key for key in french if french[key] == english[key] and not key.startswith("remedy_")}  # commands
    assert alike == THE_SAME.get(area, set())
    french = {key: text for key, text in french.items() if not key.startswith("remedy_")}
    assert not [text for text in french.values() if ENGLISH.search(QUOTED.sub("", text))]


@pytest.mark.parametrize("area", AREAS)
def test_french_punctuation_stands_apart(area: str) -> None:
    """A space before a colon, a semicolon, a question mark; apostrophes are the same everywhere."""
    wrong = re.compile(r"\w[:;?!](\s|$)|[\u2018\u2019]")

    assert not [text for text in texts("fr", area).values() if wrong.search(QUOTED.sub("x", text))]


def reasons() -> set[str]:
    """Collect the reasons for which a source may bring nothing, from wherever they are given."""
    trees = (ast.parse(path.read_text("utf-8")) for path in LOCALE.parents[1].rglob("*.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    raised = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "SourceError" and isinstance(call.args[0], ast.Constant)
    }
    tables = {*PROBLEMS, *backlog.WAYS_OUT, *tree.WAYS_OUT, *spool.WAYS_OUT}
    return {*map(str, raised), *tables, "no_data", "partial", "unwritable", "invalid", "damaged"}


def test_every_reason_of_a_source_has_its_sentence() -> None:
    """What fails is told in the language of the reader, with the way out; nothing is told that never happens."""
    assert {f"why_{reason}" for reason in reasons()} == texts("en", "sources").keys() - {"exact"}
