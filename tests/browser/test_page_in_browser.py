"""The status page as a person meets it, in Debian's chromium."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pictured
import pytest
import snapshots
from served import Served

pytest.importorskip("playwright", reason="playwright is missing: make venv installs it")
from watching_browser import DESKTOP, PHONE, WALL, Window, window

from bmrepmon.words.language import load_language

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OF_EACH_SEVERITY = ("residue", "catching_up", "stuck_folders", "stalled", "unknown")

A_DIGIT = 0.001  # of a screen: a word goes aside for a figure that has become longer
SHIFTS = (  # notes by how much anything moved
    "window.moved = [];"
    "new PerformanceObserver(list => moved.push(...list.getEntries().map(one => one.value)))"
    ".observe({type: 'layout-shift', buffered: true})"
)


@pytest.fixture(scope="module")
def opened(browser: "Browser", running: Served) -> Iterator[Window]:
    """Keep one window for all tests that only look."""
    with window(browser, running.url) as seen:
        yield seen


@pytest.mark.parametrize("name", pictured.SCENES)
def test_every_state_is_told(opened: Window, served: Served, name: str) -> None:
    """Words, title and charts are there, nothing is asked of another host, and the console is silent."""
    t = load_language("en", "page")
    served.snapshot = lambda: pictured.picture(name)
    opened.page.goto(served.url)

    assert opened.page.locator("h2#verdict").inner_text() == t(f"state_{name}")
    assert t(f"state_{name}") in opened.page.title()
    assert opened.page.locator("svg.chart").count() == 6
    assert opened.complaints == []
    assert opened.hosts == {str(served.address)}


@pytest.mark.parametrize("name", OF_EACH_SEVERITY)
def test_it_is_open_to_everybody(opened: Window, served: Served, name: str) -> None:
    """axe-core has nothing against it, by day; by night the colours are others, and have contrast too."""
    served.snapshot = lambda: pictured.picture(name)
    opened.page.goto(served.url)

    assert opened.violations() == []
    opened.page.emulate_media(color_scheme="dark")
    assert opened.violations("color-contrast") == []
    opened.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("name", ["empty", "starting", "many"])
def test_what_is_empty_or_much_is_open_to_everybody(browser: "Browser", served: Served, name: str) -> None:
    """A page without a backend, one before the first verdict, and one of twenty backends, in French on a phone."""
    worlds = {"empty": snapshots.empty, "starting": snapshots.unknown, "many": lambda: pictured.many(20)}
    served.snapshot = worlds[name]
    with window(browser, served.url, PHONE, language="fr-FR") as seen:
        assert seen.violations() == []
        assert seen.complaints == []
        assert width(seen) <= PHONE[0]


@pytest.mark.parametrize("size", [PHONE, DESKTOP, WALL], ids=["phone", "desktop", "wall"])
def test_nothing_is_wider_than_the_screen(browser: "Browser", served: Served, size: tuple[int, int]) -> None:
    """From a phone to a wall, in the longer language."""
    with window(browser, served.url, size, language="fr-FR") as seen:
        assert width(seen) <= size[0]
        assert seen.page.locator("h2#verdict").inner_text() == load_language("fr", "page")("state_stalled")


def width(seen: Window) -> int:
    """Return how wide the page is, in pixels."""
    return int(seen.page.evaluate("document.documentElement.scrollWidth"))


def test_a_refresh_changes_what_changed_and_nothing_else(browser: "Browser", served: Served) -> None:
    """The page is not loaded again: focus and scroll stay, nothing moves, and the new verdict is there."""
    with window(browser, served.url) as seen:
        seen.page.evaluate(f"window.same = true; {SHIFTS}")
        seen.page.locator("[data-copy]").first.focus()
        before = seen.page.locator(".glance .value").first.inner_text()
        served.snapshot = lambda: pictured.picture("stalled", later=120)
        seen.refreshed()
        assert seen.page.locator(".glance .value").first.inner_text() != before
        assert seen.page.evaluate("[same, moved.length, document.activeElement.matches('[data-copy]')]") == [
            True,
            0,
            True,
        ]
        served.snapshot = lambda: pictured.picture("in_sync")
        seen.refreshed()
        assert seen.page.locator("h2#verdict").inner_text() == "In sync"
        assert seen.page.title().startswith("✓ In sync")
        assert seen.page.evaluate("same")
        assert seen.complaints == []


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en-GB"), (PHONE, "fr-FR")], ids=["desktop", "phone"])
def test_nothing_moves_at_a_refresh(browser: "Browser", served: Served, size: tuple[int, int], language: str) -> None:
    """Whatever the verdict, other figures stand where the last ones stood; another verdict may take more room."""
    moved = {}
    with window(browser, served.url, size, language=language) as seen:
        for name in pictured.SCENES:
            served.snapshot = lambda name=name: pictured.picture(name)  # type: ignore[misc]
            seen.page.goto(served.url)
            seen.page.evaluate(SHIFTS)
            for later in (5, 65, 250):
                served.snapshot = lambda name=name, later=later: pictured.picture(name, later=later)  # type: ignore[misc]
                seen.refreshed()
            moved[name] = seen.page.evaluate("moved")
        served.snapshot = lambda: pictured.picture("in_sync")
        seen.refreshed()
        seen.page.wait_for_function("moved.length")  # so that what is measured could be seen

    assert {name: values for name, values in moved.items() if sum(values) >= A_DIGIT} == {}


def test_a_pause_holds_the_page(browser: "Browser", served: Served) -> None:
    """Who reads is not disturbed, and goes on when it suits."""
    with window(browser, served.url) as seen:
        button = seen.page.locator("[data-pause]")
        button.click()
        served.snapshot = lambda: pictured.picture("in_sync")
        assert (button.inner_text(), button.get_attribute("aria-pressed")) == ("Go on", "true")
        assert seen.page.locator("h2#verdict").inner_text() == "Stalled"
        button.click()
        seen.page.locator("h2#verdict", has_text="In sync").wait_for()


def test_a_daemon_that_is_gone_is_told(browser: "Browser", served: Served) -> None:
    """The last figures stay, with since when they are old; they go on when it is back."""
    with window(browser, served.url) as seen:
        seen.page.context.set_offline(True)
        seen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        seen.page.locator("#lost").wait_for(state="visible")
        assert "what you see is of 2026-03-10 11:42:20" in seen.page.locator("#lost").inner_text()
        assert seen.page.locator("h2#verdict").inner_text() == "Stalled"
        seen.page.context.set_offline(False)
        seen.refreshed()
        seen.page.locator("#lost").wait_for(state="hidden")


def test_a_command_is_copied(browser: "Browser", served: Served) -> None:
    """One press, and it can be pasted; without a script it can be marked."""
    with window(browser, served.url) as seen:
        button = seen.page.locator("[data-copy]").first
        button.click()
        seen.page.locator("[data-copy]", has_text="Copied").wait_for()
        assert seen.page.evaluate("navigator.clipboard.readText()") == "tail -3 /var/log/mail.log"


def test_the_keyboard_reaches_everything_in_the_order_of_reading(browser: "Browser", served: Served) -> None:
    """The first key leads past the head; each stop is seen."""
    served.snapshot = lambda: pictured.many(2)
    with window(browser, f"{served.url}?backend=mail00.example.net") as seen:
        stops = []
        for _ in range(5):
            seen.page.keyboard.press("Tab")
            stops.append(seen.page.evaluate("document.activeElement.innerText.split('\\n')[0]"))
            assert seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert stops == [
            "To the content",
            "Pause",
            "mail00.example.net",
            "mail01.example.net",
            "Metrics for Prometheus",
        ]
        seen.page.locator("a[href='?backend=mail01.example.net']").press("Enter")
        seen.page.locator("h2#backend", has_text="mail01.example.net").wait_for()


def test_a_chart_reads_itself_out(browser: "Browser", served: Served) -> None:
    """Whoever points at a time is told its value below the chart."""
    with window(browser, served.url) as seen:
        chart = seen.page.locator("figure").first
        chart.locator(".hit").last.hover()
        assert "lag 26\u00a0min · Stalled" in chart.locator(".readout").inner_text()


def test_the_page_is_whole_without_a_script(browser: "Browser", served: Served) -> None:
    """Everything is there but the buttons, and it says how newer figures are had."""
    with window(browser, served.url, script=False) as seen:
        assert seen.page.locator("h2#verdict").inner_text() == "Stalled"
        assert seen.page.locator("button:visible").count() == 0
        assert '<noscript><p class="note">Load the page again' in seen.page.content()
        assert seen.page.get_by_text("tail -3 /var/log/mail.log").is_visible()


def test_nothing_that_is_slipped_in_runs(browser: "Browser", served: Served) -> None:
    """The policy refuses a script and a style in the page itself, and whatever lies elsewhere."""
    with window(browser, served.url) as seen:
        seen.page.evaluate(
            "for (const [tag, text] of [['script', 'window.bad = true'], ['style', 'h1 { color: red }']])"
            "document.body.append(Object.assign(document.createElement(tag), {textContent: text}));"
            "document.body.append(Object.assign(new Image(), {src: 'http://192.0.2.1/x.png'}))"
        )
        assert seen.page.evaluate("window.bad") is None
        assert seen.page.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"
        assert len([said for said in seen.complaints if "Content Security Policy" in said]) == 3
