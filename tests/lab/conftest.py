"""One laboratory for all tests of a process; each test makes mailboxes of its own in it."""

import os
from collections.abc import Iterator

import pytest
from lab.cyrus import obstacle
from lab.laboratory import Laboratory


@pytest.fixture(autouse=True)
def nothing_left_by_the_test() -> None:
    """Allow a test to restart servers, which then outlive it; the session, as everywhere, leaves nothing."""


@pytest.fixture(scope="session")
def laboratory() -> Iterator[Laboratory]:
    """The servers; whoever uses them directly leaves them as they were."""
    reason = obstacle()
    if reason is not None:
        # The Makefile installs the packages, so on the build machine their absence is a failure.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with Laboratory() as running:
        yield running


@pytest.fixture
def lab(laboratory: Laboratory) -> Iterator[Laboratory]:
    """The servers at rest, before the test and after it."""
    laboratory.recover()
    yield laboratory
    laboratory.recover()
