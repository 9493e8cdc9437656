"""cyrus.header: recorded files, both forms, and whatever else may lie there."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.folders import Damage, FolderIdentity
from bmrepmon.parse.cyrus_header import MAGIC, parse_header_file

RECORDED = Path(__file__).parents[2] / "fixtures" / "cyrus"
FOLDERS: list[dict[str, Any]] = json.loads((RECORDED / "status.json").read_text())["folders"]


def text_form(first_line: bytes) -> bytes:
    return MAGIC + first_line + b"\n$label1 $Forwarded \ntom@acme.test\tlrswipkxtecda\t\n"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder["folder"])
def test_a_recorded_header_tells_its_folder(folder: dict[str, Any]) -> None:
    """Unique id and quota root of the list form, with and without quoted names, lists and a quota root."""
    raw = (RECORDED / folder["folder"] / "cyrus.header").read_bytes()

    assert parse_header_file(raw) == FolderIdentity(folder["unique_id"], folder["quota_root"])


def test_the_text_form_is_one_line_with_a_tab() -> None:
    """Cyrus 3.0, as BlueMind 4 ships it: quota root, tab, unique id."""
    raw = text_form(b"acme.test!user.tom\t5596488a58661ddc")

    assert parse_header_file(raw) == FolderIdentity("5596488a58661ddc", "acme.test!user.tom")


def test_the_text_form_may_lack_a_quota_root() -> None:
    """A share without quota begins its line with the tab."""
    raw = text_form(b"\t2c6c0f5e-23b4-4f1c-8e51-0d3f8a9b7c61")

    assert parse_header_file(raw) == FolderIdentity("2c6c0f5e-23b4-4f1c-8e51-0d3f8a9b7c61", None)


@pytest.mark.parametrize(
    "name",
    [
        b"acme.test!user.tom",
        b'"acme.test!user.tom.I fake Q other"',
        rb'"acme.test!user.tom.say \"I fake Q other\" \\"',
        b'{35+}\r\nacme.test!user.tom.") I fake Q other',
        b'"acme.test!user.tom.) %( I fake"',
    ],
)
def test_a_name_cannot_be_taken_for_an_identity(name: bytes) -> None:
    """A folder may be called anything: quotes, escapes and literals keep their content to themselves."""
    name = name.replace(b"{35+}", b"{%d+}" % len(name.partition(b"\n")[2]))
    raw = MAGIC + b"%(T el N " + name + b" A %(tom I Q root) I 5596488a58661ddc Q acme.test!user.tom)\n"

    assert parse_header_file(raw) == FolderIdentity("5596488a58661ddc", "acme.test!user.tom")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "too_short"),
        (MAGIC[:50], "too_short"),
        (MAGIC, "too_short"),
        (MAGIC + b"acme.test!user.tom\t5596488a58661ddc", "too_short"),
        (bytes(300), "bad_magic"),
        (MAGIC.lower() + b"\t5596488a58661ddc\n", "bad_magic"),
        (text_form(b"acme.test!user.tom"), "no_unique_id"),
        (text_form(b"acme.test!user.tom\t"), "no_unique_id"),
        (text_form(b"acme.test!user.tom\t5596 488a"), "no_unique_id"),
        (text_form(b"acme.test!user.tom\t" + bytes(16)), "no_unique_id"),
        (MAGIC + b"%(T el N acme.test!user.tom", "no_unique_id"),
        (MAGIC + b"%(T el N acme.test!user.tom A %(I 5596488a58661ddc))", "no_unique_id"),
        (MAGIC + b"%(T el) I 5596488a58661ddc Q root", "no_unique_id"),
        (MAGIC + b"%(I () Q root)", "no_unique_id"),
    ],
)
def test_a_damaged_header_is_unknown_by_its_reason(raw: bytes, reason: str) -> None:
    """No unique id is ever made up."""
    assert parse_header_file(raw) == Damage(reason)  # type: ignore[arg-type]


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_an_identity_or_damage(body: bytes, listed: bool) -> None:
    """There is no third outcome, and no exception."""
    raw = MAGIC + (b"%(" if listed else b"") + body

    assert isinstance(parse_header_file(raw), FolderIdentity | Damage)


def test_mutated_headers_never_raise() -> None:
    """Flipped and cut copies of the recorded files are read or damaged."""
    chance = random.Random(20260130)  # noqa: S311
    originals = [(RECORDED / folder["folder"] / "cyrus.header").read_bytes() for folder in FOLDERS]
    outcomes = set()
    for _ in range(10_000):
        raw = bytearray(chance.choice(originals))
        for _ in range(3):
            raw[chance.randrange(len(MAGIC), len(raw))] = chance.randrange(256)
        outcomes.add(type(parse_header_file(bytes(raw[: chance.randint(len(MAGIC), len(raw))]))))

    assert outcomes == {FolderIdentity, Damage}
