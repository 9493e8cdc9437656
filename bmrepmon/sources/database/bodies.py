"""The message bodies that bm-core has stored: one exact count."""

from typing import Any

import psycopg

from bmrepmon.model.observations import RowCounts
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.query import load_query

TABLE = "t_message_body"


class DatabaseSource:
    """Counts the bodies of one backend's database."""

    name = "database"

    def __init__(self, backend: str, connection: Connection) -> None:
        """Ask over ``connection``, which others may ask too."""
        self.backend = backend
        self._connection = connection
        self._query = load_query("count_bodies")

    def read(self) -> RowCounts:
        """Count once.

        Raises:
            SourceError: as ``Connection.ask``.
        """
        return self._connection.ask(self._count, TABLE)

    def close(self) -> None:
        """End a count that runs, and the connection."""
        self._connection.close()

    def _count(self, connection: psycopg.Connection[Any]) -> RowCounts:
        [(bodies,)] = connection.execute(self._query).fetchall()
        return RowCounts(bodies, connection.info.server_version)
