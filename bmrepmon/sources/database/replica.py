"""How far bm-core has every folder: one look at t_mailbox_replica."""

from typing import Any

import psycopg

from bmrepmon.model.positions import NO_POSITIONS, Positions
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.query import load_query

TABLES = "t_mailbox_replica, t_container_item"


class ReplicaFolders:
    """Reads the positions of all folders in one backend's database."""

    def __init__(self, connection: Connection) -> None:
        """Ask over ``connection``, which others may ask too."""
        self._connection = connection
        self._columns = load_query("replica_columns")
        self._folders = load_query("replica_folders")
        self._folders_by_item = load_query("replica_folders_by_item")
        self._last = NO_POSITIONS

    def read(self) -> Positions:
        """Read every position, as of one moment.

        Raises:
            SourceError: as ``Connection.ask``.
        """
        return self._connection.ask(self._read, TABLES)

    def close(self) -> None:
        """End a reading that runs, and the connection."""
        self._connection.close()

    def _read(self, connection: psycopg.Connection[Any]) -> Positions:
        [(has_unique_id,)] = connection.execute(self._columns).fetchall()
        query = self._folders if has_unique_id else self._folders_by_item
        [(entries,)] = connection.execute(query, binary=True).fetchall()
        self._last = Positions.packed(entries or b"").sharing(self._last)
        return self._last
