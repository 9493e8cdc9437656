"""The languages of the page and the terminal: texts, numbers, ages, and which one a reader wants."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from bmrepmon.model.frozen import frozen

LANGUAGES = ("en", "fr")  # the first is for everyone who reads neither
THOUSANDS = {"en": ",", "fr": "\u202f"}
DECIMAL = {"en": ".", "fr": ","}
UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
UNKNOWN = "\u2013"  # a dash


@dataclass(frozen=True, slots=True)
class Language:
    """One language; unknown values are shown as a dash."""

    code: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values filled in."""
        return self.texts[key].format(**values)

    def number(self, value: float | None) -> str:
        """Write a whole number with its thousands apart."""
        return UNKNOWN if value is None else f"{value:,.0f}".replace(",", THOUSANDS[self.code])

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
        if 0 < value < 1:
            return f"{max(1, value * 1000):.0f}\u00a0ms"
        digits = 1 if value < 10 and value % 1 else 0
        return f"{value:.{digits}f}\u00a0s".replace(".", DECIMAL[self.code])

    def age(self, at: datetime | None, now: datetime) -> str:
        """Write how long ago something was; a clock that was set back makes nothing younger than now."""
        if at is None:
            return UNKNOWN
        return self("ago", time=self.seconds(float(max(0, round((now - at).total_seconds())))))

    def moment(self, at: datetime | None) -> str:
        """Write a time in full, in UTC."""
        return UNKNOWN if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def load_language(code: str) -> Language:
    """Read the texts of a language from the package."""
    text = files("bmrepmon.publish").joinpath("locale", f"{code}.toml").read_text("utf-8")
    return Language(code, frozen(tomllib.loads(text)))


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
