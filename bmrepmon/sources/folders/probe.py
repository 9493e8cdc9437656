"""BlueMind's own probe mailboxes, looked at every five seconds: a stat of one cyrus.index each."""

from collections.abc import Callable, Iterator
from pathlib import Path

from bmrepmon.model.heartbeat import ProbeFolder, ProbeFolders
from bmrepmon.model.readings import NoData, SourceError
from bmrepmon.model.survey import modseq_of, unique_id_of
from bmrepmon.parse.spool_path import parse_folder_path
from bmrepmon.sources.folders.walk import UNREAD, folder

PLACE = "*/domain/*/*/p/probe_*__*"  # shares called probe_<server>__<domain>: BlueMind 4.9, CyrusFileSystemPathHelper
SEARCH_EVERY = 60.0  # seconds between two searches for probes that were added or removed


class ProbeSource:
    """Tells how far the probe mailboxes of one backend are."""

    name = "probe"

    def __init__(self, backend: str, root: Path, steady: Callable[[], float]) -> None:
        """Look below the root of the metadata; ``steady`` tells when to search again."""
        self.backend = backend
        self._root = root
        self._steady = steady
        self._search_at = float("-inf")
        self._known: dict[str, bytes | str | None] = {}  # by path below the root: what was read of it

    def read(self) -> ProbeFolders:
        """Look once.

        Raises:
            NoData: there is no probe; bm-core makes them, unless it is told not to.
            SourceError: there are, and none of them can be read.
        """
        if self._steady() >= self._search_at:
            self._search_at = self._steady() + SEARCH_EVERY
            self._known = {path: self._known.get(path) for path in self._search()}
        self._known = {path: folder(row or UNREAD, f"{self._root}/{path}") for path, row in self._known.items()}
        probes = tuple(_probe(path, row) for path, row in self._known.items() if isinstance(row, bytes))
        damages = {row for row in self._known.values() if isinstance(row, str)}
        if damages and not probes:
            raise SourceError(
                min(damages), f"probe of {self.backend}: its metadata cannot be read; see bmrepmon doctor"
            )
        if not probes:
            raise NoData(f"probe of {self.backend}: there is none, so that there is no heartbeat")
        return ProbeFolders(probes)

    def close(self) -> None:
        """Nothing is held open between two looks."""

    def _search(self) -> Iterator[str]:
        for found in sorted(self._root.glob(PLACE)):
            path = str(found.relative_to(self._root))
            name = parse_folder_path(path).name
            if name is not None and name.probe and not name.folder:
                yield path


def _probe(path: str, row: bytes) -> ProbeFolder:
    modseq, changed_at = modseq_of(row)
    return ProbeFolder(unique_id_of(row), parse_folder_path(path).partition, modseq, changed_at)
