"""Folders one by one, over HTTP, in a terminal and as CSV."""

import csv
import json
from dataclasses import fields, replace
from io import StringIO
from typing import Any

import pytest
import snapshots
from rich.console import Console
from served import Served

from bmrepmon.publish.folder_text import csv_text, render_folders
from bmrepmon.publish.folders import SORTS, STATES, Folder, list_folders
from bmrepmon.words.language import load_language


def asked(served: Served, query: str = "") -> dict[str, Any]:
    answer, body = served.ask(f"/api/v1/folders{query}")
    assert answer.status == 200, body
    document: dict[str, Any] = json.loads(body)
    return document


def test_folders_that_are_behind_come_unless_others_are_asked_for(served: Served) -> None:
    """With both sides, how far, and since when."""
    document = asked(served)
    (folder,) = document["folders"]

    assert document["total"] == 1
    assert folder == {
        "backend": "bm-master",
        "partition": "bm-master__example_net",
        "mailbox": None,
        "folder": None,
        "path": "bm-master__example_net/INBOX",
        "unique_id": "INBOX",
        "state": "lagging",
        "reason": None,
        "lag_messages": 3,
        "lag_changes": 10,
        "since": "2023-11-14T22:12:35Z",
        "changed_at": "2023-11-14T22:12:35Z",
        "messages": 25,
        "last_uid": 40,
        "highest_modseq": 100,
        "replica_last_uid": 37,
        "replica_highest_modseq": 90,
    }


@pytest.mark.parametrize(
    ("state", "paths"),
    [("passive", {"never"}), ("unknown", {"damaged"}), ("replicated", {"Sent", "Drafts"}), ("default", {"own"})],
)
def test_each_state_has_its_folders(served: Served, state: str, paths: set[str]) -> None:
    """And all of them together are all."""
    found = asked(served, f"?state={state}")["folders"]

    assert {folder["path"].rpartition("/")[2] for folder in found} == paths
    assert {folder["state"] for folder in found} == {state}
    assert asked(served, "?state=all")["total"] == 6
    assert {folder["lag_messages"] for folder in found} == ({0} if state == "replicated" else {None})


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_puts_the_right_one_first(served: Served, sort: str) -> None:
    """What is unknown comes last, and a limit takes from the front."""
    found = [folder["path"] for folder in asked(served, f"?state=all&sort={sort}")["folders"]]

    assert len(found) == 6
    assert asked(served, f"?state=all&sort={sort}&limit=1")["folders"][0]["path"] == found[0]
    if sort in ("lag", "since"):
        assert found[0].endswith("/INBOX")
    if sort == "name":
        assert found == sorted(found)
    if sort == "messages":
        assert found[-1].endswith("/damaged")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?state=late", "state is none of " + ", ".join(STATES)),
        ("?sort=size", "sort is none of lag, since, messages, name"),
        ("?limit=-1", "limit is no number from 0 to 100000"),
        ("?limit=1e9", "limit is no number from 0 to 100000"),
        ("?limit=100001", "limit is no number from 0 to 100000"),
    ],
)
def test_a_wrong_question_is_told(served: Served, query: str, told: str) -> None:
    """The answer says what may be asked, and repeats nothing."""
    answer, body = served.ask(f"/api/v1/folders{query}")

    assert (answer.status, json.loads(body)) == (400, {"error": told})


def test_nothing_compared_is_an_empty_list() -> None:
    """And no error."""
    assert list_folders(snapshots.unknown(), "all", "lag", 10).folders == ()


def test_csv_is_one_line_a_folder() -> None:
    """Headings are the names of the JSON; unknown is an empty cell."""
    rows = list(csv.DictReader(StringIO(csv_text(list_folders(snapshots.full(), "all", "lag", 10)))))

    assert len(rows) == 6
    assert list(rows[0]) == [field.name for field in fields(Folder)]
    assert (rows[0]["lag_messages"], rows[0]["since"]) == ("3", "2023-11-14T22:12:35+00:00")
    assert {row["unique_id"] for row in rows if row["state"] == "unknown"} == {""}


def test_no_name_becomes_a_formula_or_commands_the_terminal() -> None:
    """Whoever names a folder does not decide what happens where it is read."""
    found = list_folders(snapshots.full(), "lagging", "lag", 1)
    (folder,) = found.folders
    evil = replace(found, folders=(replace(folder, mailbox="=cmd()@a", folder="\x1b[2J\n"),))
    (row,) = csv.DictReader(StringIO(csv_text(evil)))
    console = Console(width=120, record=True, file=StringIO())
    render_folders(evil, console, load_language("en", "folders"))
    text = console.export_text()

    assert row["mailbox"] == "'=cmd()@a"
    assert "\x1b" not in text
    assert "\\x1b[2J\\n" in text


@pytest.mark.parametrize(("code", "behind"), [("en", "behind"), ("fr", "en retard")])
def test_the_table_says_how_far_and_how_many_more(code: str, behind: str) -> None:
    """In the language of the reader."""
    console = Console(width=140, record=True, file=StringIO())
    found = list_folders(snapshots.full(), "all", "lag", 2)
    render_folders(found, console, load_language(code, "folders"))
    text = console.export_text()

    assert behind in text
    assert "6" in text.splitlines()[-1]
    assert "--limit" in text
