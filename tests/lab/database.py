"""The databases of the laboratory: bj-data as replication fills it, and of bj what names servers and mailboxes.

The tables are the demo's; what is written into them comes off the wire.
"""

import contextlib
import select
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, LiteralString

import psycopg
from lab.protocol import Body, Fields, text
from lab.rows import Row, folder_row, full_name, record_row, short_name, subtree
from psycopg import sql

from bmrepmon.demo.database import SCRIPTS
from bmrepmon.demo.postgres import Postgres
from bmrepmon.model.names import MailboxName

SINCE_4_4 = frozenset({"container_id", "xconv_mod_seq", "unique_id"})  # of folders and records
TAGS = ["bm/core", "bm/es", "bm/pgsql", "bm/pgsql-data", "mail/imap"]
Connection = psycopg.Connection[Any]


class Database:
    """Both databases of one server, for bm-core and for tests at once; every call is one transaction."""

    def __init__(self, postgres: Postgres, year: int) -> None:
        """Make the tables of 2019 or of 2022 in ``postgres``, which runs."""
        self._postgres = postgres
        self._recent = year >= 2022
        self._connections: dict[str, Connection] = {}
        self._lock = threading.Lock()
        with postgres.connect("postgres") as admin:
            admin.execute('CREATE DATABASE "bj"')
            admin.execute('CREATE DATABASE "bj-data"')
        with self._directory() as directory:
            directory.execute((SCRIPTS / "bj.sql").read_bytes())
        with self._shard() as shard:
            shard.execute((SCRIPTS / "bj_data.sql").read_bytes())
            if self._recent:
                shard.execute((SCRIPTS / "bj_data_since_4_4.sql").read_bytes())

    def close(self) -> None:
        """Let go of the server."""
        for connection in self._connections.values():
            connection.close()

    # --- for tests

    def select(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Read rows of bj-data."""
        with self._shard() as shard:
            return shard.execute(query, values).fetchall()

    def execute(self, query: LiteralString, *values: object) -> int:
        """Change rows of bj-data behind bm-core's back; return how many."""
        with self._shard() as shard:
            return shard.execute(query, values).rowcount

    def folders(self) -> dict[str, tuple[int, int]]:
        """Return last uid and highest modseq of each folder, by unique id."""
        query = (
            "SELECT i.uid, r.last_uid, r.highest_mod_seq FROM t_mailbox_replica r"
            " JOIN t_container_item i ON i.id = r.item_id"
        )
        return {uid: (last_uid, modseq) for uid, last_uid, modseq in self.select(query)}

    def records(self, unique_id: str) -> list[tuple[int, int]]:
        """Return uid and flags of the records of a folder, in the order of uids."""
        query = (
            "SELECT r.imap_uid, r.system_flags FROM t_mailbox_record r JOIN t_container_item i ON i.id = r.item_id"
            " JOIN t_container c ON c.id = i.container_id WHERE c.uid = %s ORDER BY 1"
        )
        return [(uid, flags) for uid, flags in self.select(query, f"mbox_records_{unique_id}")]

    # --- bj

    def add_server(self, server: str, domains: Sequence[str]) -> None:
        """Name the only server, which has every role, and its domains."""
        with self._directory() as bj:
            item = _item(bj, _named(bj, "default", "installation"), server)
            bj.execute("INSERT INTO t_server VALUES (%s, '127.0.0.1', NULL, %s, %s)", (item, server, TAGS))
            for domain in domains:
                item = _item(bj, _named(bj, "domains_default", "domains"), domain)
                bj.execute("INSERT INTO t_domain VALUES (%s, %s, %s)", (item, domain, domain))
                bj.execute("INSERT INTO t_server_assignment VALUES (%s, %s, 'mail/imap')", (server, domain))

    def add_mailbox(self, domain: str, name: str, kind: str) -> None:
        """Name a ``user`` or a ``mailshare``."""
        query = "INSERT INTO t_mailbox (item_id, name, type) VALUES (%s, %s, %s)"
        with self._directory() as bj:
            bj.execute(query, (_item(bj, _named(bj, domain, "dir"), name), name, kind))

    # --- bj-data, for bm-core

    def missing(self, guids: Sequence[str]) -> list[str]:
        """Return the bodies that are not there."""
        query = "SELECT encode(guid, 'hex') FROM t_message_body WHERE guid = ANY(%s)"
        known = {guid for (guid,) in self.select(query, [bytes.fromhex(guid) for guid in guids])}
        return [guid for guid in guids if guid not in known]

    def add_bodies(self, bodies: Iterable[Body]) -> None:
        """Store bodies; those that are there stay as they are."""
        rows = [(bytes.fromhex(b.guid), len(b.content)) for b in bodies]
        query = "INSERT INTO t_message_body (guid, size) VALUES (%s, %s) ON CONFLICT DO NOTHING"
        with self._shard() as shard:
            shard.cursor().executemany(query, rows)

    def apply_folder(self, name: MailboxName, fields: Fields, changed: Iterable[Fields]) -> None:
        """Store a folder's state with its new and changed records, all or nothing."""
        unique_id = text(fields, "UNIQUEID")
        with self._shard() as shard:
            tree = _container(shard, *subtree(name), "replicated_mailboxes", name)
            keys = {"item_id": _version(shard, tree, unique_id), "container_id": tree, "unique_id": unique_id}
            self._upsert(shard, "t_mailbox_replica", {**folder_row(name, fields), **keys})
            records = _container(shard, f"mbox_records_{unique_id}", unique_id, "mailbox_records", name)
            for record in changed:
                keys = {"item_id": _version(shard, records, f"{record['UID']}."), "container_id": records}
                self._upsert(shard, "t_mailbox_record", {**record_row(record), **keys})

    def rename_folder(self, unique_id: str, name: MailboxName) -> None:
        """Give a folder another name."""
        query = (
            "UPDATE t_mailbox_replica SET name = %s, short_name = %s"
            " WHERE item_id IN (SELECT id FROM t_container_item WHERE uid = %s)"
        )
        self.execute(query, full_name(name), short_name(name), unique_id)

    def remove_folder(self, unique_id: str) -> None:
        """Delete a folder with its records; their bodies stay until the next purge."""
        with self._shard() as shard:
            shard.execute("DELETE FROM t_container WHERE uid = %s", (f"mbox_records_{unique_id}",))
            shard.execute("DELETE FROM t_container_item WHERE uid = %s", (unique_id,))

    def _upsert(self, shard: Connection, table: str, row: Row) -> None:
        columns = [c for c in row if self._recent or c not in SINCE_4_4]
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (item_id) DO UPDATE SET ({}) = ROW({})").format(
            sql.Identifier(table),
            names := _listed(sql.Identifier(c) for c in columns),
            _listed(sql.Placeholder() for _ in columns),
            names,
            _listed(sql.Identifier("excluded", c) for c in columns),
        )
        shard.execute(query, [row[c] for c in columns])

    # --- connections

    def _directory(self) -> contextlib.AbstractContextManager[Connection]:
        return self._transaction("bj")

    def _shard(self) -> contextlib.AbstractContextManager[Connection]:
        return self._transaction("bj-data")

    @contextlib.contextmanager
    def _transaction(self, name: str) -> Iterator[Connection]:
        """Lend the connection to a database, a new one if the server has hung up since."""
        with self._lock:
            connection = self._connections.get(name)
            if connection is None or connection.closed or _readable(connection):
                if connection is not None:
                    connection.close()
                connection = self._connections[name] = self._postgres.connect(name)
            with connection.transaction():
                yield connection


