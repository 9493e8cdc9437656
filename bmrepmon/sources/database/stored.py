"""The records that bm-core has stored, folder by folder."""

from collections.abc import Mapping, Sequence
from struct import unpack
from typing import Any

import psycopg

from bmrepmon.model.audit import GUID_SIZE, StoredMessages
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.query import load_query

TABLES = "t_container, t_container_item, t_mailbox_record, t_message_body"
CONTAINER = "mbox_records_"  # and the UNIQUEID of the folder (BlueMind 4.9, IMailReplicaUids)


class StoredRecords:
    """Reads the records of one backend's database, a few folders at a time."""

    def __init__(self, connection: Connection) -> None:
        """Ask over ``connection``, which others may ask too."""
        self._connection = connection
        self._columns = load_query("record_columns")
        self._records = load_query("folder_records")
        self._records_by_item = load_query("folder_records_by_item")
        self._orphans = load_query("bodies_of_nobody")

    def read(self, unique_ids: Sequence[str]) -> Mapping[str, StoredMessages]:
        """Return the records of folders by UNIQUEID; a folder that has no container for them is left out.

        Raises:
            SourceError: as ``Connection.ask``; or ``bad_guid``, when a body's key is no SHA-1.
        """
        names = [CONTAINER + unique_id for unique_id in unique_ids]

        def question(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
            [(has_container,)] = connection.execute(self._columns).fetchall()
            query = self._records if has_container else self._records_by_item
            return connection.execute(query, (names,), binary=True).fetchall()

        return {row[0]: _stored(*row[1:]) for row in self._connection.ask(question, TABLES)}

    def orphans(self) -> int:
        """Count the bodies that belong to no record, which reads both tables.

        Raises:
            SourceError: as ``Connection.ask``.
        """
        return int(self._connection.ask(lambda db: db.execute(self._orphans).fetchall(), TABLES)[0][0])

    def close(self) -> None:
        """End a question that runs, and the connection."""
        self._connection.close()


def _stored(uids: bytes | None, flags: bytes | None, guids: bytes | None, bodies: bytes | None) -> StoredMessages:
    if uids is None or flags is None or guids is None or bodies is None:
        return StoredMessages()
    count = len(bodies)
    if len(guids) != count * GUID_SIZE:
        raise SourceError("bad_guid", "database: a key of t_message_body is no SHA-1; is this bj-data of BlueMind 4?")
    return StoredMessages(unpack(f">{count}q", uids), unpack(f">{count}I", flags), guids, bodies)
