"""The shape that all lines of bm-core's logs share: ``date [thread] logger LEVEL - message``.

Source: BlueMind 4.0 to 4.9, packaging/bm-core/logback.xml, both log patterns.
"""

from typing import NamedTuple

from bmrepmon.parse.timestamps import THREAD

LONGEST_HEAD = 512  # bytes before the message: a thread, a logger, a level


class Head(NamedTuple):
    """What stands before a message, and where the message begins in its line."""

    thread: str
    logger: bytes  # the class alone: packages are abbreviated differently by version
    severe: bool  # logged as ERROR
    start: int


def parse_head(line: bytes) -> Head | None:
    """Read what follows the date of an event; None when the line breaks off before its message."""
    end = line.find(b"] ", THREAD, LONGEST_HEAD)
    dash = line.find(b" - ", end, LONGEST_HEAD)
    if end < 0 or dash < 0:
        return None
    logger, _, level = line[end + 2 : dash].rpartition(b" ")
    thread = line[THREAD:end].decode("ascii", "replace")
    return Head(thread, logger[logger.rfind(b".") + 1 :], level == b"ERROR", dash + 3)
