"""The course of an audit: folder by folder, so that memory is bounded by the largest of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bmrepmon.model.audit import Compared, CyrusMessages, StoredMessages, agreed, compare_messages
from bmrepmon.model.folders import Damage, FolderPath
from bmrepmon.model.lag import Standing, standings
from bmrepmon.model.names import MailboxName
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.readings import SourceError
from bmrepmon.model.survey import FolderSurvey
from bmrepmon.offline.audit.document import Difference, Unread
from bmrepmon.parse.spool_path import parse_folder_path

BATCH_MESSAGES, BATCH_FOLDERS = 20_000, 500  # asked of the database at once


class Indexes(Protocol):
    """Cyrus's side of one backend."""

    def survey(self) -> FolderSurvey:
        """Find every folder. Raises SourceError."""

    def messages(self, survey: FolderSurvey, number: int) -> CyrusMessages | Damage:
        """Read the records of one folder. Raises OSError."""


class Records(Protocol):
    """The database of one backend."""

    def positions(self) -> Positions:
        """Read how far each folder is replicated. Raises SourceError."""

    def read(self, unique_ids: Sequence[str]) -> Mapping[str, StoredMessages]:
        """Read the records of folders that have a container. Raises SourceError."""

    def orphans(self) -> int:
        """Count the bodies of nobody. Raises SourceError."""


class Backend(NamedTuple):
    """One backend, with both sides."""

    name: str
    indexes: Indexes
    records: Records


class Wanted(NamedTuple):
    """Which mailboxes to look at; None: all."""

    domain: str | None = None
    mailbox: str | None = None  # "login" or "login@domain"

    def takes(self, name: MailboxName | None) -> bool:
        """Tell whether a folder is one of them."""
        if name is None:
            return self.domain is None and self.mailbox is None
        known = (name.mailbox, f"{name.mailbox}@{name.domain}")
        return self.domain in (None, name.domain) and (self.mailbox is None or self.mailbox in known)

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return self.domain is None and self.mailbox is None


@dataclass(slots=True)
class Course:
    """What was counted on the way; it grows while the differences are drawn."""

    wanted: Wanted
    folders: int = 0
    messages: int = 0
    lagging: int = 0
    passive_folders: int = 0
    passive_messages: int = 0
    without_container: int = 0
    bodies_of_nobody: int | None = None
    matched: int = 0  # folders that are wanted
    done: int = 0  # messages, of ``expected``
    expected: int = 0
    unread: list[Unread] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    tick: Callable[[int, int], None] | None = None

    @property
    def complete(self) -> bool:
        """Whether everything that was wanted could be read."""
        return not (self.unread or self.problems)

    def advance(self, messages: int) -> None:
        """Note that so many more were compared."""
        self.done += messages
        if self.tick:
            self.tick(min(self.done, self.expected), self.expected)


class Task(NamedTuple):
    """A folder to be compared."""

    number: int
    unique_id: str
    path: FolderPath
    raw: str
    position: Position


def audit(backends: Iterable[Backend], course: Course) -> Iterator[Difference]:
    """Yield every difference; a backend that fails ends its own part, with a line in ``course.problems``."""
    for backend in backends:
        try:
            yield from _audit_backend(backend, course)
        except SourceError as error:
            course.problems.append(str(error))


def _audit_backend(backend: Backend, course: Course) -> Iterator[Difference]:
    positions = backend.records.positions()  # before either side: what arrives meanwhile is lag
    survey = backend.indexes.survey()
    tasks = list(_tasks(backend.name, survey, positions, course))
    course.expected += sum(count for _, count in tasks)
    for batch in _batches(tasks):
        yield from _compare_batch(backend, survey, batch, course)
    if course.wanted.all:
        course.bodies_of_nobody = (course.bodies_of_nobody or 0) + backend.records.orphans()


def _tasks(name: str, survey: FolderSurvey, positions: Positions, course: Course) -> Iterator[tuple[Task, int]]:
    """Yield the folders to be compared with their number of records; note the others."""
    for stand in standings(survey, positions, None):
        raw = survey.path(stand.number)
        path = parse_folder_path(raw)
        if stand.state in ("deleted", "default") or not course.wanted.takes(path.name):
            continue
        course.matched += 1
        unique_id = survey.unique_id(stand.number)
        if stand.folder is None or unique_id is None:
            course.unread.append(Unread(name, printable(raw), stand.reason))
        elif stand.position is None:
            course.passive_folders += 1
            course.passive_messages += stand.folder.exists
        else:
            yield Task(stand.number, unique_id, path, raw, _stored(stand, positions)), stand.folder.num_records


def _stored(stand: Standing, positions: Positions) -> Position:
    """Return what the database has of a folder, whatever its UIDVALIDITY."""
    known = positions.at(stand.folder.key) if stand.folder else None
    return known or Position(0, 0, 0)


def _batches(tasks: Iterable[tuple[Task, int]]) -> Iterator[list[Task]]:
    """Put folders together until the database has enough to do."""
    batch, room = list[Task](), BATCH_MESSAGES
    for task, count in tasks:
        if batch and (count > room or len(batch) == BATCH_FOLDERS):
            yield batch
            batch, room = [], BATCH_MESSAGES
        batch.append(task)
        room -= count
    if batch:
        yield batch


def _compare_batch(backend: Backend, survey: FolderSurvey, batch: list[Task], course: Course) -> Iterator[Difference]:
    """Compare some folders; what differs is looked at a second time, and counts if it differs still."""
    first = _look(backend, survey, batch, course)
    doubtful = [task for task in batch if task.number in first and first[task.number].findings]
    again = _look(backend, survey, doubtful, course) if doubtful else {}
    for task in batch:
        if task.number not in first or (task in doubtful and task.number not in again):
            continue
        result = first[task.number]
        if task.number in again:
            result = agreed(result, again[task.number])
        course.folders += 1
        course.messages += result.messages
        course.lagging += result.lagging
        course.without_container += not result.stored
        name = task.path.name
        mailbox, folder = (f"{name.mailbox}@{name.domain}", name.folder) if name else ("", "")
        for kind, uid, guid in result.findings:
            yield Difference(backend.name, mailbox, folder, kind, uid, guid, printable(task.raw))
    course.advance(sum(first[task.number].messages for task in batch if task.number in first))


def _look(backend: Backend, survey: FolderSurvey, batch: Sequence[Task], course: Course) -> dict[int, Compared]:
    """Read both sides of some folders, Cyrus's first, and compare, by their numbers."""
    read: list[tuple[Task, CyrusMessages]] = []
    for task in batch:
        messages = _read(backend, survey, task)
        if isinstance(messages, CyrusMessages):
            read.append((task, messages))
        else:
            course.unread.append(Unread(backend.name, printable(task.raw), messages))
    stored = backend.records.read([task.unique_id for task, _ in read])
    return {
        task.number: compare_messages(messages, stored.get(task.unique_id), task.position) for task, messages in read
    }


def _read(backend: Backend, survey: FolderSurvey, task: Task) -> CyrusMessages | str:
    try:
        messages = backend.indexes.messages(survey, task.number)
    except PermissionError:
        return "permission"
    except OSError:
        return "io"
    return messages.reason if isinstance(messages, Damage) else messages


def printable(path: str) -> str:
    """Return a path as the operating system gives it, fit for a terminal."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
