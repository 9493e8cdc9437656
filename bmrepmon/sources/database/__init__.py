"""A backend's ``bj-data`` database: one connection, and what is asked over it."""

from bmrepmon.sources.database.bodies import DatabaseSource
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.references import References
from bmrepmon.sources.database.replica import ReplicaFolders
from bmrepmon.sources.database.stored import StoredRecords

__all__ = ["Connection", "DatabaseSource", "References", "ReplicaFolders", "StoredRecords"]
