"""Message templates: the text of a log message with holes, matched by plain searches, and what it tells.

A hole is ``{name}`` for any text, ``{name:d}`` for a number and ``{name:s}`` for a word; the last two are read out.
No regular expression: the pieces between the holes are searched for one after the other, so that the cost of any
line is proportional to its length.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bmrepmon.model.log_events import Failure, LogEvent, Notice

Era = Literal["2019", "2022", "both"]  # BlueMind 4.0 and 4.1 in development; 4.8 and 4.9
Values = tuple[Any, ...]  # int of a {:d}, str of a {:s}, in the order of the text
Build = Callable[[float, str, Values], LogEvent]  # time, thread, values
Piece = tuple[str, bytes]  # the kind of a hole ("", "d" or "s"), and the literal text behind it

_HOLE = re.compile(r"\{\w+(?::([ds]))?\}")
_DIGITS = frozenset(b"0123456789")


@dataclass(frozen=True, slots=True)
class Template:
    """One message of the log. Text may follow that the template does not name."""

    text: str
    tells: str  # for the catalogue: the reason of a failure, the kind of a notice, or what is read out
    build: Build
    era: Era = "both"
    head: bytes = field(init=False)
    pieces: tuple[Piece, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Cut the text at its holes once."""
        head, *rest = _HOLE.split(self.text)
        object.__setattr__(self, "head", head.encode())
        object.__setattr__(self, "pieces", tuple((kind or "", text.encode()) for kind, text in _pairs(rest)))

    @property
    def first_bytes(self) -> Iterable[int] | None:
        """The bytes that a message of this form can begin with; None for any."""
        if self.head:
            return self.head[:1]
        return _DIGITS if self.pieces[0][0] == "d" else None

    def values(self, line: bytes, start: int) -> Values | None:
        """Return what the message that begins at ``start`` says in the holes; None when it has another form."""
        if not line.startswith(self.head, start):
            return None
        at = start + len(self.head)
        found: list[int | str] = []
        for kind, literal in self.pieces:
            end = line.find(literal, at) if literal else len(line)
            if end < 0:
                return None
            if kind and (value := _value(kind, line[at:end])) is not None:
                found.append(value)
            elif kind:
                return None
            at = end + len(literal)
        return tuple(found)


def _pairs(rest: list[str | None]) -> Iterable[tuple[str | None, str]]:
    return ((rest[i], rest[i + 1] or "") for i in range(0, len(rest), 2))


def _value(kind: str, text: bytes) -> int | str | None:
    if kind == "d":
        return int(text) if len(text) <= 15 and text.isdigit() else None
    return None if b" " in text else text.decode("ascii", "replace")


def failure(reason: str, *texts: str, era: Era = "both") -> tuple[Template, ...]:
    """Make templates of messages that are counted under one reason."""
    return tuple(Template(text, reason, lambda at, _thread, _values: Failure(at, reason), era) for text in texts)


def notice(kind: str, *texts: str, era: Era = "both") -> tuple[Template, ...]:
    """Make templates of messages that only show life."""
    return tuple(Template(text, kind, lambda at, _thread, _values: Notice(at, kind), era) for text in texts)


class TemplateIndex:
    """Finds the template of a message among those that can begin with its first byte."""

    def __init__(self, templates: Iterable[Template]) -> None:
        """Sort the templates by first byte, in their order; those that any text may begin come last."""
        by_byte: dict[int, list[Template]] = {}
        anywhere: list[Template] = []
        for template in templates:
            if template.first_bytes is None:
                anywhere.append(template)
            for byte in template.first_bytes or ():
                by_byte.setdefault(byte, []).append(template)
        self._anywhere = tuple(anywhere)
        self._by_byte: Mapping[int, tuple[Template, ...]] = {byte: (*some, *anywhere) for byte, some in by_byte.items()}

    def find(self, at: float, thread: str, line: bytes, start: int) -> LogEvent | None:
        """Return what the message that begins at ``start`` tells; None when no template knows it."""
        for template in self._by_byte.get(line[start] if start < len(line) else -1, self._anywhere):
            values = template.values(line, start)
            if values is not None:
                return template.build(at, thread, values)
        return None
