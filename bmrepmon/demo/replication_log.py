"""Writes a log as bm-core's logback does: pattern, time zone, and the daily roll-over to a .gz file.

Source: BlueMind 4.1 and 4.9, packaging/bm-core/logback.xml. Both versions write ``yyyy-MM-dd HH:mm:ss,SSS`` without a
zone: that of the JVM in 2019, GMT in 2022 unless told otherwise.
"""

import gzip
import os
import shutil
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Literal

from bmrepmon.demo.timeline import Timeline

Level = Literal["INFO", "WARN", "ERROR"]
SERVER = "n.b.b.c.r.s."  # net.bluemind.backend.cyrus.replication.server, as %c{1} shortens it
REPLICA = "n.b.b.m.r.s.i."  # net.bluemind.backend.mail.replica.service.internal
LINK = "n.b.b.c.r.l.p."  # net.bluemind.backend.cyrus.replication.link.probe


class LogFile:
    """One growing log file."""

    def __init__(self, path: Path, timeline: Timeline, zone: tzinfo) -> None:
        """Open ``path`` for appending; it is made if there is none."""
        self.path = path
        self.lines = 0  # of all events so far, those of rolled files too
        self._timeline = timeline
        self._zone = zone
        self._day = self._moment().date()
        self._handle = self._open()

    def write(self, thread: str, logger: str, level: Level, message: str) -> None:
        """Write one event; it may have several lines."""
        moment = self._moment()
        if moment.date() != self._day:
            self.roll()
        stamp = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"
        os.write(self._handle, f"{stamp} [{thread}] {logger} {level} - {message}\n".encode())
        self.lines += 1 + message.count("\n")

    def roll(self) -> None:
        """Put the file aside as ``<name>.<day>.gz`` and begin a new one."""
        os.close(self._handle)
        aside = self.path.with_name(f"{self.path.name}.{self._day}")
        self.path.rename(aside)
        self._handle = self._open()
        with aside.open("rb") as old, gzip.GzipFile(f"{aside}.gz", "wb", mtime=0) as packed:
            shutil.copyfileobj(old, packed)
        aside.unlink()
        self._day = self._moment().date()

    def reopen(self) -> None:
        """Go on in a file of the old name; it is made if there is none."""
        os.close(self._handle)
        self._handle = self._open()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._timeline.stamp, self._zone)
