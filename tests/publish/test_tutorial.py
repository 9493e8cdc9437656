"""What the tutorial says of the page is what the page says."""

import re
from pathlib import Path

import pictured
import pytest

from bmrepmon.publish.page.house import House
from bmrepmon.publish.page.pages import Pages
from bmrepmon.publish.page.sight import look
from bmrepmon.words.language import load_language

DOCS = Path(__file__).parents[2] / "docs"
PLACES = (
    "missing",
    "until",
    "what_to_do",
    "judged_by",
    "waterfall",
    "worst",
    "sources",
    "nothing_here",
    "unjudged",
    "pause",
)


def tutorial(language: str) -> str:
    """Read the tutorial, its lines joined and its marks taken out."""
    path = DOCS / "tutorial" / ("reading-the-page.md" if language == "en" else "reading-the-page.fr.md")
    return " ".join(path.read_text("utf-8").replace("*", "").replace("`", "").split())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_place_is_called_what_the_page_calls_it(language: str) -> None:
    """Whoever looks for a word of the tutorial finds it on the screen."""
    t = load_language(language, "page")
    text = tutorial(language).lower()

    assert [place for place in PLACES if t(place).lower() not in text] == []
    assert [
        state for state in ("unknown", "idle", "residue", "stalled") if t(f"state_{state}").lower() not in text
    ] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_stall_of_the_tutorial_is_the_stall_of_the_picture(language: str) -> None:
    """Figures, reason and commands are those of the page that was photographed."""
    page = Pages().landing(look(pictured.picture("stalled"), "", House()), language)
    words = " ".join(re.sub(r"<[^>]+>", " ", page).replace("&#39;", "'").split())

    assert load_language(language, "page")("reason_sync_client_hung").rstrip(".") in tutorial(language)
    for told in ("732", "38", "26", "tail -3 /var/log/mail.log", "systemctl restart bm-cyrus-syncclient"):
        assert told in words
        assert told in tutorial(language)


def test_every_picture_of_the_documentation_is_there() -> None:
    """And none is large."""
    named = {
        (page.parent / target).resolve()
        for page in (DOCS / "tutorial").glob("*.md")
        for target in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text("utf-8"))
    }
    sizes = [picture.stat().st_size for picture in (DOCS / "images").glob("*.png")]

    assert named
    assert [picture for picture in named if not picture.exists()] == []
    assert max(sizes) <= 150_000
    assert sum(sizes) <= 3_000_000
