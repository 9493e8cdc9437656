"""Settings and a machine to an installation: every path decided, every oddity noted. IO lives here."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from bmrepmon.config import settings as written
from bmrepmon.config.installation import Backend, Installation
from bmrepmon.config.places import PLACES
from bmrepmon.config.settings import Settings
from bmrepmon.discovery.database import find_database
from bmrepmon.discovery.machine import Machine
from bmrepmon.discovery.naming import host_name, server_uid
from bmrepmon.discovery.partitions import metapartitions_elsewhere

STORES = ("spool", "meta", "archive", "sync_log")


def discover(settings: Settings, root: Path, environ: Mapping[str, str]) -> Installation:
    """Find out what of ``settings`` and of BlueMind's defaults is on the machine below ``root``.

    Paths that the administrator wrote are taken as they are, default paths below ``root`` and only where they exist.
    Nothing raises: what cannot be read is ``None`` and in the findings.
    """
    machine = Machine(root, environ)
    core = settings.core
    return Installation(
        root=root,
        settings=settings,
        replication_log=machine.place("core", "replication_log", core.replication_log, "replication log", folder=True),
        core_log=machine.place("core", "core_log", core.core_log, "core log", folder=True),
        timezone=_timezone(core.timezone),
        proc=machine.below("/proc"),
        state_directory=_state_directory(settings, machine),
        backends=_backends(settings, machine),
        findings=tuple(machine.findings),
    )


def _timezone(name: str) -> tzinfo | None:
    if name in ("UTC", "GMT"):
        return UTC  # known even where no time zones are installed
    return None if name == "auto" else ZoneInfo(name)


def _state_directory(settings: Settings, machine: Machine) -> Path:
    """Decide where to write; systemd may name several directories, the first is ours."""
    if settings.state.directory:
        return Path(settings.state.directory)
    given = machine.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else machine.below(PLACES["state", "directory"])


def _backends(settings: Settings, machine: Machine) -> tuple[Backend, ...]:
    """Decide every backend; of several, only the one that is named like the partitions on disk gets default paths."""
    if len(settings.backend) <= 1:
        only = settings.backend[0] if settings.backend else written.Backend()
        return (_backend(only, settings, machine, local=True),)
    here = server_uid(machine, [machine.below(PLACES["backend", store]) for store in STORES[:3]])
    if here and here not in (backend.name for backend in settings.backend):
        machine.note("backend", "ambiguous", "backend_unnamed", name=here)
    return tuple(_backend(backend, settings, machine, local=backend.name == here) for backend in settings.backend)


def _backend(backend: written.Backend, settings: Settings, machine: Machine, *, local: bool) -> Backend:
    """Decide one backend's paths, name and database."""
    paths = {store: _store(store, backend, machine, local=local) for store in STORES}
    name = backend.name or server_uid(machine, [paths[store] for store in STORES[:3]]) or host_name(machine)
    return Backend(
        name=name,
        addresses=backend.addresses,
        database=find_database(machine, backend, settings.bluemind.ini, local=local),
        expected_sessions=backend.expected_sessions,
        metapartitions=metapartitions_elsewhere(machine, paths["meta"]) if local and paths["meta"] else (),
        **paths,
    )


def _store(store: str, backend: written.Backend, machine: Machine, *, local: bool) -> Path | None:
    """Decide one path of a backend; only a local one has defaults."""
    path = getattr(backend, store)
    return machine.place("backend", store, path if local else path or "", store.replace("_", " "))
