"""Which command an answer belongs to: the log names a frame and a thread, but no session."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from bmrepmon.model.log_activity import OpenCommand
from bmrepmon.model.log_events import AppliedFolder, LoggedFolder

MAX_OPEN = 128  # commands without an answer that are kept: far more than sessions, each of which waits for its answer
FIRST = b"00000000"  # the frame that begins a session

_new = tuple.__new__  # what the constructor of a NamedTuple does beside this costs as much again, for every command


class Asked(NamedTuple):
    """A command that waits for its answer."""

    number: int  # in the order of the log
    frame: bytes  # as logged, eight digits at least
    thread: str
    name: str
    at: float
    folder: AppliedFolder | LoggedFolder | None  # of an APPLY MAILBOX

    def command(self) -> OpenCommand:
        """Return it as others see it."""
        folder = self.folder.read() if isinstance(self.folder, LoggedFolder) else self.folder
        return OpenCommand(self.thread, int(self.frame), self.name, self.at, folder)


def frame_digits(frame: int) -> bytes:
    """Return the number of a frame as bm-core logs it."""
    return b"%08d" % frame


class OpenCommands:
    """The commands that wait for their answers, in the order of the log.

    Frame numbers start at 0 in every session and sessions share threads, so a pair is an inference: an answer goes to
    the oldest command of its frame on its thread. An answer on a foreign thread goes to the only command of its frame;
    where there are several, none can be told, and all of them are given up.
    """

    def __init__(self, waiting: Iterable[OpenCommand]) -> None:
        """Go on with the commands that waited."""
        self._asked = 0  # commands so far
        self.alone: dict[bytes, Asked] = {}  # the only command of its frame, in their order: nearly every one
        self._others: dict[bytes, tuple[Asked, ...]] = {}  # those of all other frames, in their order
        self._sharing = 0  # how many these are
        for one in waiting:
            self.ask(one.at, one.thread, frame_digits(one.frame), one.command, one.folder)

    def __len__(self) -> int:
        return len(self.alone) + self._sharing

    def waiting(self) -> tuple[OpenCommand, ...]:
        """Return the commands that wait."""
        return tuple(asked.command() for asked in sorted(self._all(), key=_number))

    def ask(
        self, at: float, thread: str, frame: bytes, name: str, folder: AppliedFolder | LoggedFolder | None = None
    ) -> None:
        """Note a command; frame 0 begins a session, so what waited on its thread was left behind by an older one."""
        if frame == FIRST:
            self._remove([asked for asked in self._all() if asked.thread == thread])
        self._asked += 1
        asked, alone = _new(Asked, (self._asked, frame, thread, name, at, folder)), self.alone
        if frame in alone:
            self._others[frame] = (alone.pop(frame), asked)
            self._sharing += 2
        elif frame in self._others:
            self._others[frame] += (asked,)
            self._sharing += 1
        else:
            alone[frame] = asked
        if len(alone) + self._sharing > MAX_OPEN:
            oldest = chain(islice(self.alone.values(), 1), (same[0] for same in self._others.values()))
            self._remove([min(oldest, key=_number)])

    def answer(self, thread: str, frame: bytes) -> Asked | None:
        """Take the command that was answered out; None when that cannot be told."""
        return self.alone.pop(frame, None) or self.one_of(thread, frame)

    def abandon(self) -> None:
        """Forget all of them: no session is left that could be answered."""
        self.alone.clear()
        self._others.clear()
        self._sharing = 0

    def one_of(self, thread: str, frame: bytes) -> Asked | None:
        """Take the command that was answered out of those that share, or shared, their frame."""
        found = self._others.pop(frame, ())
        self._sharing -= len(found)
        mine = next((asked for asked in found if asked.thread == thread), None)
        if mine is None:
            return found[0] if len(found) == 1 else None
        self._keep(frame, found, mine)
        return mine

    def _all(self) -> Iterator[Asked]:
        return chain(self.alone.values(), *self._others.values())

    def _remove(self, gone: Sequence[Asked]) -> None:
        for asked in gone:
            if asked.frame in self.alone:
                del self.alone[asked.frame]
            else:
                found = self._others.pop(asked.frame)
                self._sharing -= len(found)
                self._keep(asked.frame, found, asked)

    def _keep(self, frame: bytes, found: Sequence[Asked], gone: Asked) -> None:
        """Put what is left of those of a frame back."""
        if left := tuple(asked for asked in found if asked is not gone):
            self._others[frame] = left
            self._sharing += len(left)


def _number(asked: Asked) -> int:
    return asked.number
