"""Can each source be read on this machine, and if not, what to do about it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bmrepmon.config.installation import Backend, Finding, Installation
from bmrepmon.offline.doctor.check import Check, Status
from bmrepmon.offline.doctor.database import database_check
from bmrepmon.offline.doctor.places import file_check, missing, queue_check, tree_check, writable_check
from bmrepmon.offline.doctor.report import render_json, render_text
from bmrepmon.offline.doctor.rights import forbidden, identity, remedy

STATUSES: dict[str, Status] = {"absent": "absent", "ambiguous": "note", "unreadable": "failed", "invalid": "failed"}
STORES = {"spool": tree_check, "meta": tree_check, "archive": tree_check, "sync_log": queue_check}


def examine(installation: Installation, steady: Callable[[], float] = time.monotonic) -> tuple[Check, ...]:
    """Look at every source of ``installation``, for a few seconds each; ``steady`` is a monotonic clock in seconds."""
    return (
        identity(),
        *_core(installation),
        *(check for backend in installation.backends for check in _backend(backend, steady)),
        writable_check(installation.state_directory),
        *map(_noticed, installation.findings),
    )


def _core(installation: Installation) -> Iterator[Check]:
    """Look at what only the core server has, and at the kernel's table of connections."""
    core = installation.settings.core
    for key, path in (("replication_log", installation.replication_log), ("core_log", installation.core_log)):
        if path is not None:
            yield _log(key, path, written=getattr(core, key) is not None)
    table = installation.proc / "net/tcp"
    yield file_check("sessions", table, Check("sessions", "absent", f"there is no {table} on this machine"))


def _log(key: str, path: Path, *, written: bool) -> Check:
    """Look at a log; one at its default place is there only on the core server, once bm-core has started."""
    subject = key.replace("_", " ")
    if written:
        return file_check(subject, path, missing(subject, path, f"[core] {key}"))
    later = Check(subject, "note", f"{path}: is not there; on the server that runs bm-core it should be")
    return file_check(subject, path, later)


def _backend(backend: Backend, steady: Callable[[], float]) -> Iterator[Check]:
    for store, look in STORES.items():
        path = getattr(backend, store)
        if path is not None:
            subject = f"{store.replace('_', ' ')} of {backend.name}"
            yield look(subject, path, missing(subject, path, f"[[backend]] {store}"), steady)
    if backend.database is not None:
        yield database_check(f"database of {backend.name}", backend.database)


def _noticed(finding: Finding) -> Check:
    """Show what discovery noticed."""
    steps = remedy(finding.path) if finding.path and forbidden(finding.path) else ()
    return Check(finding.subject, STATUSES[finding.reason], finding.message, steps)


__all__ = ["Check", "examine", "render_json", "render_text"]
