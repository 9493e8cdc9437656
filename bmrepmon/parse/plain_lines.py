"""The few forms that nearly all lines of replication.log have, counted without an event for each.

Who reads a week of logs reads the same dozen forms ten million times. They are told by looking up whole pieces of a
line: what stands between its date and the number of its frame, and the first bytes behind that. Whatever is not exactly
of such a form is left to the parser, which knows them all.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import methodcaller

from bmrepmon.model.log_events import Command, LoggedFolder, Reply
from bmrepmon.model.log_tally import LogTally
from bmrepmon.parse.frames import SIZE
from bmrepmon.parse.lines import LINE_LIMIT
from bmrepmon.parse.recurring import DIGITS, Count, Recurring
from bmrepmon.parse.replication_log import ReplicationLogParser
from bmrepmon.parse.timestamps import MILLIS, THREAD

_new = tuple.__new__  # a NamedTuple's own constructor takes three times as long

SETTLE_AFTER = 10_000  # lines whose durations wait to be counted together

_FIELDED = ("APPLY MAILBOX", "APPLY MESSAGE")  # of which more is told than the name
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
    rb"\[[\w-]+\] (?:Db CRUD op, cr: (N), upd: (N), del: (N) in Nms|Es CRUD op, idx: (N) in (N)ms))".replace(
        b"N", rb"\d{1,15}"
    )
)


class PlainLines:
    """Adds lines to a tally: those of the frequent forms at once, all others by way of their events."""

    def __init__(self, tally: LogTally, parser: ReplicationLogParser, recurring: Recurring) -> None:
        """Count in ``tally``; ``recurring`` grows with what is met, and serves the next batch of the same log."""
        self._tally = tally
        self._frames = tally.frames
        self._parser = parser
        self._recurring = recurring
        self._unsettled = 0  # lines

    def add(self, lines: Sequence[bytes]) -> None:
        """Count lines, in their order."""
        if max(map(len, lines), default=0) >= LINE_LIMIT:
            for line in lines:
                self._event(line)
        else:
            self._add(lines)

    def _add(self, lines: Sequence[bytes]) -> None:  # noqa: C901 - a call would cost more than what it does
        header_of, millis_of = self._recurring.headers.get, MILLIS.get
        ask, reply, message, fielded = self._frames.ask, self._frames.reply, self._message, self._fielded
        dates = self._parser.dates
        first, beyond, second = dates.current
        times: list[float] = []  # of what is counted here
        for line in lines:
            millis = millis_of(line[19:THREAD])
            if millis is None:
                self._continuation(line)
                continue
            if not first <= line < beyond:
                dates.read(line)
                first, beyond, second = dates.current
            at, word = second + millis, None
            head, mark, text = line.partition(b"]: ")
            if not first:  # there is no such date
                pass
            elif not mark:
                word = message(line)
            elif (header := header_of(head[THREAD:-DIGITS])) and (frame := head[-DIGITS:]).isdigit():
                thread, words, length, answers = header
                word = words.get(text[:length])
                if answers and word is not None:
                    reply(at, thread, frame, word or None, None)
                elif word in _FIELDED:
                    word = fielded(word, at, thread, frame, text)
                elif word is not None:
                    ask(at, thread, frame, word)
            if word is None:
                self._event(line)
            else:
                times.append(at)
        if times:
            self._tally.add_plain(times)
            self._settle(len(times))

    def _event(self, line: bytes) -> None:
        event = self._parser.parse(line)
        self._tally.add(event)
        if len(line) >= LINE_LIMIT:
            self._tally.oversized()
        if isinstance(event, Command | Reply):
            self._recurring.frame(event, line)

    def _settle(self, lines: int) -> None:
        self._unsettled += lines
        if self._unsettled >= SETTLE_AFTER:
            self._unsettled = 0
            self._frames.settle()

    def _continuation(self, line: bytes) -> None:
        if line == b"OK success":
            self._tally.go_on("ok")
        elif line[:1] in b"ONB":
            self._event(line)
        else:
            self._tally.go_on(None)

    def _fielded(self, name: str, at: float, thread: str, frame: bytes, text: bytes) -> str | None:
        if name == "APPLY MESSAGE":
            sizes = SIZE.findall(text)
            self._frames.send(at, thread, frame, len(sizes), sum(map(int, sizes)))
            return name
        found = _PLAIN_FOLDER.match(text)
        if found is None or b"!probe_" in found[2]:
            return None
        fields = found.groups()
        self._frames.apply(at, thread, frame, _new(LoggedFolder, (*fields[:-1], _text(fields[-1]))))
        return name

    def _message(self, line: bytes) -> str | None:
        origin, _, text = line.partition(b" - [")
        folder, _, words = text.partition(b"] ")
        count = self._recurring.counts.get(words)
        if count is None or origin[THREAD:] not in self._recurring.origins or not folder.isalnum():
            return self._new_message(line, words)
        self._frames.interrupt()
        count(self._tally)
        return "message"

    def _new_message(self, line: bytes, words: bytes) -> str | None:
        found = _MESSAGE.match(line, THREAD)
        if found is None:
            return None
        self._frames.interrupt()
        count: Count
        match found.lastindex:
            case 2:
                count = methodcaller("applied", int(found[2]))
            case 5:
                count = methodcaller("changed", *map(int, found.group(3, 4, 5)))
            case _:
                count = methodcaller("indexed", int(found[6]), int(found[7]) / 1000)
        count(self._tally)
        if found.lastindex != 2:
            self._recurring.message(found[1], words, count)
        return "message"


@lru_cache(maxsize=1024)  # a server has some dozen partitions
def _text(name: bytes) -> str:
    return name.decode("ascii")
