"""What recurs from line to line of replication.log, remembered in bounded memory so that it is read once."""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from bmrepmon.model.log_events import COMMANDS, Command, Reply
from bmrepmon.model.log_tally import Told
from bmrepmon.parse.frames import FRAME_START
from bmrepmon.parse.timestamps import THREAD

DIGITS = 8  # of a frame's number
MOST = 1024  # of each kind that are known at a time: there are two headers and a few origins of each thread
LONGEST = 256  # bytes

_NAMES: Mapping[bytes, str] = {  # by the first fourteen bytes, which are the whole command where it is shorter
    **{f"{name} ".encode(): name for name in COMMANDS if len(name) == 13},
    **{name.encode(): name for name in COMMANDS if len(name) < 13},
}
_STATUSES: Mapping[bytes, str] = {b"OK ": "ok", b"* M": ""}  # * MAILBOX and * MISSING: a line to come tells it

T = TypeVar("T")


# What stands between the date and the number of a frame, and is the same in all frames of a thread: the thread; the
# command or the status that some first bytes behind the number mean, and which bytes these are; whether it answers.
Header: TypeAlias = tuple[str, Callable[[bytes], str | None], slice, bool]


class Recurring:
    """Frames by their headers; messages by their origin, and what they tell by their words."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.headers: dict[bytes, Header] = {}
        self.origins: dict[bytes, None] = {}  # thread, logger and level of a message
        self.of_folders: dict[bytes, Told] = {}  # by what a message says behind the folder that it is about
        self.of_none: dict[bytes, Told] = {}  # by a whole message, but for how long what it tells took

    def frame(self, event: Command | Reply, line: bytes) -> None:
        """Remember the header of a frame, if its message begins where the parser takes it to begin."""
        header = line.partition(b"]: ")[0][THREAD:-DIGITS]
        if header.find(b" - ") == len(header) - FRAME_START - 3:
            answers = isinstance(event, Reply)
            word_of, part = (_STATUSES.get, slice(3)) if answers else (_NAMES.get, slice(14))
            _remember(self.headers, header, (event.thread, word_of, part, answers))

    def message(self, origin: bytes, words: bytes, told: Told, *, of_folder: bool) -> None:
        """Remember where a message came from, and what its words tell."""
        _remember(self.origins, origin, None)
        _remember(self.of_folders if of_folder else self.of_none, words, told)


def _remember(known: dict[bytes, T], key: bytes, value: T) -> None:
    if len(key) <= LONGEST:
        if len(known) >= MOST and key not in known:
            known.clear()
        known[key] = value
