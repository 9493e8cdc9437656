"""The five fields of a crontab line, checked before anything is scheduled by them.

Numbers of weekdays differ between schedulers (0 is Sunday in crontab(5), Monday in APScheduler), so they are turned
into names, which mean the same to both; names of months are turned into numbers.
"""

import re
from typing import NamedTuple

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # days of each month, in a leap year
PART = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")


class Field(NamedTuple):
    """One field: its name, its first and last value, and the names of values, the first of which is ``low``."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("weekday", 0, 7, WEEKDAYS),
)


def crontab(line: str) -> str:
    """Return ``line`` in its one normal form.

    >>> crontab("30  2 * * 0,6")
    '30 2 * * sun,sat'

    Raises:
        ValueError: with one sentence, if it is no crontab line or names a day that never comes.
    """
    texts = line.lower().split()
    if len(texts) != len(FIELDS):
        raise ValueError("a cron line needs five fields: minute hour day month weekday, for example cron 15 3 * * *")
    _, _, days, months, weekdays = (_values(field, text) for field, text in zip(FIELDS, texts, strict=True))
    if all(min(days) > LONGEST[month - 1] for month in months):
        raise ValueError("this cron line never comes: none of its months has such a day")
    if texts[3] != "*":
        texts[3] = ",".join(str(number) for number in sorted(set(months)))
    if texts[4] != "*":
        texts[4] = ",".join(WEEKDAYS[number] for number in sorted({number % 7 for number in weekdays}))
    return " ".join(texts)


def _values(field: Field, text: str) -> list[int]:
    """Return every number that ``text`` stands for."""
    return [number for part in text.split(",") for number in _part(field, part)]


def _part(field: Field, text: str) -> range:
    match = PART.fullmatch(text)
    if match is not None:
        first = _number(field, match[1] or str(field.low))
        last = _number(field, match[2] or match[1] or str(field.high))
        if match[3] and match[1] and not match[2]:
            last = field.high  # 5/15 is 5-59/15
        step = int(match[3] or 1)
        if field.low <= first <= last <= field.high and 1 <= step <= max(last - first, 1):
            return range(first, last + 1, step)
    raise ValueError(
        f"the {field.name} of this cron line is not {field.low} to {field.high}, a range such as "
        f"{field.low}-{field.high}, a list such as {field.low},{field.high}, * or */2"
    )


def _number(field: Field, text: str) -> int:
    """Return the value that ``text`` names, or one that is out of every range."""
    if text.isdigit():
        return int(text)
    return field.low + field.names.index(text) if text in field.names else -1
