"""The message bodies that are still somebody's: counted seldom, because both large tables are read for it."""

from typing import Any

import psycopg

from bmrepmon.model.delta import BodyReferences
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.query import load_query

TABLES = "t_message_body, t_mailbox_record"


class References:
    """Counts the bodies of one backend's database that live records refer to."""

    def __init__(self, connection: Connection) -> None:
        """Ask over ``connection``, which others may ask too."""
        self._connection = connection
        self._query = load_query("body_references")

    def read(self) -> BodyReferences:
        """Count once.

        Raises:
            SourceError: as ``Connection.ask``.
        """
        return self._connection.ask(self._count, TABLES)

    def close(self) -> None:
        """End a count that runs, and the connection."""
        self._connection.close()

    def _count(self, connection: psycopg.Connection[Any]) -> BodyReferences:
        [(bodies, referenced)] = connection.execute(self._query).fetchall()
        return BodyReferences(bodies, referenced)
