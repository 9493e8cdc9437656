"""Debian's chromium, and a window of it that notes whatever goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright
from programs import program

Scheme = Literal["light", "dark"]
DESKTOP, PHONE, WALL = (1280, 900), (360, 740), (2560, 1440)
PATIENCE = 30_000  # milliseconds that anything may take on a busy machine
REFRESH = "document.dispatchEvent(new Event('visibilitychange'))"  # as when somebody comes back to the window


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run chromium, the one of the system: nothing is downloaded."""
    where = program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where, timeout=PATIENCE, args=["--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """A page, and what was seen of it."""

    page: Page
    complaints: list[str] = field(default_factory=list)  # errors and warnings of the console
    hosts: set[str] = field(default_factory=set)  # that were asked for anything

    def __post_init__(self) -> None:
        """Begin to note."""
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type in LOUD else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: self.hosts.add(asked.url.split("/")[2]))

    def refreshed(self) -> None:
        """Let the page fetch itself anew, and wait until it has."""
        self.page.evaluate(
            f"new Promise(done => {{ document.addEventListener('refreshed', done, {{once: true}}); {REFRESH} }})"
        )

    def violations(self, *rules: str) -> list[str]:
        """Return what axe-core has against the page, by rule and element; by all rules, or only some."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
        options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
        found: dict[str, Any] = self.page.evaluate("([page, how]) => axe.run(page, how)", [{"exclude": DRAWN}, options])
        return [f"{rule['id']}: {node['html'][:150]}" for rule in found["violations"] for node in rule["nodes"]]


LOUD = ("error", "warning")
DRAWN = [".chart *"]  # a chart is one image, whatever it is made of; to look at each of its parts takes seconds


@contextmanager
def window(
    browser: Browser,
    url: str,
    size: tuple[int, int] = DESKTOP,
    scheme: Scheme = "light",
    language: str = "en-GB",
    *,
    script: bool = True,
) -> Iterator[Window]:
    """Open a page in a window of its own."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        locale=language,
        java_script_enabled=script,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    try:
        seen = Window(context.new_page())
        seen.page.goto(url)
        yield seen
    finally:
        context.close()
