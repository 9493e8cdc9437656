from html.parser import HTMLParser

import pytest
import snapshots
from served import Served

from bmrepmon.publish.document import Status
from bmrepmon.publish.page import Pages
from bmrepmon.publish.status import describe

VOID = {"meta", "link"}


class Reader(HTMLParser):
    """Collects a page's words, links and styles, and finds tags that are not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"} and value]
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag in {"script", "style"} else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_english_is_for_those_who_read_it(served: Served) -> None:
    """The page answers how much, how different, who is connected and what failed."""
    answer, body = served.ask("/", Accept_Language="en-GB")
    text = Reader(body.decode()).text

    assert answer.headers["Content-Language"] == "en"
    assert "Spool 12,345 messages in 210 folders, 12,900 files in all counted 12 s ago" in text
    assert "Directories that could not be read: 1" in text
    assert "Difference -10 message files minus bodies" in text
    assert "Replication sessions 4 of 4 expected" in text
    assert "bj-data on mail2.example.net:5432 refuses connections: is PostgreSQL running?" in text


def test_french_is_for_those_who_read_it(served: Served) -> None:
    """Texts, thousands and ages are French."""
    answer, body = served.ask("/", Accept_Language="fr-FR,fr;q=0.9,en;q=0.5")
    text = Reader(body.decode()).text

    assert answer.headers["Content-Language"] == "fr"
    assert 'lang="fr"' in body.decode()
    assert "Surveillance de la réplication BlueMind" in text
    assert "compté il y a 12 s" in text
    assert "en échec" in text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("status", [describe(snapshots.full()), describe(snapshots.unknown())], ids=["full", "unknown"])
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(status: Status, language: str) -> None:
    """Every tag is closed; there is no script, no inline style, no link to another host."""
    page = Reader(Pages().landing(status, language))

    assert page.open == []
    assert page.inline == []
    assert [link for link in page.links if ":" in link or link.startswith("/")] == []


def test_every_link_of_the_page_works(served: Served) -> None:
    """Whatever the page names is there."""
    page = Reader(served.ask("/")[1].decode())

    assert {link: served.ask(f"/{link}")[0].status for link in page.links} == dict.fromkeys(page.links, 200)
    assert {"metrics", "api/v1/status", "-/healthy", "-/ready"} <= set(page.links)


def test_what_is_not_known_is_a_dash() -> None:
    """A daemon that has read nothing shows no zero."""
    text = Reader(Pages().landing(describe(snapshots.unknown()), "en")).text

    assert "Spool \u2013 Archives \u2013" in text
    assert "Difference \u2013" in text


def test_text_from_outside_is_shown_as_text() -> None:
    """A partition or error that looks like a tag is not one."""
    status = describe(snapshots.full())
    evil = status.sources[0].__class__("<script>alert(1)</script>", "", False, None, None, None, "x", "<img src=x>")
    page = Pages().landing(
        Status(status.at, status.version, status.at, (), None, None, None, (evil,)),
        "en",
    )

    assert "<script" not in page
    assert "<img" not in page
