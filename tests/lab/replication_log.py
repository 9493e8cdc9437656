"""What bm-core writes into replication.log, in the form of 2022 and in that of 2019 at once: equal events, two files.

Source: BlueMind 4.1 (2019) and 4.9 (2022), packaging/bm-core/logback.xml, ReplicationSession and ReplicationFrame. Both
write dates without a zone: 2019 that of the machine (here Paris), 2022 GMT.
"""

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO
from zoneinfo import ZoneInfo

Year = Literal[2019, 2022]
ZONES = {2019: ZoneInfo("Europe/Paris"), 2022: UTC}
YEARS: tuple[Year, ...] = (2019, 2022)
SERVER = "n.b.b.c.r.s."  # net.bluemind.backend.cyrus.replication.server, as the pattern abbreviates it
REPLICA = "n.b.b.m.r.s.i."  # net.bluemind.backend.mail.replica.service.internal

COMMAND_SHOWN = 2048  # UTF-16 units of a command that reach the log
ANSWER_SHOWN, ANSWER_KEPT = 500, 200  # of an answer: whole up to the first, else only the second


class ReplicationLog:
    """Both files; events come from several threads."""

    def __init__(self, folders: dict[Year, Path]) -> None:
        """Write ``replication.log`` into the folder of each year."""
        self.paths = {year: folder / "replication.log" for year, folder in folders.items()}
        for folder in folders.values():
            folder.mkdir(parents=True)
        self._files: dict[Year, TextIO] = {y: p.open("a", newline="", buffering=1) for y, p in self.paths.items()}
        self._lock = threading.Lock()

    def write(self, thread: str, logger: str, text: str, level: str = "INFO", *, years: Iterable[Year] = YEARS) -> None:
        """Write one event into the files of ``years``; its text may have several lines."""
        with self._lock:
            now = time.time()
            for year in years:
                moment = datetime.fromtimestamp(now, ZONES[year])
                stamp = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"
                self._files[year].write(f"{stamp} [{thread}] {logger} {level} - {text}\n")

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()


def shown_command(text: str) -> str:
    """Cut a command as the log does."""
    return _cut(text, COMMAND_SHOWN, COMMAND_SHOWN)


def shown_answer(text: str) -> str:
    """Cut an answer as the log does: a long one loses its OK or NO."""
    return _cut(text, ANSWER_SHOWN, ANSWER_KEPT)


def _cut(text: str, shown: int, kept: int) -> str:
    units = text.encode("utf-16-le", "replace")
    return text if len(units) <= 2 * shown else units[: 2 * kept].decode("utf-16-le", "replace") + "... [truncated]"
