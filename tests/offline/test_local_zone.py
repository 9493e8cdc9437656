import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from bmrepmon.config.local_zone import local_zone

PARIS = next((path for folder in TZPATH if (path := Path(folder, "Europe/Paris")).exists()), None)
SUMMER = datetime(2022, 6, 28, tzinfo=UTC)


@pytest.mark.skipif(PARIS is None, reason="this machine has no zone database")
def test_the_machines_zone_is_read_below_the_root(tmp_path: Path) -> None:
    """A file of the zone database, linked or copied, with its changes of the clocks."""
    assert PARIS
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc/localtime"
    link.symlink_to(PARIS)
    assert str(local_zone(tmp_path, {})) == "Europe/Paris"

    link.unlink()
    shutil.copy(PARIS, link)
    assert SUMMER.astimezone(local_zone(tmp_path, {})).utcoffset() == timedelta(hours=2)


def test_tz_comes_first_and_utc_last(tmp_path: Path) -> None:
    """TZ names the zone of this process; without anything that can be read it is UTC."""
    assert str(local_zone(tmp_path, {"TZ": ":Asia/Kathmandu"})) == "Asia/Kathmandu"
    assert local_zone(tmp_path, {"TZ": "no/such/zone"}) is UTC
    assert local_zone(tmp_path, {}) is UTC
