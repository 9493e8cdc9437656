"""One laboratory for all tests of a process; each test makes mailboxes of its own in it."""

import contextlib
import os
from collections.abc import Iterator

import pytest
from lab.cyrus import obstacle
from lab.laboratory import Laboratory
from lab.observed import See, Watch, assert_at_rest, see


@pytest.fixture(autouse=True)
def nothing_left_by_the_test() -> None:
    """Allow a test to restart servers, which then outlive it; the session, as everywhere, leaves nothing."""


@pytest.fixture(scope="session")
def able() -> None:
    """Skip where no laboratory can run; where `make test` has installed the packages, their absence is a failure."""
    reason = obstacle()
    if reason is not None and os.geteuid() == 0 and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def laboratory(able: None) -> Iterator[Laboratory]:  # noqa: ARG001
    """The servers; whoever uses them directly leaves them as they were."""
    with Laboratory() as running:
        yield running


@pytest.fixture
def lab(laboratory: Laboratory) -> Iterator[Laboratory]:
    """The servers at rest, before the test and after it."""
    laboratory.recover()
    yield laboratory
    laboratory.recover()


@pytest.fixture(scope="session")
def watched(able: None) -> Iterator[tuple[Laboratory, Watch]]:  # noqa: ARG001
    """A laboratory in which no body is ever lost, and who has watched it from the beginning."""
    with Laboratory() as running, contextlib.closing(Watch(running)) as watch:
        yield running, watch


@pytest.fixture
def sound(watched: tuple[Laboratory, Watch]) -> Laboratory:
    """The servers of that laboratory at rest."""
    watched[0].recover()
    return watched[0]


@pytest.fixture(name="see")
def look_around(sound: Laboratory, watched: tuple[Laboratory, Watch]) -> Iterator[See]:
    """What is told of that laboratory, which is at rest once a test has recovered."""
    watch = watched[1]
    yield lambda: see(sound, watch)
    sound.recover()
    assert_at_rest(sound, watch)
