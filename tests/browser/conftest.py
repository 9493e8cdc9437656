from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pictured
import pytest
from served import Served

from bmrepmon.publish.page.house import House

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Run one chromium for a whole file."""
    pytest.importorskip("playwright", reason="playwright is missing: make venv installs it")
    from watching_browser import chromium  # noqa: PLC0415 - only with playwright

    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """Serve for a whole file."""
    running = Served(house=lambda: House(zone=ZoneInfo("Europe/Paris")))
    yield running
    assert running.server.stop(5.0)


@pytest.fixture
def served(running: Served) -> Served:
    """Serve a stall, whatever the test before has set."""
    running.snapshot = lambda: pictured.picture("stalled")
    return running
