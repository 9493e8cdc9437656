"""The few forms that nearly all lines of replication.log have, counted without an event for each.

Who reads a week of logs reads the same dozen forms ten million times. They are told by looking up whole pieces of a
line: what stands between its date and the number of its frame, and the first bytes behind that. Whatever is not exactly
of such a form is left to the parser, which knows them all.
"""

import re
from collections.abc import Sequence
from math import inf

from bmrepmon.model.log_events import Command, Reply
from bmrepmon.model.log_tally import LogTally, Told
from bmrepmon.parse.frames import SIZE
from bmrepmon.parse.lines import LINE_LIMIT
from bmrepmon.parse.recurring import DIGITS, Recurring
from bmrepmon.parse.replication_log import ReplicationLogParser
from bmrepmon.parse.timestamps import MILLIS, THREAD

# Parts of a line: making a slice anew takes as long as taking it.
_MILLIS, _ORIGIN = slice(19, THREAD), slice(THREAD, None)
_HEADER, _FRAME = slice(THREAD, -DIGITS), slice(-DIGITS, None)

SETTLE_AFTER = 10_000  # lines whose durations wait to be counted together

_ATOM = rb"[!#-'*-[\]-z|~]"  # a character of what is logged as it is, without quotes
_PLAIN_FOLDER = re.compile(
    rb"APPLY MAILBOX %\(UNIQUEID ([\w-]+) MBOXNAME (ATOM+|\"(?:ATOM| )*\") SYNC_CRC \d+ SYNC_CRC_ANNOT \d+ "
    rb"LAST_UID (\d{1,20}) HIGHESTMODSEQ (\d{1,20}) RECENTUID \d+ RECENTTIME \d+ LAST_APPENDDATE \d+ "
    rb"POP3_LAST_LOGIN \d+ POP3_SHOW_AFTER \d+ (?:XCONVMODSEQ \d+ )?UIDVALIDITY (\d{1,20}) "
    rb"PARTITION (ATOM+) ".replace(b"(?:ATOM| )", _ATOM.replace(b"[!", b"[ !")).replace(b"ATOM", _ATOM)
)
_MESSAGE = re.compile(
    rb"([^] ]{1,100}\] [\w.$]{1,100} [A-Z]+) - (?:"
    rb"Finished ApplyMessage (N) in Nms\.|"
    rb"(\[[\w-]+\] )(?:Db CRUD op, cr: (N), upd: (N), del: (N) in Nms|Es CRUD op, idx: (N) in (N)ms))".replace(
        b"N", rb"\d{1,15}"
    )
)
_TOOK = 15 + len("ms.")  # bytes: as many digits as are a number, see the templates


