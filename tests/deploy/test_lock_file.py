"""What is installed is what was locked: pip compares every wheel with its hash."""

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def wheel(folder: Path) -> Path:
    """Make the smallest wheel that there is."""
    path = folder / "locked-1.0-py3-none-any.whl"
    files = {
        "locked.py": b"",
        "locked-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: locked\nVersion: 1.0\n",
        "locked-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},sha256={digest(content)},{len(content)}" for name, content in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("locked-1.0.dist-info/RECORD", "\n".join([*rows, "locked-1.0.dist-info/RECORD,,"]))
    return path


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def install(folder: Path, requirement: str) -> subprocess.CompletedProcess[str]:
    """Install as the Makefile does, from ``folder`` alone."""
    lock = folder / "lock.txt"
    lock.write_text(requirement)
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--no-index"]
    options = ["--only-binary=:all:", "--require-hashes", "--target", str(folder / "target"), "--find-links"]
    command = [*pip, *options, str(folder), "-r", str(lock)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_a_wheel_that_was_changed_is_refused(tmp_path: Path) -> None:
    """With its own hash it is installed; with another, or with none, nothing is."""
    true = hashlib.sha256(wheel(tmp_path).read_bytes()).hexdigest()
    other = hashlib.sha256(b"something else").hexdigest()
    changed = install(tmp_path, f"locked==1.0 --hash=sha256:{other}\n")
    unlocked = install(tmp_path, "locked==1.0\n")
    refused = not (tmp_path / "target").exists()
    good = install(tmp_path, f"locked==1.0 --hash=sha256:{true}\n")

    assert (changed.returncode, unlocked.returncode, refused) == (1, 1, True)
    assert "DO NOT MATCH THE HASHES" in changed.stderr
    assert good.returncode == 0, good.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_requirement_is_pinned_and_has_hashes(lock: Path) -> None:
    """No line names a package without its exact version and a hash."""
    lines = lock.read_text().replace("\\\n", " ").splitlines()
    wanted = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    assert wanted
    assert [line for line in wanted if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


def test_the_makefile_installs_nothing_without_hashes() -> None:
    """The one exception is bmrepmon itself, which takes nothing along."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    installs = [line for line in text.splitlines() if "$(PIP) install" in line]

    assert installs
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []
