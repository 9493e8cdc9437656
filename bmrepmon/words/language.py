"""The languages of the page and the terminal: texts, numbers, times, and which one a reader wants."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from types import MappingProxyType

LANGUAGES = ("en", "fr")  # the first is for everyone who reads neither
THOUSANDS = {"en": ",", "fr": "\u202f"}
DECIMAL = {"en": ".", "fr": ","}
DATE = {"en": "%Y-%m-%d %H:%M:%S", "fr": "%d/%m/%Y %H:%M:%S"}
UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
SMALLER = {"d": (3600.0, "h"), "h": (60.0, "min"), "min": (1.0, "s")}
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first one that is set and not empty
INCLUDED: Mapping[str, tuple[str, ...]] = {
    "nagios": ("verdict",),
    "status": ("verdict", "sources"),
    "folders": ("status",),
    "page": ("verdict", "sources", "status"),
}  # the texts of an area that need others
UNKNOWN = "\u2013"  # a dash


@dataclass(frozen=True, slots=True)
class Language:
    """One language; unknown values are shown as a dash."""

    code: str
    texts: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text with its values filled in."""
        return self.texts[key].format(**values)

    def number(self, value: float | None) -> str:
        """Write a whole number with its thousands apart."""
        return UNKNOWN if value is None else f"{value:,.0f}".replace(",", THOUSANDS[self.code])

    def percent(self, ratio: float) -> str:
        """Write a share of a whole; only what is whole is 100 %."""
        percent = 100.0 if ratio >= 1 else min(99.9, ratio * 100)
        return f"{percent:.1f}\u00a0%".replace(".", DECIMAL[self.code])

    def signed(self, value: int | None) -> str:
        """Write a whole number with its sign."""
        return UNKNOWN if value is None else ("+" if value > 0 else "") + self.number(value)

    def seconds(self, value: float | None) -> str:
        """Write a short stretch of time: 40 ms, 1.5 s, 12 s, 3 min, 2 h, 5 d."""
        if value is None:
            return UNKNOWN
        for size, unit in UNITS:
            if value >= 2 * size:
                return f"{value / size:.0f}\u00a0{self(unit)}"
        return self._short(value)

    def length(self, value: float | None) -> str:
        """Write a stretch of time in the two units that matter: 12 ms, 4.2 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
        if value is None:
            return UNKNOWN
        for size, unit in UNITS:
            if value >= size:
                smaller, name = SMALLER[unit]
                rest = int(value % size // smaller)
                return f"{value // size:.0f}\u00a0{self(unit)}" + (f" {rest}\u00a0{self(name)}" if rest else "")
        return self._short(value)

    def _short(self, value: float) -> str:
        if 0 < value < 1:
            return f"{max(1, value * 1000):.0f}\u00a0ms"
        digits = 1 if value < 10 and value % 1 else 0
        return f"{value:.{digits}f}\u00a0{self('s')}".replace(".", DECIMAL[self.code])

    def age(self, at: datetime | None, now: datetime) -> str:
        """Write how long ago something was; a clock that was set back makes nothing younger than now."""
        if at is None:
            return UNKNOWN
        return self("ago", time=self.seconds(float(max(0, round((now - at).total_seconds())))))

    def date(self, at: datetime | None) -> str:
        """Write a time in full, in its own zone, which is told elsewhere."""
        return UNKNOWN if at is None else f"{at:{DATE[self.code]}}"

    def moment(self, at: datetime | None) -> str:
        """Write a time in full, in UTC."""
        return UNKNOWN if at is None else f"{self.date(at)} UTC"


def load_language(code: str, area: str) -> Language:
    """Read the texts of a language for one part of the program: ``status``, ``replay``, ``doctor``, ``commands``."""
    folder = files("bmrepmon.words").joinpath("locale", code)
    names = ("units", *INCLUDED.get(area, ()), area)
    tables = (tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8")) for name in names)
    return Language(code, MappingProxyType({key: text for table in tables for key, text in table.items()}))


def spoken(environ: Mapping[str, str]) -> str:
    """Return the language of ours that a terminal asks for, by the variables of POSIX.1-2017, 8.2.

    >>> spoken({"LANG": "fr_FR.UTF-8"})
    'fr'
    """
    wanted = next(filter(None, map(environ.get, VARIABLES)), "")
    return next((code for code in LANGUAGES if wanted.startswith(code)), LANGUAGES[0])


def choose(accept_language: str) -> str:
    """Return the language of ours that the reader likes best, by the header of RFC 9110, 12.5.4.

    >>> choose("de, fr-CA;q=0.9, en;q=0.8")
    'fr'
    """
    weighed = sorted((_weighed(part) for part in accept_language.split(",")), key=lambda one: one[1])
    liked = {tag.partition("-")[0]: weight for tag, weight in weighed}  # of en-US and en-GB the heavier one stays
    return max(LANGUAGES, key=lambda code: liked.get(code, liked.get("*", 0.0)))


def _weighed(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    try:
        return tag.strip().lower(), float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return tag.strip().lower(), 0.0
