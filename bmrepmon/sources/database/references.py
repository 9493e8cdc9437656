"""The message bodies that are still somebody's: counted seldom, because both large tables are read for it."""

from collections.abc import Callable
from typing import Any

import psycopg

from bmrepmon.model.delta import BodyReferences
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.query import load_query

TABLES = "t_message_body, t_mailbox_record"
QUIET = "the bodies of messages are not counted in the hours of database_quiet_hours, but after them"


class References:
    """Counts the bodies of one backend's database that live records refer to."""

    def __init__(self, connection: Connection, quiet: Callable[[], bool] = lambda: False) -> None:
        """Ask over ``connection``, which others may ask too, unless these are ``quiet`` hours."""
        self._connection = connection
        self._quiet = quiet
        self._query = load_query("body_references")

    def read(self) -> BodyReferences:
        """Count once.

        Raises:
            SourceError: as ``Connection.ask``; or ``quiet_hours``.
        """
        if self._quiet():
            raise SourceError("quiet_hours", QUIET)
        return self._connection.ask(self._count, TABLES)

    def close(self) -> None:
        """End a count that runs, and the connection."""
        self._connection.close()

    def _count(self, connection: psycopg.Connection[Any]) -> BodyReferences:
        [(bodies, referenced)] = connection.execute(self._query).fetchall()
        return BodyReferences(bodies, referenced)
