"""How to reach the mail database: as written, or as BlueMind's own bm.ini says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from bmrepmon.config import settings as written
from bmrepmon.config.installation import Database
from bmrepmon.config.places import PLACES
from bmrepmon.config.types import Secret
from bmrepmon.discovery.machine import Machine
from bmrepmon.parse.bm_ini import BmIni, parse_bm_ini
from bmrepmon.parse.local_addresses import parse_fib_trie, parse_if_inet6

SHOWN = ("service", "dbname", "host", "hostaddr", "port", "user")  # no other part is of interest
OWN_SECRET = ("password", "passfile", "service")  # libpq finds the password by these


def find_database(machine: Machine, backend: written.Backend, ini: str | None, *, local: bool) -> Database | None:
    """Decide how to reach ``backend``'s database; ``None``, with a finding, if that is not known.

    Only a ``local`` backend is looked up in ``bm.ini``. The password is, in this order, that of
    ``database_password_file``, of the connection string (or what libpq finds by it), of the systemd credential
    ``database_password``, and of ``bm.ini``.
    """
    fallback = None
    if backend.database is not None:
        parts = _parts(machine, backend.database)
    elif local and (found := _read_ini(machine, ini)):
        parts, fallback = _parts_of_ini(machine, found), found.password
    else:
        return None
    if not parts:
        return None
    from bmrepmon.discovery.libpq import put_together

    password = _password(machine, backend, parts) or fallback
    conninfo = put_together(parts | ({"password": password} if password else {}))
    if conninfo is None:
        machine.note("database", "invalid", "database_invalid")
        return None
    return Database(Secret(conninfo), _shown(parts))


def _parts(machine: Machine, conninfo: Secret) -> dict[str, Any] | None:
    """Take a connection string apart, as libpq does."""
    from bmrepmon.discovery.libpq import take_apart  # without a database, its driver is not needed

    parts = take_apart(conninfo.reveal())
    if parts is None:
        machine.note("database", "invalid", "conninfo_invalid")
    return parts


def _parts_of_ini(machine: Machine, ini: BmIni) -> dict[str, Any] | None:
    if ini.dbtype and ini.dbtype.upper() not in ("PGSQL", "POSTGRESQL"):
        machine.note("bm.ini", "invalid", "ini_dbtype")
        return None
    if ini.host is None or ini.user is None:
        machine.note("bm.ini", "invalid", "ini_incomplete")
        return None
    name = (ini.db or "bj").removesuffix("-data")
    host, mark, port = ini.host.partition(":")
    if mark and port.isdigit():  # and no IPv6 address
        return {"host": host, "port": port, "dbname": f"{name}-data", "user": ini.user}
    return {"host": ini.host, "dbname": f"{name}-data", "user": ini.user}


def _read_ini(machine: Machine, ini: str | None) -> BmIni | None:
    """Read ``bm.ini`` and what the override for one of this machine's addresses puts on top of it.

    Source: BlueMind 4.9, plugins/net.bluemind.node, NodeHook: core writes ``bm.ini.<address>`` to every node.
    """
    if ini == "":
        return None
    path = machine.below(PLACES["bluemind", "ini"]) if ini is None else Path(ini)
    raws = [
        machine.read(file, "bm.ini", "ini_unreadable")
        for file in (path, *_overrides(machine, path))
        if machine.exists(file)
    ]
    known = [parse_bm_ini(raw) for raw in raws if raw is not None]
    if not raws:
        machine.note("bm.ini", "absent", "no_ini", path)
    if len(known) < len(raws) or not known:
        return None  # half of the truth may be the wrong database
    return _merged(known[0], known[-1])


def _merged(base: BmIni, override: BmIni) -> BmIni:
    """Return ``base`` with every key that ``override`` has."""
    keys = {key: value for key in BmIni.__slots__ if (value := getattr(override, key)) is not None}
    return replace(base, **keys)


def _overrides(machine: Machine, path: Path) -> list[Path]:
    """Return ``bm.ini.<address>`` for the first address of this machine that has one, if there is one."""
    files = (path.with_name(f"{path.name}.{address}") for address in local_addresses(machine))
    return [file for file in files if machine.exists(file)][:1]


def local_addresses(machine: Machine) -> tuple[str, ...]:
    """Return this machine's own addresses, loopback last, since every machine has it."""
    ipv4 = machine.read(machine.below("/proc/net/fib_trie"), "proc", "address_unreadable") or b""
    ipv6 = machine.read(machine.below("/proc/net/if_inet6"), "proc", "address_unreadable") or b""
    found = parse_fib_trie(ipv4) | parse_if_inet6(ipv6)
    return tuple(sorted(found, key=lambda address: (address.startswith("127.") or address == "::1", address)))


def _password(machine: Machine, backend: written.Backend, parts: dict[str, Any]) -> str | None:
    """Return the password that is to be used instead of what ``parts`` say, if there is one."""
    if backend.database_password_file is not None:
        return _first_line(machine, Path(backend.database_password_file), required=True)
    credentials = machine.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and not any(key in parts for key in OWN_SECRET):
        return _first_line(machine, Path(credentials, "database_password"), required=False)
    return None


def _first_line(machine: Machine, path: Path, *, required: bool) -> str | None:
    raw = machine.read(path, "database password", "password_unreadable")
    lines = (raw or b"").decode("utf-8", "replace").splitlines()
    if required and not lines and (raw is not None or not machine.exists(path)):
        text = "password_missing" if raw is None else "password_empty"
        machine.note("database password", "unreadable", text, path)
    return lines[0] if lines else None


def _shown(parts: dict[str, Any]) -> str:
    """Describe a database as libpq does, without secrets; a name that is itself a connection string is not shown."""
    name = str(parts.get("dbname", ""))
    safe = {**parts, "dbname": "..."} if "=" in name or "://" in name else parts
    return " ".join(f"{key}={safe[key]}" for key in SHOWN if key in safe) or "libpq"
