"""What a backend is called: the server uid in front of its partitions' names, else the host's name."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bmrepmon.config.checks import label
from bmrepmon.discovery.machine import Machine


def server_uid(machine: Machine, stores: Iterable[Path | None]) -> str | None:
    """Return the uid that most partitions below ``stores`` belong to; dots in it may be written ``_``.

    A spool that was shared or moved between servers holds partitions of several; the one with most is ours.
    """
    partitions = frozenset[str]().union(*(machine.folders(store) for store in stores if store))
    named = (name.partition("__") for name in partitions if name.isprintable())
    owners = Counter(uid for uid, _, domain in named if uid and domain)
    if not owners:
        return None
    ranked = sorted(owners, key=lambda uid: (-owners[uid], uid))
    if len(ranked) > 1:
        machine.note(
            "backend",
            "ambiguous",
            "several_servers",
            names=", ".join(ranked[:5]),
            name=ranked[0],
        )
    return ranked[0]


def host_name(machine: Machine) -> str:
    """Return the name in ``/etc/hostname``, or ``local``."""
    raw = machine.read(machine.below("/etc/hostname"), "backend", "host_name_unreadable") or b""
    try:
        return label(raw.decode("utf-8").strip())
    except ValueError:
        return "local"
