"""No test may leave anything running: a thread, a child process, or a folder that is still watched."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from leaks import nothing_left

# A machine that does other things too makes any example slow; hypothesis knows that of CI by itself.
settings.register_profile("patient", settings.get_profile("default"), deadline=None)
if settings.get_current_profile_name() == "default":
    settings.load_profile("patient")


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
