"""Connection strings as libpq, the library of PostgreSQL, reads and writes them. What it refuses is None.

Its complaints may quote a password, so they are not passed on.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

REFUSALS = (psycopg.Error, UnicodeError, ValueError)


def take_apart(conninfo: str) -> dict[str, Any] | None:
    """Return the parts of a connection string, by their keywords."""
    try:
        return conninfo_to_dict(conninfo)
    except REFUSALS:
        return None


def put_together(parts: Mapping[str, Any]) -> str | None:
    """Return the connection string of parts."""
    try:
        return make_conninfo(**parts)
    except REFUSALS:
        return None
