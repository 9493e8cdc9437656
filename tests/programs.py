"""Programs of Debian that some tests need; `make test` installs them where it may."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest


def program(name: str, package: str) -> str:
    """Return where ``name`` is. Without it a test is skipped, but fails where everything must be there."""
    found = shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{name} is missing: install {package}")
    return found


def python_for_all() -> str:
    """Return an interpreter of our version that a user without rights may run; without one a test is skipped."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin") / version):
        if candidate.exists() and all(p.stat().st_mode & stat.S_IXOTH for p in (candidate, *candidate.parents)):
            return str(candidate)
    pytest.skip("no interpreter of this version lies where a user without rights may go")
