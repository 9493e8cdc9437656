"""The machine's own time zone, with its changes of the clocks: tzlocal would be a dependency for these few lines."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local_zone(root: Path, environment: Mapping[str, str]) -> tzinfo:
    """Return the zone that ``TZ`` names, else that of ``etc/localtime`` below ``root``, else UTC."""
    try:
        if name := environment.get("TZ", "").removeprefix(":"):
            return ZoneInfo(name)
        file = root / "etc/localtime"
        with file.open("rb") as rules:
            return ZoneInfo.from_file(rules, key=_name(file.resolve()))
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return UTC


def _name(file: Path) -> str | None:
    """Return what a file of the zone database is called: Europe/Paris."""
    _, mark, name = file.as_posix().partition("/zoneinfo/")
    return name if mark else None
