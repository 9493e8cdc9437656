"""The tables behind the page are complete."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bmrepmon.model.verdict.evidence import Evidence
from bmrepmon.model.verdict.states import VERDICT_STATES
from bmrepmon.publish.page.charts import PLANS
from bmrepmon.publish.page.reasons import RUNBOOKS
from bmrepmon.publish.runbooks import Runbooks
from bmrepmon.words.language import load_language

PUBLISH = Path(__file__).parents[2] / "bmrepmon/publish"
MADE = ("state_", "reason_", "remedy_", "impact_", "evidence_", "delta_", "chart_", "unit_", "line_", "limit_")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_figure_of_a_verdict_has_a_label(language: str) -> None:
    """A rule that looks at another number needs a word for it, in page.toml."""
    numbers = {field.name for field in fields(Evidence) if re.search(r"int|float", str(field.type))} - {"errors"}

    labels = load_language(language, "page").texts
    assert {name for name in numbers - {"sessions", "expected"} if f"evidence_{name}" not in labels} == set()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_state_says_whose_mail_it_concerns(language: str) -> None:
    """And every chart has its name and its unit."""
    t = load_language(language, "page")

    assert [state for state in VERDICT_STATES if not t(f"impact_{state}")] == []
    assert [plan.name for plan in PLANS if not (t(f"chart_{plan.name}") and t(f"unit_{plan.unit}"))] == []


def test_every_runbook_is_there_and_every_reason_is_one() -> None:
    """No link of the page leads nowhere."""
    texts = load_language("en", "page").texts

    assert set(RUNBOOKS.values()) <= set(Runbooks().titles("en"))
    assert [key for key in RUNBOOKS if f"reason_{key}" not in texts and key not in VERDICT_STATES] == []


def test_no_text_of_the_page_is_left_over() -> None:
    """Whatever stands in the catalogue is shown somewhere."""
    sources = "".join(path.read_text("utf-8") for path in PUBLISH.rglob("*") if path.suffix in {".py", ".html"})
    keys = re.findall(r"^(\w+) = ", (PUBLISH.parent / "words/locale/en/page.toml").read_text("utf-8"), re.MULTILINE)

    assert len(keys) > 60
    assert [key for key in keys if not key.startswith(MADE) and f't("{key}"' not in sources] == []
