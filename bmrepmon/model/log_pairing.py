"""Which command an answer belongs to: the log names a frame and a thread, but no session."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TypeAlias

from bmrepmon.model.log_activity import OpenCommand
from bmrepmon.model.log_events import AppliedFolder, LoggedFolder, read_folder
from bmrepmon.model.subjects import CommandTally, PartitionTally

MAX_OPEN = 128  # commands without an answer that are kept: far more than sessions, each of which waits for its answer
FIRST = b"00000000"  # the frame that begins a session

Folder: TypeAlias = AppliedFolder | LoggedFolder

# A command that waits for its answer: its number in the order of the log, its frame as logged (eight digits at least),
# its thread, its time, and what it is about. A plain tuple, because a named one takes five times as long to make and
# to take apart, for every command of the log.
Asked: TypeAlias = tuple[int, bytes, str, float, CommandTally, Folder | None, PartitionTally | None]


def open_command(asked: Asked) -> OpenCommand:
    """Return a command that waits as others see it."""
    _, frame, thread, at, command, folder, _ = asked
    folder = read_folder(folder) if isinstance(folder, tuple) else folder
    return OpenCommand(thread, int(frame), command.name, at, folder)


def frame_digits(frame: int) -> bytes:
    """Return the number of a frame as bm-core logs it."""
    return b"%08d" % frame


class OpenCommands:
    """The commands that wait for their answers, in the order of the log.

    Frame numbers start at 0 in every session and sessions share threads, so a pair is an inference: an answer goes to
    the oldest command of its frame on its thread. An answer on a foreign thread goes to the only command of its frame;
    where there are several, none can be told, and all of them are given up.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._asked = 0  # commands so far
        self.alone: dict[bytes, Asked] = {}  # the only command of its frame, in their order: nearly every one
        self._others: dict[bytes, tuple[Asked, ...]] = {}  # those of all other frames, in their order
        self._sharing = 0  # how many these are

    def __len__(self) -> int:
        return len(self.alone) + self._sharing

    def waiting(self) -> tuple[OpenCommand, ...]:
        """Return the commands that wait."""
        return tuple(map(open_command, sorted(self._all(), key=_number)))

    def ask(  # noqa: PLR0917 - as keywords they would cost more than the rest of it
        self,
        at: float,
        thread: str,
        frame: bytes,
        command: CommandTally,
        folder: Folder | None = None,
        partition: PartitionTally | None = None,
    ) -> None:
        """Note a command; frame 0 begins a session, so what waited on its thread was left behind by an older one."""
        if frame == FIRST:
            self._remove([asked for asked in self._all() if asked[2] == thread])
        self._asked = number = self._asked + 1
        alone = self.alone
        asked = (number, frame, thread, at, command, folder, partition)
        if frame in self._others or alone.setdefault(frame, asked) is not asked:
            self._share(frame, asked)
        if len(alone) + self._sharing > MAX_OPEN:
            oldest = chain(islice(alone.values(), 1), (same[0] for same in self._others.values()))
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
        mine = next((asked for asked in found if asked[2] == thread), None)
        if mine is None:
            return found[0] if len(found) == 1 else None
        self._keep(frame, found, mine)
        return mine

    def _share(self, frame: bytes, asked: Asked) -> None:
        """Note a further command of a frame."""
        before = self.alone.pop(frame, None)
        self._sharing += 1 if before is None else 2
        self._others[frame] = (*self._others.get(frame, ()), *((before,) if before else ()), asked)

    def _all(self) -> Iterator[Asked]:
        return chain(self.alone.values(), *self._others.values())

    def _remove(self, gone: Sequence[Asked]) -> None:
        for asked in gone:
            frame = asked[1]
            if frame in self.alone:
                del self.alone[frame]
            else:
                found = self._others.pop(frame)
                self._sharing -= len(found)
                self._keep(frame, found, asked)

    def _keep(self, frame: bytes, found: Sequence[Asked], gone: Asked) -> None:
        """Put what is left of those of a frame back."""
        if left := tuple(asked for asked in found if asked is not gone):
            self._others[frame] = left
            self._sharing += len(left)


def _number(asked: Asked) -> int:
    return asked[0]
