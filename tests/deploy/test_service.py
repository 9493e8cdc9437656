"""The systemd unit, by systemd's own judgement."""

import re
import subprocess
from pathlib import Path

from programs import program

UNIT = Path(__file__).parents[2] / "deploy/bmrepmon.service"
EXPOSURE = 1.5  # of 10; what is left is the network, and the right to read Cyrus's files


def analyze(*arguments: str) -> str:
    """Run systemd-analyze, and return all that it says."""
    done = subprocess.run(
        [program("systemd-analyze", "systemd"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


def test_the_service_is_hardly_exposed() -> None:
    """The unit gives up everything that it does not need."""
    said = analyze("security", "--offline=yes", "--no-pager", str(UNIT))

    level = re.search(r"Overall exposure level for bmrepmon.service: ([\d.]+)", said)
    assert level, said
    assert float(level[1]) <= EXPOSURE


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """No key is misspelt and no value ignored."""
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"/opt/bmrepmon/bin/\w+", "/bin/true", UNIT.read_text()))

    said = [line for line in analyze("verify", str(unit)).splitlines() if UNIT.name in line]

    assert said == []
