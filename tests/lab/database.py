"""The tables of bj-data as replication fills them, and those of bj that name servers and mailboxes.

The tables are the demo's; what is written into them comes off the wire. Rows: BlueMind 4.9,
net.bluemind.backend.mail.replica.persistence and net.bluemind.core.container.persistence.
"""

import select
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
from lab.protocol import Body, Fields, number, text, words
from psycopg import sql
from psycopg.types.json import Jsonb

from bmrepmon.demo.database import SCRIPTS
from bmrepmon.demo.postgres import Postgres
from bmrepmon.model.names import MailboxName

Row = Mapping[str, Any]
FLAGS = {
    "\\Answered": 1,
    "\\Flagged": 2,
    "\\Deleted": 4,
    "\\Draft": 8,
    "\\Seen": 16,
    "\\NeedsCleanup": 1 << 28,
    "\\Archived": 1 << 29,
    "\\Unlinked": 1 << 30,
    "\\Expunged": -(1 << 31),  # the sign bit of an int4
}
SINCE_4_4 = frozenset({"container_id", "xconv_mod_seq", "unique_id"})  # of folders and records


class Database:
    """Both databases of one server; every call is one transaction."""

    def __init__(self, postgres: Postgres, year: int) -> None:
        """Make the tables of 2019 or of 2022 in ``postgres``, which runs."""
        self._postgres = postgres
        self._recent = year >= 2022
        with postgres.connect("postgres") as admin:
            admin.execute('CREATE DATABASE "bj"')
            admin.execute('CREATE DATABASE "bj-data"')
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._directory.execute((SCRIPTS / "bj.sql").read_bytes())
        self._shard.execute((SCRIPTS / "bj_data.sql").read_bytes())
        if self._recent:
            self._shard.execute((SCRIPTS / "bj_data_since_4_4.sql").read_bytes())

    def close(self) -> None:
        """Let go of the server."""
        for connection in self._connections.values():
            connection.close()

    def select(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Read rows of bj-data."""
        return self._shard.execute(query, values).fetchall()

    def execute(self, query: LiteralString, *values: object) -> int:
        """Change rows of bj-data behind bm-core's back; return how many."""
        return self._shard.execute(query, values).rowcount

    # --- bj

    def add_server(self, server: str, domains: Sequence[str]) -> None:
        """Name the only server, which has every role, and its domains."""
        tags = ["bm/core", "bm/es", "bm/pgsql", "bm/pgsql-data", "mail/imap"]
        home = self._named("default", "installation")
        item = self._item(home, server)
        self._directory.execute("INSERT INTO t_server VALUES (%s, '127.0.0.1', NULL, %s, %s)", (item, server, tags))
        for domain in domains:
            item = self._item(self._named("domains_default", "domains"), domain)
            self._directory.execute("INSERT INTO t_domain VALUES (%s, %s, %s)", (item, domain, domain))
            self._directory.execute("INSERT INTO t_server_assignment VALUES (%s, %s, 'mail/imap')", (server, domain))

    def add_mailbox(self, domain: str, name: str, kind: str) -> None:
        """Name a ``user`` or a ``mailshare``."""
        query = "INSERT INTO t_mailbox (item_id, name, type) VALUES (%s, %s, %s)"
        self._directory.execute(query, (self._item(self._named(domain, "dir"), name), name, kind))

    def _named(self, uid: str, kind: str) -> int:
        query = (
            "INSERT INTO t_container (uid, container_type, name, owner) VALUES (%s, %s, %s, 'system')"
            " ON CONFLICT (uid) DO UPDATE SET uid = excluded.uid RETURNING id"
        )
        return _one(self._directory.execute(query, (uid, kind, uid)))

    def _item(self, container: int, uid: str) -> int:
        query = "INSERT INTO t_container_item (container_id, uid) VALUES (%s, %s) RETURNING id"
        return _one(self._directory.execute(query, (container, uid)))

    # --- bj-data

    def missing(self, guids: Sequence[str]) -> list[str]:
        """Return the bodies that are not there."""
        query = "SELECT encode(guid, 'hex') FROM t_message_body WHERE encode(guid, 'hex') = ANY(%s)"
        known = {row[0] for row in self.select(query, list(guids))}
        return [guid for guid in guids if guid not in known]

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

    def add_bodies(self, bodies: Iterable[Body]) -> None:
        """Store bodies; those that are there stay as they are."""
        rows = [(bytes.fromhex(b.guid), len(b.content)) for b in bodies]
        query = "INSERT INTO t_message_body (guid, size) VALUES (%s, %s) ON CONFLICT DO NOTHING"
        with self._shard.transaction(), self._shard.cursor() as cursor:
            cursor.executemany(query, rows)

    def apply_folder(self, name: MailboxName, fields: Fields, changed: Iterable[Fields]) -> None:
        """Store a folder's state with its new and changed records, all or nothing."""
        unique_id = text(fields, "UNIQUEID")
        with self._shard.transaction():
            tree = self._container(*_subtree(name), "replicated_mailboxes", name)
            item = self._container_item(tree, unique_id)
            records = self._container(f"mbox_records_{unique_id}", unique_id, "mailbox_records", name)
            keys = {"item_id": item, "container_id": tree, "unique_id": unique_id}
            self._upsert("t_mailbox_replica", {**_folder(name, fields), **keys})
            for record in changed:
                item = self._container_item(records, f"{record['UID']}.")
                row = {**_record(record), "item_id": item, "container_id": records}
                self._upsert("t_mailbox_record", row)

    def rename_folder(self, unique_id: str, name: MailboxName) -> None:
        """Give a folder another name."""
        query = (
            "UPDATE t_mailbox_replica SET name = %s, short_name = %s"
            " WHERE item_id IN (SELECT id FROM t_container_item WHERE uid = %s)"
        )
        self._shard.execute(query, (_full(name), _short(name), unique_id))

    def remove_folder(self, unique_id: str) -> None:
        """Delete a folder with its records; their bodies stay until the next purge."""
        with self._shard.transaction():
            self._shard.execute("DELETE FROM t_container WHERE uid = %s", (f"mbox_records_{unique_id}",))
            self._shard.execute("DELETE FROM t_container_item WHERE uid = %s", (unique_id,))

    @property
    def _directory(self) -> psycopg.Connection[Any]:
        return self._connected("bj")

    @property
    def _shard(self) -> psycopg.Connection[Any]:
        return self._connected("bj-data")

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        """Return the connection to a database, a new one if the server has hung up since."""
        connection = self._connections.get(name)
        if connection is not None and not connection.closed:
            if not select.select([connection], [], [], 0)[0]:
                return connection
            connection.close()  # the server has said good-bye
        connection = self._connections[name] = self._postgres.connect(name)
        return connection

    def _container(self, uid: str, name: str, kind: str, owner: MailboxName) -> int:
        query = (
            "INSERT INTO t_container (uid, name, container_type, owner, domain_uid) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (uid) DO UPDATE SET name = excluded.name RETURNING id"
        )
        return _one(self._shard.execute(query, (uid, name, kind, owner.mailbox, owner.domain)))

    def _container_item(self, container: int, uid: str) -> int:
        query = (
            "INSERT INTO t_container_item (container_id, uid) VALUES (%s, %s)"
            " ON CONFLICT (container_id, uid) DO UPDATE SET version = t_container_item.version + 1 RETURNING id"
        )
        return _one(self._shard.execute(query, (container, uid)))

    def _upsert(self, table: str, row: Row) -> None:
        columns = [c for c in row if self._recent or c not in SINCE_4_4]
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (item_id) DO UPDATE SET ({}) = ROW({})").format(
            sql.Identifier(table),
            names := _listed(sql.Identifier(c) for c in columns),
            _listed(sql.Placeholder() for _ in columns),
            names,
            _listed(sql.Identifier("excluded", c) for c in columns),
        )
        self._shard.execute(query, [row[c] for c in columns])


