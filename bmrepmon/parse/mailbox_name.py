"""MBOXNAME: the internal name of a Cyrus folder, such as ``acme.test!user.jean^dupont.Sent.2020``.

Source: BlueMind 4.9, CyrusBoxes; the order of the forms is its order. Modified UTF-7: RFC 3501, 5.1.3.
"""

import binascii
import re

from bmrepmon.model.names import MailboxName, Namespace

_FORMS: tuple[tuple[Namespace, re.Pattern[str]], ...] = (
    ("deleted", re.compile(r"DELETED\.user\.([^.]+)\.(.+)", re.DOTALL)),
    ("deletedShared", re.compile(r"DELETED\.([^.]+)\.(.+)", re.DOTALL)),
    ("users", re.compile(r"user\.([^.]+)(?:\.(.+))?", re.DOTALL)),
    ("shared", re.compile(r"([^.]+)(?:\.(.+))?", re.DOTALL)),
)
_STAMP = re.compile(r"(?:(.*)\.)?([0-9A-F]{8})", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def parse_mailbox_name(raw: str) -> MailboxName | None:
    """Take the name of a folder apart, quoted or not; None when it has no known form.

    >>> parse_mailbox_name("acme.test!user.marie^curie.a&AOk-.b^c")
    MailboxName(domain='acme.test', namespace='users', mailbox='marie.curie', folder='aé/b.c', deleted_at=None)
    """
    domain, mark, rest = unquoted(raw).partition("!")
    if not (domain and mark):
        return None
    for namespace, form in _FORMS:
        if match := form.fullmatch(rest):
            return _named(domain, namespace, match[1], match[2])
    return None


def unquoted(atom: str) -> str:
    """Return what a quoted atom says; any other text as it is.

    >>> unquoted('"Deleted Messages"')
    'Deleted Messages'
    """
    if len(atom) >= 2 and atom[0] == atom[-1] == '"':
        return _ESCAPED.sub(r"\1", atom[1:-1])
    return atom


def _named(domain: str, namespace: Namespace, mailbox: str, path: str | None) -> MailboxName:
    stamp = None
    if namespace in ("deleted", "deletedShared") and (match := _STAMP.fullmatch(path or "")):
        path, stamp = match[1], int(match[2], 16)
    root = "INBOX" if namespace in ("users", "deleted") else ""
    folder = "/".join(map(_readable, path.split("."))) if path else root
    return MailboxName(domain, namespace, _readable(mailbox), folder, stamp)


def _readable(level: str) -> str:
    return _SHIFTED.sub(_decoded, level.replace("^", "."))


def _decoded(match: re.Match[str]) -> str:
    code = match[1]
    if not code:
        return "&"
    try:
        return binascii.a2b_base64(code.replace(",", "/") + "=" * (-len(code) % 4)).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return match[0]
