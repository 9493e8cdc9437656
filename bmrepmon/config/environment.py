"""The names of the environment variables that set keys: ``BMREPMON_<SECTION>__<KEY>``.

A key of the first or only backend is ``BMREPMON_BACKEND__<KEY>``, of the second ``BMREPMON_BACKEND__2__<KEY>``.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from bmrepmon.config.checks import suggestion
from bmrepmon.config.settings import KEYS

PREFIX = "BMREPMON_"
BACKEND = "backend"
ORCHESTRATOR = re.compile(r"BMREPMON_(SERVICE_|PORT(_|$))")  # Kubernetes sets these for a service called bmrepmon
NUMBERED = re.compile(r"(BMREPMON_BACKEND__)([0-9]{1,4})__(.*)", re.DOTALL)


class At(NamedTuple):
    """The place of a key: its section, which of the backends (from 1; 0 in other sections), and its name."""

    section: str
    number: int
    key: str


class Variable(NamedTuple):
    """A variable that is set, and the key that it sets."""

    name: str
    at: At


VARIABLES: Mapping[str, At] = MappingProxyType(
    {
        f"{PREFIX}{section}__{key}".upper(): At(section, int(section == BACKEND), key)
        for section, keys in KEYS.items()
        for key in keys
    }
)


def variables(environ: Mapping[str, str], backends: int, problems: list[str]) -> Iterator[Variable]:
    """Find the variables that are ours; the file has ``backends`` backends, and one variable may add the next."""
    taken: dict[At, str] = {}
    for name in sorted(name for name in environ if name.startswith(PREFIX) and not ORCHESTRATOR.match(name)):
        at = _place(name)
        if at is None:
            problems.append(f"{name}: no key is set by this variable{suggestion(name, VARIABLES)}")
        elif at in taken:
            problems.append(f"{name}: sets the same key as {taken[at]}: keep one of them")
        else:
            taken[at] = name
    last = _last(backends, taken)
    for at, name in taken.items():
        if at.number > last:
            problems.append(f"{name}: there is no backend number {last + 1}: number them from 1, leaving none out")
        else:
            yield Variable(name, at)


def _place(name: str) -> At | None:
    """Return the key that ``name`` sets, if there is one."""
    numbered = NUMBERED.fullmatch(name)
    if numbered is None:
        return VARIABLES.get(name)
    at, number = VARIABLES.get(numbered[1] + numbered[3]), int(numbered[2])
    return at._replace(number=number) if at and number else None


def _last(backends: int, taken: Mapping[At, str]) -> int:
    """Return how many backends file and variables make together, counted up to the first gap."""
    numbers = {at.number for at in taken}
    while backends + 1 in numbers:
        backends += 1
    return backends
