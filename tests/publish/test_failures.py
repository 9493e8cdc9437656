"""The table of failures in the documentation, held against the reasons that the verdict has."""

import re
from pathlib import Path

import pytest

import bmrepmon.model.verdict
from bmrepmon.words.language import LANGUAGES, load_language

ROOT = Path(__file__).parents[2]
RULES = Path(bmrepmon.model.verdict.__file__).parent
REASONS = {key.removeprefix("reason_") for key in load_language("en", "verdict").texts if key.startswith("reason_")}
NOBODY = {  # what ends by itself, or needs nobody
    "core_restarted", "draining", "long_batch", "no_heartbeat", "quiet", "replicating", "warming_up", "working",
}  # fmt: skip


def named() -> list[str]:
    """Return the codes of the table, row by row."""
    text = (ROOT / "docs/explanation/verdict.md").read_text("utf-8")
    table = text.partition("## Every failure")[2].partition("\n## ")[0]
    rows = [row.split(" | ")[1] for row in table.splitlines() if row.startswith("| ") and "`" in row]
    return [code for row in rows for code in re.findall(r"`(\w+)`", row)]


def test_every_reason_has_its_failure() -> None:
    """No code is missing in the table, and none is there that nobody gives."""
    assert set(named()) == REASONS


def test_every_reason_is_given_by_a_rule() -> None:
    """No sentence is left over."""
    code = "".join((RULES / name).read_text("utf-8") for name in ("rules.py", "causes.py"))

    assert {reason for reason in REASONS if f'"{reason}"' not in code} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_one_sentence_and_tells_what_to_type(language: str) -> None:
    """Whoever reads it at night reads it once; what ends by itself asks for nothing."""
    t = load_language(language, "verdict")

    for reason in REASONS:
        assert re.fullmatch(r"([A-ZÀÉ]|bm|sync_client|replication\.log).*[.?]", t(f"reason_{reason}")), reason
        assert len(t(f"reason_{reason}")) <= 140
    assert {reason for reason in REASONS if not t.texts[f"remedy_{reason}"]} == NOBODY
