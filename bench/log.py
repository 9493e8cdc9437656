"""Reads a large replication.log: the daemon's whole work, beside what mtail can count of it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

from bench.measure import Case, Result, compare, timed
from bench.replication_log import write_log
from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.survey import folder_key
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.runtime.follower import Follower
from bmrepmon.runtime.log_loop import BUDGET

PROGRAMS = Path(__file__).parent
GREP = "grep -c 'APPLY MAILBOX'"
MTAIL = "mtail -one_shot"
MEGABYTE = 1_000_000

Counts = dict[str, Mapping[str, float]]  # by name and label: what both can tell


def log_reads(path: Path, megabytes: int, runs: int) -> Iterator[Result]:
    """Write a log of so many megabytes and compare the ways to read it, warm; mtail where it is installed.

    Raises:
        Differs: the two counted differently.
    """
    write_log(path, megabytes * MEGABYTE)
    if mtail := shutil.which("mtail"):
        for name, program, told in (("log_read", "replication", _worked), ("log_count", "counters", _counted)):
            peer = partial(_mtail, mtail, program, path)
            case = Case(name, f"{MTAIL}, {program}.mtail", partial(read, path), peer, told, _values)
            yield _speed(path, compare(case, runs))
    else:
        yield Result("log_read", "MB/s", _speeds(path, [timed(lambda: read(path))[0] for _ in range(runs)]))
    applied = partial(_grep, path)
    yield _speed(path, compare(Case("log_grep", GREP, partial(read, path), applied, _applied), runs))


def _speed(path: Path, seconds: Result) -> Result:
    """Return megabytes a second for seconds."""
    return replace(seconds, unit="MB/s", ours=_speeds(path, seconds.ours), peer=_speeds(path, seconds.peer))


def _speeds(path: Path, seconds: Sequence[float]) -> tuple[float, ...]:
    return tuple(path.stat().st_size / MEGABYTE / passed for passed in seconds)


def follower(path: Path) -> Follower[LogActivity]:
    """Return what reads a log as the daemon does, from its beginning."""
    return Follower(
        "log",
        path,
        activity=LogActivity(),
        checkpoint=None,
        counts=FollowerCounts(),
        fold_for=fold_replication_log,
        zone=UTC,
        local_zone=UTC,
    )


def read(path: Path) -> LogActivity:
    """Read a log to its end."""
    activity, reading = LogActivity(), follower(path)
    while event := reading.advance(BUDGET):
        activity = event.activity if isinstance(event.activity, LogActivity) else activity
    reading.close()
    return activity


def _counted(found: LogActivity) -> Counts:
    """Tell what bench/counters.mtail counts."""
    return _told(
        {
            "commands_total": found.commands,
            "apply_mailbox_total": found.apply_mailbox,
            "last_apply_seconds": {name: int(at) for name, at in found.last_apply_at.items()},
            "last_event_seconds": {"": int(found.last_event_at or 0)},
            "replies_total": {status.upper(): count for status, count in found.replies.items()},
            "messages_applied_total": {"": found.applied_messages},
            "records_created_total": {"": found.record_changes.get("create", 0)},
            "records_updated_total": {"": found.record_changes.get("update", 0)},
            "records_deleted_total": {"": found.record_changes.get("delete", 0)},
            "records_indexed_total": {"": found.indexed_records},
            "sessions_started_total": {"": found.sessions_started},
            "sessions": {"": found.active_sessions or 0},
        }
    )


def _worked(found: LogActivity) -> Counts:
    """Tell what bench/replication.mtail finds beside the counters: pairs, how long they took, and positions."""
    places = {key.hex(): position for key, position in found.positions}
    return _told(
        {
            **_counted(found),
            "refused_total": found.refused,
            "answer_milliseconds": {name: round(took.sum * 1000) for name, took in found.durations.items()},
            "highest_modseq": {name: position.highest_modseq for name, position in places.items()},
            "last_uid": {name: position.last_uid for name, position in places.items()},
            "uid_validity": {name: position.uid_validity for name, position in places.items()},
        }
    )


def _applied(found: LogActivity) -> int:
    return sum(found.apply_mailbox.values())


def _grep(path: Path) -> int:
    command = ["grep", "--count", "APPLY MAILBOX", str(path)]
    return int(subprocess.run(command, capture_output=True, check=True, env={"LC_ALL": "C"}).stdout)


def _mtail(mtail: str, program: str, path: Path) -> bytes:
    command = [mtail, "-one_shot", f"-progs={PROGRAMS / program}.mtail", f"-logs={path}"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _values(answer: bytes) -> Counts:
    found: dict[str, list[dict[str, Any]]] = json.loads(answer)
    return _told({name: dict(_labelled(metric)) for name, (metric, *_) in found.items()})


def _labelled(metric: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield each label with its value, of a histogram with the sum; folders by the keys that positions have."""
    keyed = metric.get("Keys") == ["unique_id"]
    for one in metric.get("LabelValues") or ():
        label, value = "".join(one.get("Labels") or ()), one["Value"]
        yield folder_key(label).hex() if keyed else label, value.get("Value", value.get("Sum"))


def _told(counts: Mapping[str, Mapping[str, float]]) -> Counts:
    """Leave nothing out but what is none: mtail does not tell apart what was never seen."""
    return {
        name: {label: value for label, value in sorted(labels.items()) if value}
        for name, labels in sorted(counts.items())
    }
