"""Which command an answer belongs to: the log names a frame and a thread, but no session."""

from collections.abc import Iterable
from itertools import chain
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
        self._by_frame: dict[bytes, tuple[Asked, ...]] = {}  # by the number of the oldest in each
        self._others = 0  # commands that are not the oldest of their frame
        for one in waiting:
            self.ask(one.at, one.thread, frame_digits(one.frame), one.command, one.folder)

    def __len__(self) -> int:
        return len(self._by_frame) + self._others

    def waiting(self) -> tuple[OpenCommand, ...]:
        """Return the commands that wait."""
        return tuple(asked.command() for asked in self._in_order())

    def ask(
        self, at: float, thread: str, frame: bytes, name: str, folder: AppliedFolder | LoggedFolder | None = None
    ) -> None:
        """Note a command; frame 0 begins a session, so what waited on its thread was left behind by an older one."""
        if frame == FIRST:
            self._keep(asked for asked in self._in_order() if asked.thread != thread)
        self._asked += 1
        by_frame = self._by_frame
        asked = _new(Asked, (self._asked, frame, thread, name, at, folder))
        if frame in by_frame:
            by_frame[frame] += (asked,)
            self._others += 1
        else:
            by_frame[frame] = (asked,)
        if len(by_frame) + self._others > MAX_OPEN:
            self._drop_oldest()

    def answer(self, thread: str, frame: bytes) -> Asked | None:
        """Take the command that was answered out; None when that cannot be told."""
        same_frame = self._by_frame.pop(frame, None)
        if same_frame is None:
            return None
        return same_frame[0] if len(same_frame) == 1 else self._one_of(same_frame, thread)

    def abandon(self) -> None:
        """Forget all of them: no session is left that could be answered."""
        self._keep(())

    def _one_of(self, same_frame: tuple[Asked, ...], thread: str) -> Asked | None:
        found = next((asked for asked in same_frame if asked.thread == thread), None)
        left = () if found is None else (asked for asked in same_frame if asked is not found)
        self._keep(chain(self._in_order(), left))
        return found

    def _drop_oldest(self) -> None:
        frame = next(iter(self._by_frame))
        if len(self._by_frame[frame]) == 1:
            del self._by_frame[frame]
        else:
            self._keep(self._in_order()[1:])

    def _in_order(self) -> list[Asked]:
        return sorted(chain.from_iterable(self._by_frame.values()), key=_number)

    def _keep(self, waiting: Iterable[Asked]) -> None:
        by_frame: dict[bytes, tuple[Asked, ...]] = {}
        for asked in sorted(waiting, key=_number):
            by_frame[asked.frame] = (*by_frame.get(asked.frame, ()), asked)
        self._by_frame = by_frame
        self._others = sum(map(len, by_frame.values())) - len(by_frame)


def _number(asked: Asked) -> int:
    return asked.number
