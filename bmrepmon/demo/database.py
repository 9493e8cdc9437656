"""Writes what the simulated bm-core has of one mail server into the tables of its ``bj-data``."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bmrepmon.demo.cyrus_index import EXPUNGED, IndexRecord
from bmrepmon.demo.frames import FolderState
from bmrepmon.demo.names import FolderName
from bmrepmon.demo.postgres import Postgres

SCRIPTS = Path(__file__).with_name("sql")
CONTAINER = ("id", "uid", "container_type", "name", "owner", "domain_uid")
ITEM = ("id", "container_id", "uid", "displayname")
BODY = ("guid", "size", "created")
RECORD = (
    "message_body_guid", "imap_uid", "mod_seq", "last_updated", "internal_date", "system_flags", "item_id",
    "container_id",
)  # fmt: skip
REPLICA = (
    "short_name", "name", "last_uid", "highest_mod_seq", "recent_uid", "recent_time", "last_append_date",
    "uid_validity", "acls", "options", "sync_crc", "quotaroot", "item_id", "xconv_mod_seq", "unique_id", "container_id",
)  # fmt: skip
SINCE_4_4 = frozenset({"container_id", "xconv_mod_seq", "unique_id"})  # of RECORD and REPLICA; written last there

Row = Sequence[Any]


class Database:
    """One shard. Folders and records are known by Cyrus's unique id and uid; the rows' own ids are ours."""

    def __init__(self, postgres: Postgres, year: int, name: str = "bj-data") -> None:
        """Write through ``postgres``, which runs; ``year`` chooses the tables of 2019 or of 2022."""
        self._postgres = postgres
        self._name = name
        self._recent = year >= 2022
        self._connection: psycopg.Connection[Any] | None = None
        self._ids = itertools.count(1)
        self._containers: dict[str, int] = {}  # uid of a container: its id
        self._items: dict[str, int] = {}  # unique id of a folder: id of its item
        self._record_items: dict[tuple[str, int], int] = {}  # unique id and uid of a message: id of its item

    @property
    def conninfo(self) -> str:
        """How to connect; without the password."""
        return self._postgres.conninfo(self._name)

    def create(self) -> None:
        """Make the database with its tables."""
        with self._postgres.connect("postgres") as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._name)))
        self._run("bj_data.sql")
        if self._recent:
            self._run("bj_data_since_4_4.sql")

    def disconnect(self) -> None:
        """Let go of the server; the next call connects anew."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def lock(self) -> None:
        """Keep the tables that replication writes from everybody else, until `unlock`."""
        self._cursor().execute("BEGIN; LOCK TABLE t_message_body, t_mailbox_replica IN ACCESS EXCLUSIVE MODE")

    def unlock(self) -> None:
        """Let everybody have the tables again."""
        self._cursor().execute("COMMIT")

    def add_bodies(self, bodies: Iterable[tuple[bytes, int]], at: float) -> None:
        """Insert bodies (guid, size)."""
        created = _time(at)
        self._copy("t_message_body", BODY, ((guid, size, created) for guid, size in bodies))

    def add_folders(self, folders: Iterable[tuple[FolderState, FolderName]]) -> None:
        """Insert folders, with the containers of their mailboxes and of their records where these are not yet there."""
        containers: list[Row] = []
        items: list[Row] = []
        replicas: list[Row] = []
        for state, name in folders:
            tree = self._container(containers, _subtree(name), "replicated_mailboxes", _subtree_name(name), name)
            records = f"mbox_records_{state.unique_id}"
            self._container(containers, records, "mailbox_records", name.full, name)
            item = self._items[state.unique_id] = next(self._ids)
            items.append((item, tree, state.unique_id, name.full))
            replicas.append((*_replica(state, name), item, state.highest_modseq, state.unique_id, tree))
        self._copy("t_container", CONTAINER, containers)
        self._copy("t_container_item", ITEM, items)
        self._copy("t_mailbox_replica", REPLICA, replicas)

    def update_folder(self, state: FolderState, name: FolderName) -> None:
        """Bring a folder's row up to date."""
        columns = REPLICA[:12]
        changes = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in columns)
        query = sql.SQL("UPDATE t_mailbox_replica SET {} WHERE item_id = %s").format(changes)
        self._cursor().execute(query, (*_replica(state, name), self._items[state.unique_id]))

    def add_records(self, folder: str, records: Sequence[IndexRecord]) -> None:
        """Insert records of one folder."""
        container = self._containers[f"mbox_records_{folder}"]
        for record in records:
            self._record_items[folder, record.uid] = next(self._ids)
        ids = [self._record_items[folder, r.uid] for r in records]
        self._copy(
            "t_container_item", ITEM, ((i, container, f"{r.uid}.", None) for i, r in zip(ids, records, strict=True))
        )
        rows = ((*_record(r), i, container) for i, r in zip(ids, records, strict=True))
        self._copy("t_mailbox_record", RECORD, rows)

    def update_records(self, folder: str, records: Iterable[IndexRecord]) -> None:
        """Bring records up to date."""
        rows = [(r.modseq, _time(r.last_updated), _signed(r.flags), self._record_items[folder, r.uid]) for r in records]
        if rows:
            self._cursor().executemany(
                "UPDATE t_mailbox_record SET mod_seq = %s, last_updated = %s, system_flags = %s WHERE item_id = %s",
                rows,
            )

    def remove_records(self, folder: str, uids: Iterable[int]) -> None:
        """Delete records, with the items that they belong to."""
        ids = [self._record_items.pop((folder, uid)) for uid in uids]
        self._cursor().execute("DELETE FROM t_container_item WHERE id = ANY(%s)", (ids,))

    def remove_folder(self, folder: str) -> None:
        """Delete a folder whose records are gone."""
        self._cursor().execute("DELETE FROM t_container_item WHERE id = %s", (self._items.pop(folder),))
        uid = f"mbox_records_{folder}"
        self._cursor().execute("DELETE FROM t_container WHERE id = %s", (self._containers.pop(uid),))

    def remove_bodies(self, guids: Iterable[bytes]) -> None:
        """Delete bodies, from the purge queue too."""
        gone = list(guids)
        self._cursor().execute("DELETE FROM t_message_body WHERE guid = ANY(%s)", (gone,))
        if self._recent:
            self._cursor().execute("DELETE FROM t_message_body_purge_queue WHERE message_body_guid = ANY(%s)", (gone,))

    def _container(self, rows: list[Row], uid: str, kind: str, name: str, owner: FolderName) -> int:
        if uid not in self._containers:
            self._containers[uid] = next(self._ids)
            rows.append((self._containers[uid], uid, kind, name, owner.owner, owner.domain))
        return self._containers[uid]

    def _copy(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        kept = [c for c in columns if self._recent or table.startswith("t_container") or c not in SINCE_4_4]
        names = sql.SQL(", ").join(map(sql.Identifier, kept))
        query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
        with self._cursor() as cursor, cursor.copy(query) as copy:
            for row in rows:
                copy.write_row(row[: len(kept)])

    def _cursor(self) -> psycopg.Cursor[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._postgres.connect(self._name)
        return self._connection.cursor()

    def _run(self, script: str) -> None:
        with self._postgres.connect(self._name) as connection:
            connection.execute((SCRIPTS / script).read_bytes())


def _subtree(name: FolderName) -> str:
    mailbox = f"user.{name.owner}" if name.kind == "user" else name.owner
    return f"subtree_{name.domain.replace('.', '_')}!{mailbox}"


def _subtree_name(name: FolderName) -> str:
    return f"{'users' if name.kind == 'user' else 'shared'}/{name.owner}"


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)


def _signed(flags: int) -> int:
    """Bit 31 is the sign of an int4."""
    return flags - (1 << 32) if flags & EXPUNGED else flags


def _record(record: IndexRecord) -> Row:
    dates = _time(record.last_updated), _time(record.internal_date)
    return record.guid, record.uid, record.modseq, *dates, _signed(record.flags)


def _replica(state: FolderState, name: FolderName) -> Row:
    """Return the values of the first twelve columns of REPLICA."""
    appended = _time(state.last_append)
    acls = Jsonb([{"subject": subject, "rights": rights} for subject, rights in state.acl])
    short = name.path[-1] if name.path else name.full
    seen = state.last_uid, appended, appended
    return (
        short,
        name.full,
        state.last_uid,
        state.highest_modseq,
        *seen,
        state.uid_validity,
        acls,
        "PS",
        state.sync_crc,
        state.quota_root,
    )
