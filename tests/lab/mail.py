"""Real mail: messages, and the two ways by which they come into Cyrus. Standard library only."""

import imaplib
import itertools
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Literal

from bmrepmon.demo.names import FolderName, modified_utf7

CONTINUED = b"-"  # behind the code of an LMTP reply that has a further line
_ITEM = re.compile(rb"([A-Z]+) (\d+)")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A user or a share."""

    domain: str
    owner: str
    kind: Literal["user", "share"] = "user"

    @property
    def address(self) -> str:
        """Where mail for it goes."""
        return f"{self.owner}@{self.domain}"

    @property
    def inbox(self) -> FolderName:
        """The INBOX, or the share itself."""
        return self.folder()

    def folder(self, path: str = "") -> FolderName:
        """Name a folder by its path, with / between the levels."""
        return FolderName(self.domain, self.kind, self.owner, tuple(filter(None, path.split("/"))))


def compose(text: str = "Bonjour", size: int = 0, at: float | None = None) -> bytes:
    """Return a message that no other one equals, of at least ``size`` bytes."""
    lines = [
        "From: <sender@elsewhere.example>",
        f"Date: {formatdate(at)}",
        f"Subject: {text}",
        f"Message-ID: <{next(_numbers)}.laboratory@elsewhere.example>",
        "",
        text,
        *["x" * 70] * (size // 72),
        "",
    ]
    return "\r\n".join(lines).encode()


def lmtp(port: int, content: bytes, recipients: Iterable[str]) -> None:
    """Deliver one message to each recipient.

    smtplib.LMTP reads one reply after DATA; LMTP sends one for each recipient (RFC 2033).
    """
    addresses = list(recipients)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, connection.makefile("rwb") as stream:

        def expect(code: bytes, command: bytes = b"") -> None:
            if command:
                stream.write(command + b"\r\n")
                stream.flush()
            line = stream.readline()
            while line[3:4] == CONTINUED:
                line = stream.readline()
            assert line.startswith(code), (command[:40], line)

        expect(b"220")
        expect(b"250", b"LHLO laboratory")
        expect(b"250", b"MAIL FROM:<sender@elsewhere.example>")
        for address in addresses:
            expect(b"250", f"RCPT TO:<{address}>".encode())
        expect(b"354", b"DATA")
        stream.write(content.replace(b"\r\n.", b"\r\n.."))
        expect(b"250", b".")
        for _ in addresses[1:]:
            expect(b"250")
        expect(b"221", b"QUIT")


class Imap:
    """One session of admin0, who may do everything in every mailbox, or in whose name a user does it."""

    def __init__(self, port: int, admin: str, password: str, user: str = "") -> None:
        """Log in."""
        self._client = imaplib.IMAP4("127.0.0.1", port, timeout=20)
        _ok(self._client.authenticate("PLAIN", lambda _: f"{user}\0{admin}\0{password}".encode()))

    def close(self) -> None:
        """Log out."""
        self._client.logout()

    def create(self, folder: FolderName, *where: str) -> None:
        """Make a folder; the root of a mailbox needs its partition."""
        _ok(self._client.xatom("CREATE", _name(folder), *where))

    def grant(self, folder: FolderName, who: str, rights: str) -> None:
        """Give rights; folders below inherit them when they are made."""
        _ok(self._client.setacl(_name(folder), who, rights))

    def limit(self, folder: FolderName, kibibytes: int) -> None:
        """Set a quota."""
        _ok(self._client.setquota(_name(folder), f"(STORAGE {kibibytes})"))

    def subscribe(self, path: str) -> None:
        """Subscribe to a folder, which a user names without mailbox and domain."""
        _ok(self._client.subscribe(f'"{modified_utf7(path)}"'))

    def append(self, folder: FolderName, content: bytes, flags: str = "", at: float | None = None) -> None:
        """Put a message into a folder, with an internal date."""
        date = imaplib.Time2Internaldate(at) if at is not None else ""
        _ok(self._client.append(_name(folder), flags, date, content))

    def store(self, folder: FolderName, uids: str, flags: str, sign: str = "+") -> None:
        """Add flags, or take them away."""
        self._select(folder)
        _ok(self._client.uid("STORE", uids, f"{sign}FLAGS.SILENT", f"({flags})"))
        _ok(self._client.unselect())

    def expunge(self, folder: FolderName, uids: str) -> None:
        """Remove messages."""
        self._select(folder)
        _ok(self._client.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)"))
        _ok(self._client.uid("EXPUNGE", uids))
        _ok(self._client.unselect())

    def copy(self, folder: FolderName, uids: str, target: FolderName) -> None:
        """Copy messages."""
        self._select(folder)
        _ok(self._client.uid("COPY", uids, _name(target)))
        _ok(self._client.unselect())

    def rename(self, folder: FolderName, name: FolderName) -> None:
        """Give a folder another name."""
        _ok(self._client.rename(_name(folder), _name(name)))

    def delete(self, folder: FolderName) -> None:
        """Delete a folder."""
        _ok(self._client.delete(_name(folder)))

    def status(self, folder: FolderName) -> Mapping[str, int]:
        """Ask what Cyrus says of a folder."""
        answer = _ok(self._client.status(_name(folder), "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ UNSEEN SIZE)"))
        return {key.decode(): int(value) for key, value in _ITEM.findall(answer[0].rpartition(b"(")[2])}

    def _select(self, folder: FolderName) -> None:
        _ok(self._client.select(_name(folder)))


def _name(folder: FolderName) -> str:
    """Name a folder as an administrator does."""
    levels: Sequence[str] = (
        ("user", folder.owner, *folder.path) if folder.kind == "user" else (folder.owner, *folder.path)
    )
    return f'"{modified_utf7("/".join(levels))}@{folder.domain}"'


def _ok(answer: tuple[str, Any]) -> Any:
    status, values = answer
    assert status == "OK", answer
    return values
