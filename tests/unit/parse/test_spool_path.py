"""Paths below the spool: names, namespaces, hash letters and what is no folder of BlueMind."""

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.folders import FolderPath
from bmrepmon.model.names import MailboxName
from bmrepmon.parse.mailbox_name import parse_mailbox_name
from bmrepmon.parse.spool_path import hash_letter, parse_folder_path, path_of

RECORDED = Path(__file__).parents[2] / "fixtures" / "cyrus" / "status.json"
ROOT = "srv__bm_lan/domain/b/bm.lan"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("n/user/nico", ("users", "nico", "INBOX", None)),
        ("n/user/nico/Sent/2024", ("users", "nico", "Sent/2024", None)),
        ("n/user/nico/v1^2 notes", ("users", "nico", "v1.2 notes", None)),
        ("n/user/nico/&AMk-l&AOk-ments trait&AOk-s", ("users", "nico", "Éléments traités", None)),
        ("j/user/jean^dupont/&AMk-t&AOk- &- hiver", ("users", "jean.dupont", "Été & hiver", None)),
        ("q/user/4you/Trash", ("users", "4you", "Trash", None)),
        ("c/commerce", ("shared", "commerce", "", None)),
        ("s/commerce/Sent", ("shared", "commerce", "Sent", None)),
        ("c/commerce/Clients &AOk-t&AOk-/Nord", ("shared", "commerce", "Clients été/Nord", None)),
        ("u/DELETED/user/mehdi/6B0386A9", ("deleted", "mehdi", "INBOX", 0x6B0386A9)),
        ("u/DELETED/user/jean^dupont/Projets/A b c/6B0386A9", ("deleted", "jean.dupont", "Projets/A b c", 0x6B0386A9)),
        ("c/DELETED/commerce/Sent/6B0386A9", ("deletedShared", "commerce", "Sent", 0x6B0386A9)),
    ],
)
def test_a_path_tells_the_name(path: str, name: tuple[str, str, str, int | None]) -> None:
    """Paths of a Cyrus 3.6 laboratory with BlueMind's settings, as text and as bytes."""
    namespace, mailbox, folder, deleted_at = name
    expected = FolderPath("srv__bm_lan", MailboxName("bm.lan", namespace, mailbox, folder, deleted_at))  # type: ignore[arg-type]

    assert parse_folder_path(f"{ROOT}/{path}") == expected
    assert parse_folder_path(f"{ROOT}/{path}".encode()) == expected
    assert expected.deleted is (deleted_at is not None)


def test_every_recorded_path_has_a_name() -> None:
    """The paths beside the recorded files are all understood."""
    folders = json.loads(RECORDED.read_text())["folders"]

    assert [folder["path"] for folder in folders if parse_folder_path(folder["path"]).name is None] == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "srv__bm_lan",
        "srv__bm_lan/stage.",
        "srv__bm_lan/domain/b/bm.lan",
        "srv__bm_lan/domain/b/bm.lan/n",
        "srv__bm_lan/domain/c/bm.lan/n/user/nico",
        "srv__bm_lan/domain/b/bm.lan/c/commerce/Sent",
        "srv__bm_lan/domain/b/bm.lan/n/user/nico/stage.",
        "srv__bm_lan/domain/b/bm.lan/n/user/nico//Sent",
        "srv__bm_lan/domain/b/bm.lan/n/user/nico/",
        "srv__bm_lan/uuid/6/b/6b0386a9-1111-4222-8333-444444444444",
        "default/t/user/tom",
    ],
)
def test_what_cyrus_would_not_write_has_no_name(path: str) -> None:
    """A wrong letter, a work directory, another layout: the partition is known, the name is not guessed."""
    assert parse_folder_path(path) == FolderPath(path.partition("/")[0], None)


def test_the_default_partition_is_told() -> None:
    """Data created past BlueMind lies there, with or without a domain."""
    path = parse_folder_path("default/domain/b/bm.lan/t/user/tom")

    assert (path.partition, path.name and path.name.mailbox, path.deleted) == ("default", "tom", False)


def test_names_that_are_no_utf8_are_still_names() -> None:
    """Foreign bytes in a path are replaced, so that the name can be shown anywhere."""
    raw = f"{ROOT}/n/user/nico/caf".encode() + b"\xe9"
    named = parse_folder_path(raw)

    assert named == parse_folder_path(raw.decode("utf-8", "surrogateescape"))
    assert named.name is not None
    assert named.name.folder == "caf\N{REPLACEMENT CHARACTER}"


LEVEL = st.text(st.characters(codec="ascii", exclude_characters="./&^\0"), min_size=1, max_size=8)


@given(LEVEL, st.lists(LEVEL, max_size=3))
def test_every_user_folder_is_found_below_its_letter(login: str, levels: list[str]) -> None:
    """Whatever login and levels, the path made from them gives them back."""
    path = "/".join([ROOT, hash_letter(login), "user", login, *levels])
    name = parse_folder_path(path).name

    assert name == MailboxName("bm.lan", "users", login, "/".join(levels) or "INBOX")


@pytest.mark.parametrize("share", [False, True])
@given(levels=st.lists(LEVEL, min_size=1, max_size=4))
def test_a_name_tells_the_path_that_tells_the_name(levels: list[str], *, share: bool) -> None:
    """Of users and shares, which Cyrus hashes by another level."""
    levels = levels if share else ["user", *levels]
    path = path_of(f"bm.lan!{'.'.join(levels)}")
    name = parse_folder_path(f"srv__bm_lan/{path}").name

    assert name == parse_mailbox_name(f"bm.lan!{'.'.join(levels)}")
    assert name is not None
    assert path.endswith("/".join(["", *levels]))


@given(st.binary(max_size=120))
def test_any_bytes_have_a_partition(path: bytes) -> None:
    """There is no exception."""
    assert isinstance(parse_folder_path(path).partition, str)
