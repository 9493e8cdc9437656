"""Frames of Cyrus's sync protocol as bm-core logs them: ``REPL C: [frame-00000012]: APPLY MAILBOX %(...``.

A command is logged up to 2048 characters, an answer of more than 500 up to 200 (BlueMind 4.9, ReplicationFrame,
ReplicationSession). Frame 0 carries the token of the installation: of a command nothing is kept but its name, and
of APPLY MAILBOX the fields before its records.
"""

import re
from collections.abc import Mapping

from bmrepmon.model.log_events import COMMANDS, AppliedFolder, Command, Continuation, Reply
from bmrepmon.model.names import MailboxName
from bmrepmon.parse.mailbox_name import parse_mailbox_name, unquoted
from bmrepmon.parse.refusals import refusal_reason

TRUNCATED = b"... [truncated]"
FRAME_START = len(b"REPL C: [frame-")
LONGEST_COMMAND = 24  # bytes, longer than the two words of every command

_NAMES: Mapping[bytes, str] = {name.encode(): name for name in COMMANDS if name != "other"}
_FIELD = re.compile(rb'([A-Z0-9_]+) ("(?:[^"\\]|\\.)*"|[^ ()"]+)')
# Partition, SHA-1 and size of each message. That the forty are hexadecimal digits is not asked: a set of characters is
# tried one by one, which was half of what an APPLY MESSAGE cost.
SIZE = re.compile(rb"%\{[^ ]++ [^ ]{40}+ (\d{1,12}+)\}[^%]*+")
_RECORDS = b"RECORD ("
_STATUS = {b"OK": "ok", b"NO": "no", b"BAD": "bad"}


def parse_frame(at: float, thread: str, line: bytes, start: int) -> Command | Reply | None:
    """Read the frame whose ``REPL`` stands at ``start``; None when it is none."""
    first = start + FRAME_START
    end = line.find(b"]: ", first, first + 20)
    digits = line[first:end]
    if end < 0 or not digits.isdigit():
        return None
    match line[start + 4 : first]:
        case b" C: [frame-":
            return _command(at, thread, int(digits), line, end + 3)
        case b" S: [frame-":
            return Reply(at, thread, int(digits), *parse_status(line[end + 3 :]))
    return None


def parse_status(text: bytes) -> tuple[str | None, str | None]:
    """Read ``OK ...``, ``NO ...`` or ``BAD ...``: its status, and the reason of a refusal; None for any other text."""
    word, _, rest = text.rstrip(b"\r").partition(b" ")
    status = _STATUS.get(word)
    if status is None or status == "ok":
        return status, None
    return status, refusal_reason(status, rest)


def parse_continuation(line: bytes) -> Continuation:
    """Read a line that belongs to the event before it: the last one of an answer holds its status."""
    return Continuation(*parse_status(line)) if line[:1] in b"ONB" else _PLAIN


_PLAIN = Continuation()


def _command(at: float, thread: str, frame: int, line: bytes, start: int) -> Command:
    name = _command_name(line[start : start + LONGEST_COMMAND])
    folder = _applied_folder(line, start) if name == "APPLY MAILBOX" else None
    sizes = [int(size) for size in SIZE.findall(line, start)] if name == "APPLY MESSAGE" else ()
    return Command(at, thread, frame, name, folder, line.endswith(TRUNCATED), len(sizes), sum(sizes))


def _command_name(text: bytes) -> str:
    first, _, rest = text.rstrip(b"\r").partition(b" ")
    two_words = first + b" " + rest.partition(b" ")[0]
    return _NAMES.get(two_words) or _NAMES.get(first, "other")


def _applied_folder(line: bytes, start: int) -> AppliedFolder | None:
    """Read the fields by their keys: other versions have others, in another order."""
    fields = dict(_FIELD.findall(line, start, _records(line, start))[::-1])  # the first of equal keys wins
    unique_id = _text(fields.get(b"UNIQUEID"))
    if unique_id is None:
        return None
    mailbox = _text(fields.get(b"MBOXNAME"))
    return AppliedFolder(
        unique_id,
        mailbox,
        _text(fields.get(b"PARTITION")),
        _number(fields.get(b"LAST_UID")),
        _number(fields.get(b"HIGHESTMODSEQ")),
        _number(fields.get(b"UIDVALIDITY")),
        mailbox is not None and "!probe_" in mailbox and _is_probe(parse_mailbox_name(mailbox)),
    )


def _records(line: bytes, start: int) -> int:
    """Return where the records begin; the words may also stand inside a quoted name."""
    end = line.find(_RECORDS, start)
    while end >= 0 and _inside_quotes(line, start, end):
        end = line.find(_RECORDS, end + 1)
    return len(line) if end < 0 else end


def _inside_quotes(line: bytes, start: int, end: int) -> bool:
    quotes = line.count(b'"', start, end)
    return (quotes - line.count(b'\\"', start, end)) % 2 == 1


def _is_probe(name: MailboxName | None) -> bool:
    return name is not None and name.probe


def _text(atom: bytes | None) -> str | None:
    """Return an atom's text; None for one that was sent as a literal, of which the log shows a file's name only."""
    if atom is None or atom.startswith(b"{"):
        return None
    return unquoted(atom.decode("utf-8", "replace"))


def _number(atom: bytes | None) -> int | None:
    return int(atom) if atom is not None and len(atom) <= 20 and atom.isdigit() else None
