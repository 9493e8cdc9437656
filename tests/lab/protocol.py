"""Cyrus's sync protocol as it travels: frames with literals, and the lists of keys and values in them.

A command is one line; a literal at its end (``{265+}`` or, for a message, ``%{partition guid 265}``) brings so many
bytes and a further line. Source: Cyrus 3.0 and 3.6, imap/dlist.c and imap/sync_support.c.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

_LITERAL = re.compile(rb"[{ ](\d+)\+?\}\r?\n$")
_TOKEN = re.compile(
    rb"""[ \r\n]*(?:
      (%\() | (\() | (\)) | "((?:[^"\\]|\\.)*)"      # a mapping begins, a list begins, either ends, a quoted word
    | (%\{\S+\ ([0-9a-f]{40})\ (\d+)\}\r\n)            # a message
    | \{(\d+)\+?\}\r\n | ([^ \r\n()"]+)               # a literal, an atom
    )""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ATOM = re.compile(r"[^\s()\"\\{}%*]+")


@dataclass(frozen=True, slots=True)
class Body:
    """One message in an APPLY MESSAGE."""

    guid: str  # SHA-1 in hexadecimal
    content: bytes


Value = str | Body | Sequence["Value"] | Mapping[str, "Value"]
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Frame:
    """One command."""

    raw: bytes
    shown: str  # as bm-core logs it: each literal is the name of a temporary file

    @property
    def verb(self) -> str:
        """The command's name, of two words for GET and APPLY."""
        words = self.shown.split(" ", 2)
        return " ".join(words[:2]) if words[0] in ("GET", "APPLY") else words[0]

    @property
    def arguments(self) -> Sequence[Value]:
        """What follows the name."""
        return parse(self.raw[len(self.verb.encode()) :])


def read_frame(stream: BinaryIO, first_token: int) -> Frame | None:
    """Read one command, numbering its literals from ``first_token``; None when the connection has ended."""
    raw, shown = [], []
    while line := stream.readline():
        raw.append(line)
        shown.append(line.rstrip(b"\r\n").decode("utf-8", "replace"))
        literal = _LITERAL.search(line)
        size = int(literal[1]) if literal else 0
        if not size:
            return Frame(b"".join(raw), "".join(shown)) if line.endswith(b"\n") else None
        raw.append(stream.read(size))
        shown.append(f"{{t{first_token + len(shown) // 2}.bin}}")
    return None


def parse(raw: bytes) -> list[Value]:
    """Read values one after the other.

    >>> parse(b'%(MBOXNAME "a b" UID (1 2))')
    [{'MBOXNAME': 'a b', 'UID': ['1', '2']}]
    """
    stack: list[tuple[bool, list[Value]]] = [(False, [])]
    at = 0
    while token := _TOKEN.match(raw, at):
        at = token.end()
        keyed, opened, closed, quoted, message, guid, message_size, size, atom = token.groups()
        if keyed or opened:
            stack.append((bool(keyed), []))
            continue
        if closed:
            pairs, values = stack.pop()
            value: Value = _pairs(values) if pairs else values
        elif message:
            value = Body(guid.decode(), raw[at : at + int(message_size)])
            at += int(message_size)
        elif size:
            value = raw[at : at + int(size)].decode("utf-8", "replace")
            at += int(size)
        else:
            value = _ESCAPED.sub(r"\1", quoted.decode("utf-8", "replace")) if atom is None else atom.decode()
        stack[-1][1].append(value)
    return stack[0][1]


def render(value: Value) -> str:
    r"""Write a value as Cyrus reads it.

    >>> render({"MBOXNAME": "a b", "UID": ["1", "2"]})
    '%(MBOXNAME "a b" UID (1 2))'
    """
    match value:
        case str():
            quoted = value.replace("\\", "\\\\").replace('"', '\\"')
            return value if _ATOM.fullmatch(value) else f'"{quoted}"'
        case Mapping():
            return f"%({' '.join(f'{key} {render(inner)}' for key, inner in value.items())})"
        case Sequence():
            return f"({' '.join(map(render, value))})"
    raise TypeError(value)


def text(fields: Fields, key: str) -> str:
    """Return a word."""
    value = fields[key]
    assert isinstance(value, str), (key, value)
    return value


def number(fields: Fields, key: str) -> int:
    """Return a number."""
    return int(text(fields, key))


def words(value: Value) -> list[str]:
    """Return a list of words."""
    assert isinstance(value, list), value
    return [str(word) for word in value]


def mapping(value: Value) -> dict[str, Value]:
    """Return keys and values."""
    assert isinstance(value, dict), value
    return value


def _pairs(values: Sequence[Value]) -> Fields:
    keys = [key for key in values[::2] if isinstance(key, str)]
    return dict(zip(keys, values[1::2], strict=True))
