"""`bmrepmon audit`: both sides of each backend, for the course of an audit."""

from collections.abc import Iterator, Mapping, Sequence

from bmrepmon.config.installation import Installation
from bmrepmon.model.audit import CyrusMessages, StoredMessages
from bmrepmon.model.folders import Damage
from bmrepmon.model.positions import Positions
from bmrepmon.model.survey import FolderSurvey
from bmrepmon.offline.audit.run import Backend
from bmrepmon.sources.database import Connection, ReplicaFolders, StoredRecords
from bmrepmon.sources.folders import FolderTree, read_messages
from bmrepmon.sources.folders.reading import INDEX

PATIENCE = 300.0  # seconds that one question may take: a large folder, or all bodies


class CyrusSide:
    """The indexes of one backend."""

    def __init__(self, tree: FolderTree) -> None:
        """Look where ``tree`` says that folders lie."""
        self._tree = tree

    def survey(self) -> FolderSurvey:
        """Find every folder. Raises SourceError."""
        return self._tree.survey()

    def messages(self, survey: FolderSurvey, number: int) -> CyrusMessages | Damage:
        """Read the records of one folder. Raises OSError."""
        return read_messages(f"{self._tree.place(survey, number)}/{INDEX}")


class DatabaseSide:
    """The database of one backend, over one connection."""

    def __init__(self, connection: Connection) -> None:
        """Ask over ``connection``."""
        self._replica, self._records = ReplicaFolders(connection), StoredRecords(connection)

    def positions(self) -> Positions:
        """Read how far each folder is replicated. Raises SourceError."""
        return self._replica.read()

    def read(self, unique_ids: Sequence[str]) -> Mapping[str, StoredMessages]:
        """Read the records of some folders. Raises SourceError."""
        return self._records.read(unique_ids)

    def orphans(self) -> int:
        """Count the bodies of nobody. Raises SourceError."""
        return self._records.orphans()


def both_sides(installation: Installation) -> Iterator[Backend]:
    """Yield each backend of which this machine has the metadata and a database."""
    for backend in installation.backends:
        meta = backend.meta or backend.spool
        if meta and backend.database:
            connection = Connection(backend.name, backend.database.conninfo.reveal, PATIENCE)
            tree = FolderTree(backend.name, meta, dict(backend.metapartitions))
            yield Backend(backend.name, CyrusSide(tree), DatabaseSide(connection))
