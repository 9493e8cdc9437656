"""Can each source be read on this machine, and if not, what to do about it."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bmrepmon.config.installation import Backend, Finding, Installation
from bmrepmon.offline.doctor.check import Check, Status
from bmrepmon.offline.doctor.database import database_checks
from bmrepmon.offline.doctor.places import file_check, missing, queue_check, tree_check, writable_check
from bmrepmon.offline.doctor.report import render_json, render_text
from bmrepmon.offline.doctor.rights import forbidden, identity, remedy
from bmrepmon.words.language import Language

STATUSES: dict[str, Status] = {"absent": "absent", "ambiguous": "note", "unreadable": "failed", "invalid": "failed"}
STORES = {"spool": tree_check, "meta": tree_check, "archive": tree_check, "sync_log": queue_check}


def examine(installation: Installation, t: Language, steady: Callable[[], float] = time.monotonic) -> tuple[Check, ...]:
    """Look at every source of ``installation``, for a few seconds each.

    Args:
        installation: what to look at.
        t: the texts of ``doctor``, in which everything is told.
        steady: a monotonic clock, in seconds.
    """
    return (
        identity(t),
        *_core(installation, t),
        *(check for backend in installation.backends for check in _backend(backend, t, steady)),
        writable_check(t, installation.state_directory),
        *(_noticed(t, finding) for finding in installation.findings),
    )


def _core(installation: Installation, t: Language) -> Iterator[Check]:
    """Look at what only the core server has, and at the kernel's table of connections."""
    core = installation.settings.core
    for key, path in (("replication_log", installation.replication_log), ("core_log", installation.core_log)):
        if path is not None:
            yield _log(t, key, path, written=getattr(core, key) is not None)
    subject, table = t("sessions"), installation.proc / "net/tcp"
    yield file_check(t, subject, table, Check(subject, "absent", t("no_table", path=table)))


def _log(t: Language, key: str, path: Path, *, written: bool) -> Check:
    """Look at a log; one at its default place is there only on the core server, once bm-core has started."""
    subject = t(key)
    later = Check(subject, "note", t("log_later", path=path))
    return file_check(t, subject, path, missing(t, subject, path, f"[core] {key}") if written else later)


def _backend(backend: Backend, t: Language, steady: Callable[[], float]) -> Iterator[Check]:
    for store, look in STORES.items():
        path = getattr(backend, store)
        if path is not None:
            subject = t("of_backend", subject=t(store), backend=backend.name)
            yield look(t, subject, path, missing(t, subject, path, f"[[backend]] {store}"), steady)
    if backend.database is not None:
        yield from database_checks(t, t("of_backend", subject=t("database"), backend=backend.name), backend.database)


def _noticed(t: Language, finding: Finding) -> Check:
    """Show what discovery noticed."""
    steps = remedy(t, finding.path) if finding.path and forbidden(finding.path) else ()
    subject = t(re.sub(r"\W", "_", finding.subject))
    return Check(subject, STATUSES[finding.reason], finding.sentence(t), steps)


__all__ = ["Check", "examine", "render_json", "render_text"]