def _listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _folder(name: MailboxName, fields: Fields) -> Row:
    """Return the columns of t_mailbox_replica that the wire tells."""
    acl = text(fields, "ACL").split("\t")
    return {
        "short_name": _short(name),
        "name": _full(name),
        "last_uid": number(fields, "LAST_UID"),
        "highest_mod_seq": number(fields, "HIGHESTMODSEQ"),
        "recent_uid": number(fields, "RECENTUID"),
        "recent_time": _time(number(fields, "RECENTTIME")),
        "last_append_date": _time(number(fields, "LAST_APPENDDATE")),
        "pop3_last_login": _time(number(fields, "POP3_LAST_LOGIN")),
        "uid_validity": number(fields, "UIDVALIDITY"),
        "acls": Jsonb([{"subject": s, "rights": r} for s, r in zip(acl[::2], acl[1::2], strict=False)]),
        "options": text(fields, "OPTIONS"),
        "sync_crc": number(fields, "SYNC_CRC"),
        "quotaroot": text(fields, "QUOTAROOT") if "QUOTAROOT" in fields else None,
        "xconv_mod_seq": number(fields, "XCONVMODSEQ") if "XCONVMODSEQ" in fields else None,
    }


def _record(record: Fields) -> Row:
    """Return the columns of t_mailbox_record that the wire tells."""
    flags = words(record["FLAGS"])
    return {
        "message_body_guid": bytes.fromhex(text(record, "GUID")),
        "imap_uid": number(record, "UID"),
        "mod_seq": number(record, "MODSEQ"),
        "last_updated": _time(number(record, "LAST_UPDATED")),
        "internal_date": _time(number(record, "INTERNALDATE")),
        "system_flags": sum(FLAGS.get(flag, 0) for flag in flags),
        "other_flags": [flag for flag in flags if flag not in FLAGS],
    }


def _subtree(name: MailboxName) -> tuple[str, str]:
    """Return uid and name of the container that holds a mailbox's folders."""
    of_user = name.namespace == "users"
    uid = f"subtree_{name.domain.replace('.', '_')}!{'user.' if of_user else ''}{name.mailbox}"
    return uid, f"{name.namespace}/{name.mailbox}"


def _full(name: MailboxName) -> str:
    """Return the path as bm-core stores it: below a share, the share comes first."""
    return name.folder if name.namespace == "users" else "/".join(filter(None, (name.mailbox, name.folder)))


def _short(name: MailboxName) -> str:
    return _full(name).rpartition("/")[2]


def _time(seconds: int) -> datetime:
    """Read Unix seconds; the columns have no zone, and hold UTC."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _one(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
