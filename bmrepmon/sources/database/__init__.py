"""A backend's ``bj-data`` database: one connection, and what is asked over it."""

from bmrepmon.sources.database.bodies import DatabaseSource
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.references import ReferenceSource
from bmrepmon.sources.database.replica import ReplicaFolders

__all__ = ["Connection", "DatabaseSource", "ReferenceSource", "ReplicaFolders"]
