"""Take every picture into build/screenshots, and those that the documentation shows into docs/images."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pictured
from playwright.sync_api import Browser
from served import Served
from watching_browser import DESKTOP, PHONE, Scheme, chromium, window

from bmrepmon.publish.page.house import House
from screenshots.png import smaller

ROOT = Path(__file__).parents[2]
ALL, SHOWN = ROOT / "build/screenshots", ROOT / "docs/images"
LIVE = {
    "migration": "catching_up",
    "steady": "in_sync",
    "stall": "stalled",
}  # scenarios of the demo, and what they lead to
PATIENCE = 300.0  # seconds that a scenario may take to get there
TALL = (DESKTOP[0], 1330)  # what a large screen shows at once


class Shot(NamedTuple):
    """One picture: of what, in which light, on what, in which language; and what the documentation calls it."""

    scene: str
    scheme: Scheme
    size: tuple[int, int]
    language: str
    shown: str = ""


SHOTS = (
    Shot("catching_up", "light", TALL, "en", "page.png"),
    Shot("stalled", "dark", TALL, "fr", "page-stalled-dark-fr.png"),
    Shot("stalled", "light", TALL, "en", "page-stalled.png"),
    Shot("in_sync", "light", (DESKTOP[0], 1000), "en", "page-in-sync.png"),
    Shot("stuck_folders", "light", PHONE, "en", "page-phone.png"),
    Shot("disconnected", "dark", PHONE, "fr", "page-phone-dark-fr.png"),
    Shot("unknown", "dark", DESKTOP, "en", "page-unknown-dark.png"),
    Shot("many", "light", TALL, "en", "page-backends.png"),
)


def main() -> None:
    """Take the pictures of scenes and of the living demo."""
    shutil.rmtree(ALL, ignore_errors=True)
    ALL.mkdir(parents=True)
    served = Served(house=lambda: House(zone=ZoneInfo("Europe/Paris")))
    with chromium() as browser:
        with demos() as urls:
            for scenario, url in urls.items():
                wait_for(url, LIVE[scenario])
                take(browser, url, Shot(f"demo-{scenario}", "light", DESKTOP, "en"))
        every = product(pictured.SCENES, ("light", "dark"), (DESKTOP, PHONE), ("en", "fr"))
        for shot in (*SHOTS, *(Shot(*one) for one in every)):  # type: ignore[arg-type]
            served.snapshot = lambda name=shot.scene: pictured.many(12) if name == "many" else pictured.picture(name)  # type: ignore[misc]
            take(browser, served.url, shot)
        served.server.stop(5.0)
    print(f"{len(list(ALL.iterdir()))} pictures in {ALL.relative_to(ROOT)}, {len(SHOTS)} in {SHOWN.relative_to(ROOT)}")  # noqa: T201


def take(browser: Browser, url: str, shot: Shot) -> None:
    """Take one picture: of what is shown the screen, else of the whole page."""
    with window(browser, url, shot.size, shot.scheme, shot.language) as seen:
        picture = seen.page.screenshot(full_page=not shot.shown)
    if shot.shown:
        (SHOWN / shot.shown).write_bytes(smaller(picture))
    else:
        wide = "phone" if shot.size == PHONE else "desktop"
        (ALL / f"{shot.scene}-{shot.scheme}-{wide}-{shot.language}.png").write_bytes(picture)


@contextmanager
def demos() -> Iterator[dict[str, str]]:
    """Run the demo once for each scenario, and give where each answers."""
    ports = {scenario: free_port() for scenario in LIVE}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bmrepmon", "demo", "--scenario", scenario, "--listen", f"127.0.0.1:{port}"],
            env={**os.environ, "TZ": "Europe/Paris"},
            stderr=subprocess.DEVNULL,
        )
        for scenario, port in ports.items()
    ]
    try:
        yield {scenario: f"http://127.0.0.1:{port}/" for scenario, port in ports.items()}
    finally:
        for demo in running:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def wait_for(url: str, state: str) -> None:
    """Wait until the demo has come to a verdict."""
    deadline = time.monotonic() + PATIENCE
    while (found := verdict(url)) != state:
        if time.monotonic() > deadline:
            raise SystemExit(f"{url} says {found} and never {state}")
        threading.Event().wait(1.0)


def verdict(url: str) -> str | None:
    try:
        with urllib.request.urlopen(f"{url}api/v1/status", timeout=5) as answer:  # noqa: S310 - loopback
            status: dict[str, Any] = msgspec.json.decode(answer.read())
    except (urllib.error.URLError, OSError):
        return None
    return next((str(b["verdict"]["state"]) for b in status["backends"] if b["verdict"]), None)


if __name__ == "__main__":
    main()
