"""The few forms that nearly all lines of replication.log have, counted without an event for each.

Who reads a week of logs reads the same dozen forms ten million times. They are told by looking up whole pieces of a
line: what stands between its date and the number of its frame, and the first bytes behind that. Whatever is not exactly
of such a form is left to the parser, which knows them all; so is the first line of each second.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bmrepmon.model.log_events import COMMANDS, Command, LoggedFolder, Reply
from bmrepmon.model.log_tally import LogTally
from bmrepmon.parse.frames import FRAME_START, SIZE
from bmrepmon.parse.lines import LINE_LIMIT
from bmrepmon.parse.replication_log import ReplicationLogParser
from bmrepmon.parse.timestamps import MILLIS, THREAD

DIGITS = 8  # of a frame's number
MOST_HEADERS = 1024  # that are known at a time: there are two of each thread
LONGEST_HEADER = 256

_NAMES: Mapping[bytes, str] = {  # by the first fourteen bytes, which are the whole command where it is shorter
    **{f"{name} ".encode(): name for name in COMMANDS if len(name) == 13},
    **{name.encode(): name for name in COMMANDS if len(name) < 13},
}
_STATUSES = {b"OK ": "ok", b"* M": None}  # * MAILBOX and * MISSING: a line to come tells it
_ATOM = rb"[!#-'*-[\]-z|~]"  # a character of what is logged as it is, without quotes
_PLAIN_FOLDER = re.compile(
    rb"APPLY MAILBOX %\(UNIQUEID ([\w-]+) MBOXNAME (ATOM+|\"(?:ATOM| )*\") SYNC_CRC \d+ SYNC_CRC_ANNOT \d+ "
    rb"LAST_UID (\d{1,20}) HIGHESTMODSEQ (\d{1,20}) RECENTUID \d+ RECENTTIME \d+ LAST_APPENDDATE \d+ "
    rb"POP3_LAST_LOGIN \d+ POP3_SHOW_AFTER \d+ (?:XCONVMODSEQ \d+ )?UIDVALIDITY (\d{1,20}) "
    rb"PARTITION (ATOM+) ".replace(b"(?:ATOM| )", _ATOM.replace(b"[!", b"[ !")).replace(b"ATOM", _ATOM)
)
_MESSAGE = re.compile(
    rb"[^] ]{1,100}\] [\w.$]{1,100} [A-Z]+ - (?:"
    rb"Finished ApplyMessage (N) in Nms\.|"
    rb"\[[\w-]+\] (?:Db CRUD op, cr: (N), upd: (N), del: (N) in Nms|Es CRUD op, idx: (N) in (N)ms))".replace(
        b"N", rb"\d{1,15}"
    )
)


class Header(NamedTuple):
    """What stands between the date and the number of a frame, and is the same in all frames of a thread."""

    thread: str
    answers: bool


class PlainLines:
    """Adds lines to a tally: those of the frequent forms at once, all others by way of their events."""

    def __init__(self, tally: LogTally, parser: ReplicationLogParser, headers: dict[bytes, Header]) -> None:
        """Count in ``tally``; ``headers`` grows with what is met, and serves the next batch of the same log."""
        self._tally = tally
        self._frames = tally.frames
        self._parser = parser
        self._headers = headers

    def add(self, lines: Sequence[bytes]) -> None:
        """Count lines, in their order."""
        if max(map(len, lines), default=0) >= LINE_LIMIT:
            for line in lines:
                self._event(line)
        else:
            self._add(lines)

    def _add(self, lines: Sequence[bytes]) -> None:
        header_of, millis_of = self._headers.get, MILLIS.get
        first, beyond, second = self._parser.dates.current
        plain, oldest, newest = 0, float("inf"), float("-inf")
        for line in lines:
            millis = millis_of(line[19:THREAD])
            if millis is None:
                self._continuation(line)
                continue
            if not first <= line < beyond:
                self._event(line)
                first, beyond, second = self._parser.dates.current
                continue
            at = second + millis
            head, _, text = line.partition(b"]: ")
            header = header_of(head[THREAD:-DIGITS])
            if header is None:
                known = self._message(line)
            elif header[1]:
                known = self._reply(at, header[0], head[-DIGITS:], text)
            else:
                known = self._command(at, header[0], head[-DIGITS:], text)
            if not known:
                self._event(line)
                continue
            plain += 1
            newest = max(newest, at)
            oldest = min(oldest, at)
        if plain:
            self._tally.add_plain(plain, oldest, newest)

    def _event(self, line: bytes) -> None:
        event = self._parser.parse(line)
        self._tally.add(event)
        if len(line) >= LINE_LIMIT:
            self._tally.oversized()
        if isinstance(event, Command | Reply):
            self._learn(event, line)

    def _learn(self, event: Command | Reply, line: bytes) -> None:
        """Remember the header of a frame, if its message begins where the parser takes it to begin."""
        header = line.partition(b"]: ")[0][THREAD:-DIGITS]
        if header.find(b" - ") == len(header) - FRAME_START - 3 and len(header) <= LONGEST_HEADER:
            if len(self._headers) >= MOST_HEADERS:
                self._headers.clear()
            self._headers[header] = Header(event.thread, isinstance(event, Reply))

    def _continuation(self, line: bytes) -> None:
        if line == b"OK success":
            self._tally.go_on("ok")
        elif line[:1] in b"ONB":
            self._event(line)
        else:
            self._tally.go_on(None)

    def _reply(self, at: float, thread: str, frame: bytes, text: bytes) -> bool:
        start = text[:3]
        if start not in _STATUSES or not frame.isdigit():
            return False
        self._frames.reply(at, thread, frame, _STATUSES[start], None)
        return True

    def _command(self, at: float, thread: str, frame: bytes, text: bytes) -> bool:
        name = _NAMES.get(text[:14])
        if name is None or not frame.isdigit():
            return False
        if name == "APPLY MAILBOX":
            return self._apply_mailbox(at, thread, frame, text)
        if name == "APPLY MESSAGE":
            sizes = SIZE.findall(text)
            self._frames.send(at, thread, frame, len(sizes), sum(map(int, sizes)))
        else:
            self._frames.ask(at, thread, frame, name)
        return True

    def _apply_mailbox(self, at: float, thread: str, frame: bytes, text: bytes) -> bool:
        found = _PLAIN_FOLDER.match(text)
        if found is None or b"!probe_" in found[2]:
            return False
        self._frames.apply(at, thread, frame, LoggedFolder._make(found.groups()))
        return True

    def _message(self, line: bytes) -> bool:
        found = _MESSAGE.match(line, THREAD)
        if found is None:
            return False
        self._frames.interrupt()
        match found.lastindex:
            case 1:
                self._tally.applied(int(found[1]))
            case 4:
                self._tally.changed(int(found[2]), int(found[3]), int(found[4]))
            case _:
                self._tally.indexed(int(found[5]), int(found[6]) / 1000)
        return True
