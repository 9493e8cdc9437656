import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pictured
import pytest
import snapshots
from hypothesis import given, settings, strategies as st
from markupsafe import escape
from served import Served

from bmrepmon.model.frozen import frozen
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.publish.page.house import House
from bmrepmon.publish.page.pages import Pages
from bmrepmon.publish.page.sight import look
from bmrepmon.publish.wording import commands, remedy
from bmrepmon.words.language import load_language

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
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in dict(attrs)) else []

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


@cache
def pages() -> Pages:
    """Read templates and texts once."""
    return Pages()


def landing(snapshot: Snapshot, language: str = "en", wanted: str = "", **house: object) -> Reader:
    """Render and read the page of a snapshot."""
    return Reader(pages().landing(look(snapshot, wanted, House(**house)), language))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["full", "unknown", "single"])
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(name: str, language: str) -> None:
    """Every tag is closed; there is no inline script or style, no link to another host."""
    page = landing(getattr(snapshots, name)(), language)

    assert page.open == []
    assert page.inline == []
    assert [link for link in page.links if ":" in link or link.startswith("/")] == []


def test_every_link_of_the_page_works(served: Served) -> None:
    """Whatever the page names is there."""
    links = {link.partition("#")[0] for link in Reader(served.ask("/")[1].decode()).links}

    assert {link: served.ask(f"/{link}")[0].status for link in links} == dict.fromkeys(links, 200)
    assert {"metrics", "api/v1/status", "-/healthy", "-/ready", "runbooks/BlueMindReplicationCatchingUp"} <= links


def test_what_is_not_known_is_a_dash() -> None:
    """A daemon that has read nothing shows no zero."""
    text = landing(snapshots.unknown()).text

    assert "Spool \u2013 Archives \u2013" in text
    assert "Missing by now \u2013" in text
    assert "Not judged yet" in text
    assert "The first points come within a minute" in text


def test_the_worst_backend_is_shown_unless_another_is_asked_for() -> None:
    """Every backend has its card, and one of them all the rest."""
    worst, asked = landing(pictured.many(5)), landing(pictured.many(5), wanted="mail01.example.net")

    assert "Falling behind More comes in than is replicated." in worst.text
    assert "Details of mail04.example.net" in worst.text
    assert "Details of mail01.example.net" in asked.text
    assert [link for link in worst.links if "backend=" in link] == [f"?backend=mail0{n}.example.net" for n in range(5)]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", pictured.SCENES)
def test_every_verdict_says_what_is_wrong_and_what_to_do(name: str, language: str) -> None:
    """State, reason, whose mail, since when, the figures behind it and every command are there, in both languages."""
    t = load_language(language, "page")
    finding = pictured.SCENES[name].finding
    page = landing(pictured.picture(name), language)

    assert page.open == []
    for text in (t(f"state_{name}"), t(f"reason_{finding.reason}"), t(f"impact_{name}"), t("judged_by")):
        assert " ".join(text.split()) in page.text
    for command, remark in commands(remedy(t, finding.reason)):
        assert command in page.text
        assert remark in page.text
    assert t("nothing_to_do") in page.text or remedy(t, finding.reason)


@pytest.mark.parametrize(("language", "said"), [("en", "at least 2 s"), ("fr", "au moins 2 s")])
def test_a_small_age_is_no_good_news_where_nobody_can_tell(language: str, said: str) -> None:
    """While neither the log nor the database can be read, an entry of two seconds is a bound and no figure."""
    text = landing(pictured.picture("unknown"), language).text
    assert load_language(language, "page")("worst_unknown") in text
    t = load_language(language, "page")

    assert f"{t('missing')} \N{EN DASH} {t('late_by')} \N{EN DASH} {said}" in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_why_a_source_fails_is_told_to_its_reader(language: str) -> None:
    """A sentence in his language, and after it exactly what happened, which is English and says so."""
    t, scene = load_language(language, "page"), pictured.SCENES["unknown"]
    html = pages().landing(look(pictured.picture("unknown"), "", House()), language)

    for reason, error in scene.failed.values():
        assert f'<span class="note">{escape(t(f"why_{reason}"))}</span>' in html
        assert f'{t("exact")} <span lang="en">{error}</span>' in html


