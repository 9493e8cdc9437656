"""Blocks of bytes into complete lines, whatever the blocks' borders, in bounded memory."""

import re
from collections.abc import Iterable, Sequence

Batches = Iterable[Sequence[bytes]]  # lines without their newlines, some at a time

LINE_LIMIT = 65536  # bytes of a line that are kept; bm-core itself cuts a frame at 2048 characters

# A logback event begins with its date, "2022-11-08 10:00:00,123" (BlueMind 4.9, packaging/bm-core/logback.xml).
_EVENT_DATE = re.compile(rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) ", re.MULTILINE)


def event_date(head: bytes) -> bytes | None:
    r"""Return the date of the first event that begins in ``head``; such dates sort as text.

    >>> event_date(b"of an earlier event\n2022-11-08 10:00:00,123 [main] ")
    b'2022-11-08 10:00:00,123'
    """
    found = _EVENT_DATE.search(head)
    return found[1] if found else None


class LineSplitter:
    """Takes blocks as they are read and gives back the lines that they complete, without their newlines.

    A line longer than the limit comes as its first ``limit`` bytes, once its newline was seen; the rest is dropped.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        """Start at the beginning of a line."""
        self._limit = limit
        self._partial = b""  # the kept part of the line that waits for its newline
        self._waiting = 0  # its whole length so far, dropped bytes included
        self.fed = 0  # bytes taken since the start

    @property
    def consumed(self) -> int:
        """Bytes of the complete lines since the start, newlines included."""
        return self.fed - self._waiting

    def feed(self, block: bytes) -> list[bytes]:
        """Take the next bytes and return the lines that are complete now."""
        self.fed += len(block)
        lines = block.split(b"\n")
        lines[0] = self._partial + lines[0] if len(self._partial) < self._limit else self._partial
        self._waiting = self._waiting + len(block) if len(lines) == 1 else len(lines[-1])
        self._partial = lines.pop()[: self._limit]
        if lines and (len(lines[0]) > self._limit or self._may_exceed(block)):
            return [line[: self._limit] for line in lines]
        return lines

    def _may_exceed(self, block: bytes) -> bool:
        """Tell whether a line inside could be too long: it would leave a whole piece of half its length without end."""
        half = max(1, self._limit // 2)
        return any(block.find(b"\n", at, at + half) < 0 for at in range(0, len(block) - half, half))

    def finish(self) -> list[bytes]:
        """Return the unfinished line, if there is one: the end of a file that is complete ends its last line too."""
        rest = [self._partial] if self._waiting else []
        self._partial, self._waiting = b"", 0
        return rest
