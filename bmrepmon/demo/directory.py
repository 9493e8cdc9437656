"""Writes who lives where into the tables of ``bj``, bm-core's directory of servers, domains and mailboxes."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg

from bmrepmon.demo.database import SCRIPTS
from bmrepmon.demo.population import DOMAINS, SERVER, Resident
from bmrepmon.demo.postgres import Postgres

CORE_TAGS, MAIL_TAGS = ("bm/core", "bm/es", "bm/pgsql"), ("bm/pgsql-data", "mail/imap")


def create_directory(postgres: Postgres, servers: Mapping[str, str], residents: Iterable[Resident]) -> None:
    """Make the database, and name mail ``servers`` (name: address), domains and mailboxes in it."""
    with postgres.connect("postgres") as admin:
        admin.execute('CREATE DATABASE "bj"')
    with postgres.connect("bj") as connection:
        connection.execute((SCRIPTS / "bj.sql").read_bytes())
        _fill(connection, servers, residents)


def _fill(connection: psycopg.Connection[Any], servers: Mapping[str, str], residents: Iterable[Resident]) -> None:
    ids: Iterator[int] = itertools.count(1)

    def container(uid: str, kind: str) -> int:
        number = next(ids)
        connection.execute(
            "INSERT INTO t_container (id, uid, container_type, name, owner) VALUES (%s, %s, %s, %s, 'system')",
            (number, uid, kind, uid),
        )
        return number

    def item(where: int, uid: str) -> int:
        number = next(ids)
        connection.execute(
            "INSERT INTO t_container_item (id, container_id, uid) VALUES (%s, %s, %s)", (number, where, uid)
        )
        return number

    installation = container("default", "installation")
    for name, address in servers.items():
        tags = [*(CORE_TAGS if name == SERVER else ()), *MAIL_TAGS]
        row = item(installation, name), address, name, tags
        connection.execute("INSERT INTO t_server VALUES (%s, %s, NULL, %s, %s)", row)
    domains = container("domains_default", "domains")
    directories = {domain: container(domain, "dir") for domain in DOMAINS}
    for domain in DOMAINS:
        connection.execute("INSERT INTO t_domain VALUES (%s, %s, %s)", (item(domains, domain), domain, domain))
        for name in servers:
            connection.execute("INSERT INTO t_server_assignment VALUES (%s, %s, 'mail/imap')", (name, domain))
    for r in residents:
        kind = "user" if r.kind == "user" else "mailshare"
        values = item(directories[r.domain], r.owner), r.owner, kind, r.probe, r.probe
        connection.execute(
            "INSERT INTO t_mailbox (item_id, name, type, system, hidden) VALUES (%s, %s, %s, %s, %s)", values
        )
