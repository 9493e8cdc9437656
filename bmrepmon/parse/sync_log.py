"""Cyrus's sync log: one item a line, a type and one or two names. Pure, and total over every bytes.

A name is quoted when it is empty or has a space, tab, parenthesis, backslash, quote or brace; backslash, quote and
braces then have a backslash before them. Types and quoting: imap/sync_log.c and sync_log.h of Cyrus 3.0 to 3.6.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

Names = tuple[bytes, ...]

# Of each known type: how many names follow it, which of them are folders, and which is a user with all his folders.
# Seen state, subscriptions, quotas and the sieve scripts of META travel by themselves and leave no folder behind.
_SHAPES: Mapping[bytes, tuple[int, slice, slice]] = {
    kind: (names, slice(*folders), slice(*users))
    for kind, names, folders, users in (
        (b"APPEND", 1, (0, 1), (0, 0)),
        (b"MAILBOX", 1, (0, 1), (0, 0)),
        (b"UNMAILBOX", 1, (0, 1), (0, 0)),
        (b"ANNOTATION", 1, (0, 1), (0, 0)),
        (b"DOUBLEMAILBOX", 2, (0, 2), (0, 0)),
        (b"RENAME", 2, (0, 2), (0, 0)),
        (b"USER", 1, (0, 0), (0, 1)),
        (b"UNUSER", 1, (0, 0), (0, 1)),
        (b"META", 1, (0, 0), (0, 0)),
        (b"SIEVE", 1, (0, 0), (0, 0)),
        (b"QUOTA", 1, (0, 0), (0, 0)),
        (b"SEEN", 2, (0, 0), (0, 0)),
        (b"SUB", 2, (0, 0), (0, 0)),
    )
}
_NAME = rb'(?:"((?:[^"\\]|\\.)*)"|([^ \t\r\n"\\(){}]+))'
_LINE = re.compile(rb"([A-Za-z]+) " + _NAME + rb"(?: " + _NAME + rb")?\r?", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
LINE_BYTES = 4096  # Cyrus writes no longer line


class SyncItem(NamedTuple):
    """One line: its type in upper case, and its names as Cyrus knows them (``domain!user.login.folder``)."""

    kind: bytes
    names: Names

    @property
    def folders(self) -> Names:
        """The folders that this item says have changed."""
        return self.names[_SHAPES[self.kind][1]]

    @property
    def users(self) -> Names:
        """The user of whom this item says that everything has to be compared."""
        return self.names[_SHAPES[self.kind][2]]


def parse_sync_line(line: bytes) -> SyncItem | None:
    """Read one line without its newline; None when its type or its form is not known.

    >>> parse_sync_line(b'RENAME a.test!user.tom.New "a.test!user.tom.Old Mail"').names
    (b'a.test!user.tom.New', b'a.test!user.tom.Old Mail')
    """
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    kind = match[1].upper()
    names = tuple(_name(*match.group(i, i + 1)) for i in (2, 4) if match.group(i, i + 1) != (None, None))
    return SyncItem(kind, names) if kind in _SHAPES and len(names) == _SHAPES[kind][0] else None


def _name(quoted: bytes | None, plain: bytes | None) -> bytes:
    return plain or _ESCAPED.sub(rb"\1", quoted or b"")


class SyncLogTally:
    """Counts the items of any number of files, block by block, in bounded memory.

    Most lines of a waiting log repeat each other, so each block is counted line by distinct line.
    """

    def __init__(self, names: int) -> None:
        """Remember at most ``names`` distinct folders and as many users."""
        self.entries = self.unknown = 0
        self.folders: set[bytes] = set()
        self.users: set[bytes] = set()
        self.complete = True  # False once a name had to be left out
        self._names = names
        self._begun = b""  # the line that the block broke off in

    def feed(self, block: bytes) -> None:
        """Count the lines that end in ``block``."""
        *lines, begun = (self._begun + block).split(b"\n")
        self._begun = begun[: LINE_BYTES + 1]  # whatever is longer is no item, and need not be kept to know that
        for line, times in Counter(lines).items():
            self._count(line, times)

    def end(self) -> None:
        """Leave a file; a last line without a newline is none yet, for Cyrus too."""
        self._begun = b""

    def _count(self, line: bytes, times: int) -> None:
        if not line.strip():
            return
        self.entries += times
        item = parse_sync_line(line) if len(line) <= LINE_BYTES else None
        if item is None:
            self.unknown += times
        else:
            self._remember(self.folders, item.folders)
            self._remember(self.users, item.users)

    def _remember(self, known: set[bytes], names: Names) -> None:
        for name in names:
            if name in known or len(known) < self._names:
                known.add(name)
            else:
                self.complete = False
