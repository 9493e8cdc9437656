"""Replays log files: reads them in order, folds them as the daemon does, and reports."""

import os
from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo
from pathlib import Path

from bmrepmon.config.local_zone import local_zone
from bmrepmon.offline.replay.compose import compose
from bmrepmon.offline.replay.files import LogFile, open_logs
from bmrepmon.offline.replay.gaps import MOST_GAPS
from bmrepmon.offline.replay.journal import Journal
from bmrepmon.offline.replay.report import ReplayReport, Zone
from bmrepmon.offline.replay.sessions import MOST_SESSIONS
from bmrepmon.parse.lines import LINE_LIMIT
from bmrepmon.parse.replication_log import ReplicationLogParser
from bmrepmon.parse.timestamps import Timestamps
from bmrepmon.parse.timezone import infer_zone
from bmrepmon.words.language import Language

Progress = Callable[[int, int], None]  # bytes read, bytes in all, as the files lie on disk

MIN_GAP = 60.0  # seconds


def replay(
    paths: Iterable[Path],
    t: Language,
    zone: tzinfo | None = None,
    progress: Progress | None = None,
    min_gap: float = MIN_GAP,
) -> ReplayReport:
    """Analyse log files, plain or .gz, in any order.

    Args:
        paths: the files.
        t: in which the warnings are written, with the texts of ``replay``.
        zone: in which the dates were written; None finds it out from the files, else takes UTC.
        progress: called with bytes done and bytes in all.
        min_gap: seconds; shorter stretches without an apply are not told.

    Raises:
        ReplayError: when a file cannot be used.
    """
    logs = open_logs(tuple(paths))
    known, told = _zone(logs, zone)
    reading = Reading(logs, t, known, min_gap, progress or (lambda _done, _total: None))
    for log in logs:
        reading.read(log)
    reading.journal.gaps.finish()
    warnings = (*reading.warnings, *_limits(reading.journal, t))
    return compose(logs, reading.journal, known, told, warnings)


class Reading:
    """Takes one file after the other, as one log."""

    def __init__(
        self, logs: tuple[LogFile, ...], t: Language, zone: tzinfo, min_gap: float, progress: Progress
    ) -> None:
        """Begin before the first of ``logs``."""
        self.journal = Journal(min_gap)
        self.warnings: list[str] = []
        self._t = t
        self._zone = zone
        self._parser = ReplicationLogParser(zone)
        self._done, self._total = 0, sum(log.size for log in logs)
        self._progress = progress

    def read(self, log: LogFile) -> None:
        """Fold a file in."""
        self._check_order(log)
        for lines in log.lines(self._damaged, self._advance):
            for line in lines:
                self.journal.add(self._parser.parse(line))
                if len(line) >= LINE_LIMIT:
                    self.journal.tally.oversized()
        self._done += log.size

    def _damaged(self, path: Path, error: Exception) -> None:
        self.warnings.append(self._t("damaged", path=path, error=error))

    def _advance(self, read: int) -> None:
        self._progress(self._done + read, self._total)

    def _check_order(self, log: LogFile) -> None:
        first = Timestamps(self._zone).read(log.first_date + b" [")
        last = self.journal.tally.last_event_at
        if first is not None and last is not None and first < last - 1:  # a second: threads race at a rollover
            self.warnings.append(self._t("twice", path=log.path))


def _limits(journal: Journal, t: Language) -> tuple[str, ...]:
    """Tell what was left out to bound memory."""
    left_out = (
        (journal.sessions.count > MOST_SESSIONS, t("newest_sessions", n=t.number(MOST_SESSIONS))),
        (journal.gaps.count > MOST_GAPS, t("newest_gaps", n=t.number(MOST_GAPS))),
    )
    return tuple(text for is_so, text in left_out if is_so)


def _zone(logs: tuple[LogFile, ...], zone: tzinfo | None) -> tuple[tzinfo, Zone]:
    """Decide in which zone the dates are read; the newest file is the likeliest to tell."""
    if zone is not None:
        return zone, Zone(str(zone), "option")
    here = local_zone(Path("/"), os.environ)
    for log in reversed(logs):
        if found := infer_zone(log.newest_line(), log.written_at, here):
            return found, Zone(str(found), "inferred")
    return UTC, Zone(str(UTC), "assumed")
