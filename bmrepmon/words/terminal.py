"""What a terminal shows that cannot show everything: the nearest that it can, rather than a failure."""

import codecs
import unicodedata
from collections.abc import Mapping
from typing import TextIO

PLAIN: Mapping[str, str] = {"\u2013": "-", "✓": "+", "✗": "x", "○": "o"}


def nearest(error: UnicodeError) -> tuple[str, int]:
    """Replace what has no place in an encoding: a letter loses its accent, a narrow space becomes a wide one.

    >>> "1\u202f234 é".encode("ascii", "nearest")  # once `settle` has run
    b'1 234 e'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def settle(*streams: TextIO) -> None:
    """Let the streams of the process write everything, whatever their encoding."""
    codecs.register_error("nearest", nearest)
    for stream in streams:
        if reconfigure := getattr(stream, "reconfigure", None):  # a stream that was put there by others may have none
            reconfigure(errors="nearest")


def _plain(char: str) -> str:
    return PLAIN.get(char) or unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode() or "?"