def test_an_operator_reads_how_much_since_when_and_until_when() -> None:
    """A backlog that drains has its messages, folders, age, share and end, with the range of that."""
    text = landing(pictured.picture("catching_up"), zone=ZoneInfo("Europe/Paris")).text

    assert "Missing by now 604 messages in 31 folders Oldest missing change 22 min" in text
    assert "Complete in 1 h 2 min at about 12:45; between 1 h and 1 h 4 min" in text
    assert "Replicated 99.8 %" in text
    assert "bm-master , since 10:40, 62 min ago" in text
    assert "Times of the server: CET (UTC+01:00)" in text


def test_what_was_seen_long_ago_is_told_as_that() -> None:
    """While folders cannot be looked at, nobody takes their last figures for those of now."""
    snapshot = pictured.picture("in_sync")
    health = frozen({
        key: replace(known, last_success_at=snapshot.at - 1080.0) if key[0] == "folders" else known
        for key, known in snapshot.state.health.items()
    })  # fmt: skip

    assert "Missing by now nothing Oldest" in landing(snapshot).text
    old = derive(replace(snapshot.state, health=health), (BackendFacts("bm-master", (), 4),), snapshot.at)
    assert "Missing by now nothing as last seen 18 min ago" in landing(old).text


def test_folders_are_named_only_where_that_is_allowed() -> None:
    """Else a short id stands for each, with the command that names them."""
    hidden = landing(pictured.picture("stuck_folders"))
    named = landing(pictured.picture("stuck_folders"), names=True)

    assert "9e3779b1 22" in hidden.text
    assert "bmrepmon folders" in hidden.text
    assert not [login for login in pictured.LOGINS if f"{login}@" in hidden.text]
    assert "alice@example.net: INBOX 22" in named.text
    assert "3 of 3 folders that are behind." in named.text


def test_the_difference_is_taken_apart() -> None:
    """Its parts stand in the order of the formula, and come to what it is."""
    page = pages().landing(look(snapshots.full(), "", House()), "en")
    amounts = [
        int(n.replace(",", "")) for n in re.findall(r'<td class="right">([+-]?[\d,]+)</td><td class="drawn">', page)
    ]

    assert amounts[-1] == -10
    assert sum(amounts[:-1]) == amounts[-1]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_twenty_backends_fit_a_page(language: str) -> None:
    """It stays below 150 kB, whoever looks at it."""
    page = pages().landing(look(pictured.many(20), "", House(names=True)), language)

    assert len(page.encode()) <= 150_000


def test_charts_tell_their_values_to_those_who_do_not_see_them() -> None:
    """Each chart is an image with a sentence, and every time with a value has a title."""
    page = pages().landing(look(pictured.picture("stalled"), "", House()), "en")

    assert "Lag, the last 24\u00a0h: now 26\u00a0min, lowest 0, highest 26\u00a0min" in page
    assert "Verdicts of the last 24\u00a0h: In sync 23\u00a0h 30\u00a0min, Stalled 30\u00a0min" in page
    assert re.search(r"<title>\d\d:\d\d · lag 26\u00a0min · Stalled</title>", page)


def test_a_series_without_a_value_is_named() -> None:
    """What exists is drawn; what is not kept is told."""
    text = landing(snapshots.full(), wanted=snapshots.SECOND).text

    assert "Not known yet: bodies" in text
    assert "Not known yet: lag" in text
    assert "Not known yet: files" not in text


@settings(max_examples=15, deadline=None)
@given(st.text(st.sampled_from("<>&\"'`/= ax\\{}%;"), min_size=1), st.sampled_from(["en", "fr"]))
def test_no_name_from_outside_breaks_out(name: str, language: str) -> None:
    """Backends, folders, partitions and errors may be called anything: tags, attributes and links stay ours."""
    calm = pages().landing(look(named("calm"), "", House(names=True)), language)
    wild = pages().landing(look(named(name), "", House(names=True)), language)

    assert tags(wild) == tags(calm)


def named(name: str) -> Snapshot:
    """Call everything that has a name from outside by this one."""
    scene = replace(pictured.SCENES["unknown"], failed={"log": ("io", name)}, behind=3, lag=9)
    state = pictured.state_of(scene, name)
    known = state.folders(name)
    assert known is not None
    found = replace(known, survey=replace(known.survey, names=(name,) * len(known.survey.names)))
    state = replace(state, observations=frozen({**state.observations, ("folders", name): found}))
    return derive(state, (BackendFacts(name, (), 4), BackendFacts("other", ("192.0.2.9",), 4)), pictured.NOW)


def tags(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return every tag with the names of its attributes, those of drawings apart, which follow the numbers."""
    found = Tags()
    found.feed(page)
    return found.seen


class Tags(HTMLParser):
    """Collects tags."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))