class PlainLines:
    """Adds lines to a tally: those of the frequent forms at once, all others by way of their events."""

    def __init__(self, tally: LogTally, parser: ReplicationLogParser, recurring: Recurring) -> None:
        """Count in ``tally``; ``recurring`` grows with what is met, and serves the next batch of the same log."""
        self._tally = tally
        self._frames = tally.frames
        self._parser = parser
        self._recurring = recurring
        self._of_folders, self._of_none = recurring.of_folders.get, recurring.of_none.get
        self._tell = tally.told.append
        self._oldest, self._newest = inf, -inf  # times of what was folded here
        self._others = 0  # lines that the parser read, and those that go on with the event before them
        self._unsettled = 0  # lines

    def add(self, lines: Sequence[bytes]) -> None:
        """Count lines, in their order."""
        before = self._others
        if max(map(len, lines), default=0) >= LINE_LIMIT:
            for line in lines:
                self._event(line)
        else:
            self._add(lines)
        self._count(len(lines) - (self._others - before))

    def _add(self, lines: Sequence[bytes]) -> None:  # noqa: C901, PLR0912, PLR0915 - calls would cost more than they do
        millis_of, header_of = MILLIS.get, self._recurring.headers.get
        frames = self._frames
        ask, apply, ok, reply = frames.ask, frames.apply_logged, frames.ok, frames.reply
        folder_of, told_of, origins, tell = _PLAIN_FOLDER.match, self._of_folders, self._recurring.origins, self._tell
        dates, oldest, newest = self._parser.dates, self._oldest, self._newest
        first, beyond, second = dates.current
        for line in lines:
            millis = millis_of(line[_MILLIS])
            if millis is None:
                self._continuation(line)
                continue
            at = second + millis
            if not first <= line < beyond:
                dates.read(line)
                first, beyond, second = dates.current
                if not first:  # there is no such date
                    self._event(line)
                    continue
                at = second + millis
                oldest, newest = min(oldest, at), max(newest, at)
            elif at > newest:
                newest = at
            elif at < oldest:
                oldest = at
            head, mark, text = line.partition(b"]: ")
            if not mark:
                origin, _, text = line.partition(b" - [")
                folder, _, words = text.partition(b"] ")
                if (told := told_of(words)) and folder.isalnum() and origin[_ORIGIN] in origins:
                    frames.begun = None
                    tell(told)
                elif not self._message(line):
                    self._event(line)
            elif (header := header_of(head[_HEADER])) and (frame := head[_FRAME]).isdigit():
                thread, word_of, part, answers = header
                word = word_of(text[part])
                if word == "ok":
                    ok(at, thread, frame)
                elif word == "APPLY MAILBOX":
                    found = folder_of(text)
                    if found and b"!probe_" not in (logged := found.groups())[1]:
                        apply(at, thread, frame, logged)  # type: ignore[arg-type] # its six
                    else:
                        self._event(line)
                elif word is None:
                    self._event(line)
                elif answers:
                    reply(at, thread, frame, None, None)
                elif word == "APPLY MESSAGE":
                    self._send(at, thread, frame, text)
                else:
                    ask(at, thread, frame, word)
            else:
                self._event(line)
        self._oldest, self._newest = oldest, newest

    def _event(self, line: bytes) -> None:
        self._others += 1
        event = self._parser.parse(line)
        self._tally.add(event)
        if len(line) >= LINE_LIMIT:
            self._tally.oversized()
        if isinstance(event, Command | Reply):
            self._recurring.frame(event, line)

    def _count(self, plain: int) -> None:
        """Count what was put off until there is much of it."""
        if self._newest >= self._oldest:
            self._tally.saw(self._oldest, self._newest)
        if plain:
            self._tally.add_plain(plain)
            self._unsettled += plain
        if self._unsettled >= SETTLE_AFTER:
            self._unsettled = 0
            self._tally.settle()

    def _continuation(self, line: bytes) -> None:
        done = line == b"OK success"
        if not done and line[:1] in b"ONB":
            self._event(line)
        else:
            self._others += 1
            self._tally.go_on("ok" if done else None)

    def _send(self, at: float, thread: str, frame: bytes, text: bytes) -> None:
        sizes = SIZE.findall(text)
        self._frames.send(at, thread, frame, len(sizes), sum(map(int, sizes)))

    def _message(self, line: bytes) -> bool:
        """Count a message that adds something up and is of no folder, or is met for the first time."""
        origin, _, text = line.partition(b" - ")
        words, _, took = text.partition(b" in ")
        told = self._of_none(words) if len(took) <= _TOOK and took[:-3].isdigit() and took[-3:] == b"ms." else None
        if told is None or origin[_ORIGIN] not in self._recurring.origins:
            told = self._new_message(line)
            if told is None:
                return False
        self._frames.begun = None
        self._tell(told)
        return True

    def _new_message(self, line: bytes) -> Told | None:
        """Read a message, and remember it."""
        found = _MESSAGE.match(line, THREAD)
        if found is None:
            return None
        match found.lastindex:
            case 2:
                told = Told("applied", int(found[2]))
            case 6:
                told = Told("changed", *map(int, found.group(4, 5, 6)))
            case _:
                told = Told("indexed", *map(int, found.group(7, 8)))
        if found[3]:
            self._recurring.message(found[1], line[found.end(3) :], told, of_folder=True)
        else:
            self._recurring.message(found[1], line[found.end(1) + 3 : found.end(2)], told, of_folder=False)
        return told
