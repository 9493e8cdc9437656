"""Metapartitions that do not lie where all others do, as Cyrus's own configuration tells."""

from pathlib import Path

from bmrepmon.config.places import PARTITIONS
from bmrepmon.discovery.machine import Machine
from bmrepmon.parse.cyrus_partitions import parse_metapartitions


def metapartitions_elsewhere(machine: Machine, meta: Path | None) -> tuple[tuple[str, Path], ...]:
    """Return name and place of each metapartition that is none of the directories in ``meta``."""
    raw = machine.read(machine.below(PARTITIONS), "meta", "partitions_unreadable") or b""
    found = {name: machine.below(path) for name, path in parse_metapartitions(raw).items()}
    return tuple(
        (name, path) for name, path in found.items() if (meta is None or path != meta / name) and machine.exists(path)
    )
