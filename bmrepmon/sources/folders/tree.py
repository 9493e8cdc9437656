"""The tree of Cyrus's metadata: what has not changed since the last look at it is not read again."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bmrepmon.model.frozen import frozen
from bmrepmon.model.readings import SourceError
from bmrepmon.model.survey import FolderSurvey
from bmrepmon.sources.folders.walk import GONE, NEW, Children, Look, Turn, Walk, opened, subdirectories, unreadable

DEPTH = 300  # levels below the root; a name in Cyrus has 490 bytes at most, so that deeper is no spool
REASONS = {FileNotFoundError: "missing", NotADirectoryError: "not_a_directory", PermissionError: "permission"}
WAYS_OUT = {
    "missing": "set meta of this [[backend]], or leave it empty if there is none",
    "not_a_directory": "set meta of this [[backend]] to the directory that holds the metapartitions",
    "permission": "run bmrepmon as cyrus or root, or with CAP_DAC_READ_SEARCH",
    "io": "check the disk",
}


class FolderTree:
    """Surveys the metadata of one backend: a stat for each directory and each cyrus.index, and whatever they tell."""

    def __init__(
        self, backend: str, root: Path, elsewhere: Mapping[str, Path] | None = None, *, turns: int = 1
    ) -> None:
        """Take the directory that holds the metapartitions, and those that lie elsewhere, by their names.

        With several ``turns``, a survey looks at one share of what nobody says has changed, and knows the rest.
        """
        self._backend = backend
        self._root = root
        self._elsewhere = frozen(elsewhere)
        self._turns = turns
        self._turn = 0
        self._last = Walk()
        self._survey: FolderSurvey | None = None  # of this walk
        self._seen: bytearray | None = None  # marks of what the last survey looked at; None: everything
        self._stopping = threading.Event()

    def survey(self, hot: Iterable[int] = (), *, whole: bool = True) -> FolderSurvey:
        """Look once: at everything, or where it is not to be the ``whole``, at those whose turn it is.

        ``hot`` are the numbers, in the last survey, of folders that may have changed: it is always their turn.

        Raises:
            SourceError: about the root: ``missing``, ``not_a_directory``, ``permission``, ``io``; or ``stopped``.
        """
        self._go_on()
        places = self._partitions()
        self._turn = (self._turn + 1) % self._turns
        turn = Turn(0, 1) if whole else Turn(self._turn, self._turns, frozenset(hot))
        self._seen = self._last.again(places, turn, self._go_on)
        if self._seen is not None and self._survey is not None:
            self._survey = replace(self._survey, rows=tuple(self._last.rows))
        else:
            self._last, self._seen = self._walk(places), None
            self._survey = FolderSurvey.of(self._last.names, self._last.parents, self._last.rows)
        return self._survey

    def looked_at(self, number: int) -> bool:
        """Tell whether the last survey looked at a folder."""
        return self._seen is None or bool(self._seen[number])

    def numbers_last(self, survey: FolderSurvey) -> bool:
        """Tell whether the numbers of a survey are those of the last one, too."""
        return self._survey is not None and self._survey.names is survey.names

    def nearest(self, paths: Iterable[str]) -> Iterator[int]:
        """Yield the numbers, in the last survey, of directories by their paths below a partition.

        Of one that is not known its nearest parent: where something new is named, it is to be listed.
        """
        for path in paths:
            yield from self._last.nearest(path)

    def _walk(self, places: Mapping[str, str]) -> Walk:
        """Look at every directory, with what the last walk knows of it."""
        walk, last = Walk(), self._last
        known = last.topmost()
        waiting = []
        for name, path in places.items():
            look = last.look(path, known.get(name, NEW))
            if look is not None:
                waiting.append((path, walk.add(name, NEW, look), look.children, 1))
        while waiting:
            self._go_on()
            path, parent, children, depth = waiting.pop()
            first = len(walk.names)
            for name, look in self._looks(last, path, children):
                number = walk.add(name, parent, look)
                if look.children and depth < DEPTH:
                    waiting.append((f"{path}/{name}", number, look.children, depth + 1))
            walk.close_family(parent, first, len(children))
        return walk

    def place(self, survey: FolderSurvey, number: int) -> str:
        """Return the directory of a folder's metadata."""
        partition, slash, below = survey.path(number).partition("/")
        return f"{self._elsewhere.get(partition, f'{self._root}/{partition}')}{slash}{below}"

    def stop(self) -> None:
        """End a survey that runs."""
        self._stopping.set()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise SourceError("stopped", f"folders of {self._backend}: bmrepmon is ending")

    def _looks(self, last: Walk, path: str, children: Children) -> Iterator[tuple[str, Look]]:
        """Look at the children of a directory by way of it: the system need not find the way from the root for each."""
        try:
            with opened(path) as within:
                for name, number in children:
                    if look := last.look(name, number, within):
                        yield name, look
        except GONE:
            return
        except OSError as error:
            yield from ((name, unreadable(error)) for name, _ in children)

    def _partitions(self) -> dict[str, str]:
        """Return where each partition lies."""
        try:
            names = subdirectories(str(self._root), self._root.stat(), {})
        except OSError as error:
            reason = REASONS.get(type(error), "io")
            message = f"metadata {self._root}: {error.strerror}; the lag is unknown; {WAYS_OUT[reason]}"
            raise SourceError(reason, message) from error
        return {name: f"{self._root}/{name}" for name, _ in names} | {n: str(p) for n, p in self._elsewhere.items()}
