"""No test may leave anything running: a thread, a child process, or a folder that is still watched."""

from collections.abc import Iterator

import pytest
from leaks import nothing_left


@pytest.fixture(autouse=True, scope="session")
def nothing_left_by_the_session() -> Iterator[None]:
    """Fail when a fixture of a module or of the session leaves something running."""
    with nothing_left():
        yield


@pytest.fixture(autouse=True)
def nothing_left_by_the_test() -> Iterator[None]:
    """Fail when a test leaves something running."""
    with nothing_left():
        yield
