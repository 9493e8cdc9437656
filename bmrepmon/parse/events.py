"""The shape that all lines of bm-core's logs share: ``date [thread] logger LEVEL - message``.

Source: BlueMind 4.0 to 4.9, packaging/bm-core/logback.xml, both log patterns.
"""

from functools import lru_cache
from typing import NamedTuple

from bmrepmon.parse.timestamps import THREAD

LONGEST_HEAD = 512  # bytes before the message: a thread, a logger, a level


class Origin(NamedTuple):
    """Who logged an event."""

    thread: str
    logger: bytes  # the class alone: packages are abbreviated differently by version
    severe: bool  # logged as ERROR


def parse_head(line: bytes) -> tuple[Origin, int] | None:
    """Read what follows the date of an event, and where its message begins; None when the line breaks off before."""
    dash = line.find(b" - ", THREAD, LONGEST_HEAD)
    origin = _origin(line[THREAD:dash]) if dash >= 0 else None
    return None if origin is None else (origin, dash + 3)


@lru_cache(maxsize=1024)  # some dozen threads and loggers write all lines
def _origin(text: bytes) -> Origin | None:
    thread, mark, logger = text.partition(b"] ")
    name, _, level = logger.rpartition(b" ")
    return Origin(thread.decode("ascii", "replace"), name[name.rfind(b".") + 1 :], level == b"ERROR") if mark else None
