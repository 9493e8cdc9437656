"""Reads a large replication.log: the daemon's whole work, beside what mtail can count of it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

from bench.measure import Case, Result, compare
from bench.replication_log import write_log
from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.runtime.follower import Follower
from bmrepmon.runtime.log_loop import BUDGET

PROGRAM = Path(__file__).with_name("replication.mtail")
GREP = "grep -c 'APPLY MAILBOX'"
PEER = "mtail -one_shot"
MEGABYTE = 1_000_000

Counts = dict[str, Mapping[str, float]]  # by name and label: what both can tell


def log_reads(path: Path, megabytes: int, runs: int) -> Iterator[Result]:
    """Write a log of so many megabytes and compare the ways to read it, warm; mtail where it is installed.

    Raises:
        Differs: the two counted differently.
    """
    write_log(path, megabytes * MEGABYTE)
    mtail = shutil.which("mtail")
    peer = partial(_mtail, mtail, path) if mtail else partial(_ours, path)
    seconds = compare(Case("log_read", PEER, partial(_ours, path), peer), runs)
    theirs = _speeds(path, seconds.peer) if mtail else ()
    yield Result("log_read", "MB/s", _speeds(path, seconds.ours), theirs, PEER if mtail else "")
    seconds = compare(Case("log_grep", GREP, partial(_applied, path), partial(_grep, path)), runs)
    yield Result("log_grep", "MB/s", _speeds(path, seconds.ours), _speeds(path, seconds.peer), GREP)


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


def _ours(path: Path) -> Counts:
    found = read(path)
    return _told(
        {
            "commands_total": found.commands,
            "apply_mailbox_total": found.apply_mailbox,
            "last_apply_seconds": {name: int(at) for name, at in found.last_apply_at.items()},
            "last_event_seconds": {"": int(found.last_event_at or 0)},
            "replies_total": found.replies,
            "messages_applied_total": {"": found.applied_messages},
            "records_created_total": {"": found.record_changes.get("create", 0)},
            "records_updated_total": {"": found.record_changes.get("update", 0)},
            "records_deleted_total": {"": found.record_changes.get("delete", 0)},
            "records_indexed_total": {"": found.indexed_records},
            "sessions_started_total": {"": found.sessions_started},
            "sessions": {"": found.active_sessions or 0},
        }
    )


def _applied(path: Path) -> int:
    return sum(read(path).apply_mailbox.values())


def _grep(path: Path) -> int:
    command = ["grep", "--count", "APPLY MAILBOX", str(path)]
    return int(subprocess.run(command, capture_output=True, check=True, env={"LC_ALL": "C"}).stdout)


def _mtail(mtail: str, path: Path) -> Counts:
    command = [mtail, "-one_shot", f"-progs={PROGRAM}", f"-logs={path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return _told({name: _values(metric) for name, (metric, *_) in found.items()})


def _values(metric: dict[str, Any]) -> dict[str, float]:
    return {"".join(one.get("Labels") or ()): one["Value"]["Value"] for one in metric.get("LabelValues") or ()}


def _told(counts: Mapping[str, Mapping[str, float]]) -> Counts:
    """Leave nothing out but what is none: mtail does not tell apart what was never seen."""
    return {
        name: {label.lower(): value for label, value in sorted(labels.items()) if value}
        for name, labels in sorted(counts.items())
    }
