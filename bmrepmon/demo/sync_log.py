"""Cyrus's sync log: what has changed and waits for sync_client (Cyrus 3.0, imap/sync_log.c)."""

import os
import re
from pathlib import Path

from bmrepmon.demo.timeline import Signal, Timeline

NEEDS_QUOTES = re.compile(r'[ \t(){}"\\]')


def quote(name: str) -> str:
    """Write a name as one word of the log.

    >>> quote("demo.example!user.tom.Deleted Messages")
    '"demo.example!user.tom.Deleted Messages"'
    """
    escaped = re.sub(r'(["\\{}])', r"\\\1", name)
    return f'"{escaped}"' if NEEDS_QUOTES.search(name) else escaped


def unquote(word: str) -> str:
    """Read a name as it was before `quote`."""
    return re.sub(r"\\(.)", r"\1", word[1:-1] if word.startswith('"') else word)


class SyncLog:
    """The folder ``sync/core``: Cyrus appends to ``log``, sync_client takes it by renaming it to ``log-run``."""

    def __init__(self, directory: Path, timeline: Timeline) -> None:
        """Use ``directory``, which exists."""
        self._log = directory / "log"
        self._running = directory / "log-run"
        self._timeline = timeline
        self.written = Signal()
        self.waiting: list[str] = []  # lines of log
        self.taken: list[str] = []  # lines of log-run

    def append(self, *lines: tuple[str, str]) -> None:
        """Note changes: pairs of a kind (APPEND, MAILBOX, UNMAILBOX, ...) and a name."""
        text = [f"{kind} {quote(name)}" for kind, name in lines]
        handle = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, "".join(f"{line}\n" for line in text).encode())
        finally:
            os.close(handle)
        self.waiting += text
        self._timeline.fire(self.written)

    def take(self) -> list[str]:
        """Take what waits; a ``log-run`` that a dead sync_client left behind comes first."""
        if not self.taken and self.waiting:
            self._log.rename(self._running)
            self.taken, self.waiting = self.waiting, []
        return self.taken

    def done(self) -> None:
        """Drop what was taken: all of it is replicated."""
        self._running.unlink()
        self.taken = []

    def discard(self) -> None:
        """Forget everything, as `rm log*` does."""
        for file in (self._log, self._running):
            file.unlink(missing_ok=True)
        self.waiting, self.taken = [], []
