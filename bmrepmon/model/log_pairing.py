"""Which command an answer belongs to: the log names a frame and a thread, but no session."""

from bmrepmon.model.log_activity import OpenCommand
from bmrepmon.model.log_events import Command, Reply

MAX_OPEN = 128  # commands without an answer that are kept: far more than sessions, each of which waits for its answer


class OpenCommands:
    """The commands that wait for their answers, in the order of the log.

    Frame numbers start at 0 in every session and sessions share threads, so a pair is an inference: an answer goes to
    the oldest command of its frame on its thread. An answer on a foreign thread goes to the only command of its frame;
    where there are several, none can be told, and all of them are given up.
    """

    def __init__(self, waiting: tuple[OpenCommand, ...]) -> None:
        """Go on with the commands that waited."""
        self._waiting = list(waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    def waiting(self) -> tuple[OpenCommand, ...]:
        """Return the commands that wait."""
        return tuple(self._waiting)

    def ask(self, command: Command) -> None:
        """Note a command; frame 0 begins a session, so what waited on its thread was left behind by an older one."""
        if command.frame == 0:
            self._waiting = [other for other in self._waiting if other.thread != command.thread]
        self._waiting.append(OpenCommand(command.thread, command.frame, command.name, command.at, command.folder))
        del self._waiting[:-MAX_OPEN]

    def answer(self, reply: Reply) -> OpenCommand | None:
        """Take the command that was answered out; None when that cannot be told."""
        same_frame = [command for command in self._waiting if command.frame == reply.frame]
        for command in same_frame:
            if command.thread == reply.thread:
                self._waiting.remove(command)
                return command
        for command in same_frame:
            self._waiting.remove(command)
        return same_frame[0] if len(same_frame) == 1 else None

    def abandon(self) -> None:
        """Forget all of them: no session is left that could be answered."""
        self._waiting.clear()