def _readable(connection: Connection) -> bool:
    """Whether a connection on which nothing was asked has something to say: good-bye."""
    return bool(select.select([connection], [], [], 0)[0])


def _named(bj: Connection, uid: str, kind: str) -> int:
    query = (
        "INSERT INTO t_container (uid, container_type, name, owner) VALUES (%s, %s, %s, 'system')"
        " ON CONFLICT (uid) DO UPDATE SET uid = excluded.uid RETURNING id"
    )
    return _one(bj.execute(query, (uid, kind, uid)))


def _item(bj: Connection, container: int, uid: str) -> int:
    query = "INSERT INTO t_container_item (container_id, uid) VALUES (%s, %s) RETURNING id"
    return _one(bj.execute(query, (container, uid)))


def _container(shard: Connection, uid: str, name: str, kind: str, owner: MailboxName) -> int:
    query = (
        "INSERT INTO t_container (uid, name, container_type, owner, domain_uid) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (uid) DO UPDATE SET name = excluded.name RETURNING id"
    )
    return _one(shard.execute(query, (uid, name, kind, owner.mailbox, owner.domain)))


def _version(shard: Connection, container: int, uid: str) -> int:
    """Return the item of a folder or record, with a new version."""
    query = (
        "INSERT INTO t_container_item (container_id, uid) VALUES (%s, %s)"
        " ON CONFLICT (container_id, uid) DO UPDATE SET version = t_container_item.version + 1 RETURNING id"
    )
    return _one(shard.execute(query, (container, uid)))


def _listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _one(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
