"""One value: from what TOML or the environment gives to what a key's annotation asks for.

Every failure is a ``ValueError`` with one sentence that says what is wrong and what to write instead.
"""

import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from bmrepmon.config.maintenance import Maintenance
from bmrepmon.config.types import Address, Duration, Secret, Trigger

KINDS: Mapping[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    float: "a number",
}
WRITTEN: Mapping[type, str] = {  # in this order: true and false are numbers to Python
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
FROM_TEXT: Mapping[type, Callable[[str], object]] = {
    Address: Address.parse,
    Duration: Duration,
    Maintenance: Maintenance.parse,
    Secret: Secret,
    Trigger: Trigger.parse,
}
WORDS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def core(hint: Any) -> Any:
    """Return ``hint`` without its ``| None``: what is written is never nothing."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return hint


def read(hint: Any, value: object) -> object:
    """Turn ``value``, as TOML gave it, into what ``hint`` says."""
    hint = core(hint)
    if typing.get_origin(hint) is Annotated:
        inner, check = typing.get_args(hint)
        return check(read(inner, value))
    if typing.get_origin(hint) is tuple:
        return _read_list(typing.get_args(hint)[0], value)
    if hint in FROM_TEXT:
        return FROM_TEXT[hint](_typed(str, value))
    return _typed(hint, value)


def from_environment(hint: Any, text: str) -> object:
    """Turn ``text`` of an environment variable into what TOML would have given for ``hint``."""
    plain = core(hint)
    while typing.get_origin(plain) is Annotated:
        plain = typing.get_args(plain)[0]
    if typing.get_origin(plain) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if plain is bool:
        return WORDS.get(text.strip().lower(), text)
    if plain in (int, float):
        return _number(plain, text)
    return text


def _number(kind: type[int] | type[float], text: str) -> object:
    """Return the number in ``text``, or ``text`` itself, which the check of types then refuses."""
    try:
        return kind(text) if len(text) <= 30 else text
    except ValueError:
        return text


def _read_list(item: Any, value: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ValueError(f'must be a list, in square brackets, for example ["..."], not {_described(value)}')  # noqa: TRY004  (one kind of error)
    items = tuple(read(item, part) for part in value)
    if len(set(items)) < len(items):
        raise ValueError("names the same thing twice")
    return items


def _typed(kind: type, value: object) -> Any:
    """Return ``value`` if it is of ``kind``; TOML's true is no number, and a whole number will do for any number."""
    if type(value) is kind:
        return value
    if kind is float and type(value) is int and abs(value) < 2**53:
        return float(value)
    raise ValueError(f"must be {KINDS[kind]}, not {_described(value)}")


def _described(value: object) -> str:
    """Say what ``value`` is, for somebody who wrote it in TOML; never its content, which may be a password."""
    for kind, words in WRITTEN.items():
        if isinstance(value, kind):
            return words
    return "a date or time"
