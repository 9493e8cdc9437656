"""cyrus.header, the small file that names a folder for ever: pure, and total over every bytes.

Two forms follow the same magic. Up to Cyrus 3.2 (BlueMind 4): lines of text, the first ``quotaroot TAB uniqueid``.
From 3.4 on: one list of keys and values, ``%(T el N name I uniqueid Q quotaroot A %(user rights ...))``. Sources:
imap/mailbox.c of 2.4 to 3.0 for the text, files of a running Cyrus 3.6 for the list.
"""

import re
from collections.abc import Iterator

from bmrepmon.model.folders import Damage, FolderIdentity

MAGIC = (
    b"\241\002\213\015Cyrus mailbox header\n"
    b'"The best thing about this system was that it had lots of goals."\n'
    b"\t--Jim Morris on Andrew\n"
)
_UNIQUE_ID = re.compile(rb"[0-9A-Za-z_.-]{1,128}")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_TOKEN = re.compile(rb'\s*(?:(%?\()|(\))|"((?:[^"\\]|\\.)*)"|\{(\d{1,6})\+?\}\r?\n|([^\s()"]+))', re.DOTALL)


def parse_header_file(raw: bytes) -> FolderIdentity | Damage:
    """Read a whole cyrus.header."""
    if not raw.startswith(MAGIC):
        return Damage("too_short" if MAGIC.startswith(raw) else "bad_magic")
    body = raw[len(MAGIC) :]
    return _list_form(body) if body.startswith(b"%(") else _text_form(body)


def _text_form(body: bytes) -> FolderIdentity | Damage:
    line, newline, _ = body.partition(b"\n")
    if not newline:
        return Damage("too_short")
    quota_root, _, rest = line.partition(b"\t")
    return _identity(rest.partition(b"\t")[0], quota_root)


def _list_form(body: bytes) -> FolderIdentity | Damage:
    """Take I and Q, and stop: the access list after them is long, and this is read once for every folder."""
    found: dict[bytes, bytes] = {}
    values = _values(body)
    for key, value in zip(values, values, strict=False):
        found[key] = value
        if found.keys() >= {b"I", b"Q"}:
            break
    return _identity(found.get(b"I", b""), found.get(b"Q", b""))


def _identity(unique_id: bytes, quota_root: bytes) -> FolderIdentity | Damage:
    if not _UNIQUE_ID.fullmatch(unique_id):
        return Damage("no_unique_id")
    return FolderIdentity(unique_id.decode(), quota_root.decode("utf-8", "replace") or None)


def _values(body: bytes) -> Iterator[bytes]:
    """Yield keys and values of the outermost list in turn; an inner list counts as one empty value."""
    depth = at = 0
    while token := _TOKEN.match(body, at):
        at = token.end()
        opened, closed, quoted, length, atom = token.groups()
        if opened:
            depth += 1
            continue
        if closed:
            depth -= 1
        if length:
            at += int(length)
            atom = body[at - int(length) : at]
        if depth == 1:
            yield atom or _ESCAPED.sub(rb"\1", quoted or b"")
        elif depth == 0:
            return
