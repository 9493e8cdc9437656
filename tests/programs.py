"""Programs of Debian that some tests need; `make test` installs them where it may."""

import os
import shutil

import pytest


def program(name: str, package: str) -> str:
    """Return where ``name`` is. Without it a test is skipped, but fails where everything must be there."""
    found = shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{name} is missing: install {package}")
    return found
