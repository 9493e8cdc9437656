"""Mailboxes and mail of the laboratory, and the count of what was put into them."""

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from lab.cyrus import ADMIN, DOMAINS, SERVER, TOKEN, Cyrus, partition
from lab.database import Database
from lab.mail import Imap, Mailbox, compose, lmtp

from bmrepmon.demo.names import FolderName, probe_share

ALL_RIGHTS = "lrswipkxtecda"


class Postmaster:
    """Makes mailboxes and mail; each method returns when Cyrus has done its part."""

    cyrus: Cyrus
    database: Database

    def __init__(self) -> None:
        """Have delivered nothing yet."""
        self.delivered: Counter[str] = Counter()  # messages, by the internal name of their folder
        self._names = itertools.count(1)
        self._session: Imap | None = None
        self._probes: dict[str, Mailbox] = {}

    def user(self, *folders: str, login: str | None = None, domain: str = DOMAINS[0]) -> Mailbox:
        """Make a user with folders below the INBOX."""
        return self._mailbox(domain, login or f"user{next(self._names)}", "user", folders)

    def share(self, *folders: str, name: str | None = None, domain: str = DOMAINS[0]) -> Mailbox:
        """Make a share with folders below it."""
        return self._mailbox(domain, name or f"share{next(self._names)}", "share", folders)

    def probe(self, domain: str = DOMAINS[0]) -> Mailbox:
        """Return the one share of a domain by which bm-core measures; `flag` and `unflag` its only message to beat."""
        if domain not in self._probes:
            self._probes[domain] = self.share(name=probe_share(SERVER, domain), domain=domain)
            self.append(self._probes[domain].inbox)
        return self._probes[domain]

    def deliver(self, *mailboxes: Mailbox, times: int = 1, size: int = 0) -> None:
        """Deliver messages by LMTP, each of them to all ``mailboxes`` at once."""
        for _ in range(times):
            lmtp(self.cyrus.lmtp_port, compose(size=size), [_address(m) for m in mailboxes])
            self.delivered.update(m.inbox.cyrus for m in mailboxes)

    def append(self, folder: FolderName, times: int = 1, *, flags: str = "", age: float = 0.0, size: int = 0) -> None:
        """Put messages into a folder by IMAP, with an internal date ``age`` seconds ago."""
        for _ in range(times):
            at = time.time() - age
            self.imap.append(folder, compose(size=size, at=at), flags, at)
            self.delivered[folder.cyrus] += 1

    def copy(self, folder: FolderName, uids: Sequence[int], target: FolderName) -> None:
        """Copy messages by IMAP."""
        self.imap.copy(folder, _set(uids), target)
        self.delivered[target.cyrus] += len(uids)

    def flag(self, folder: FolderName, uids: Sequence[int], flags: str = "\\Flagged") -> None:
        """Add flags to messages."""
        self.imap.store(folder, _set(uids), flags)

    def unflag(self, folder: FolderName, uids: Sequence[int], flags: str = "\\Flagged") -> None:
        """Take flags away."""
        self.imap.store(folder, _set(uids), flags, "-")

    def expunge(self, folder: FolderName, uids: Sequence[int]) -> None:
        """Remove messages; their files stay until `purge`."""
        self.imap.expunge(folder, _set(uids))

    def create(self, folder: FolderName) -> None:
        """Make a folder in a mailbox that is there."""
        self.imap.create(folder)

    def rename(self, folder: FolderName, name: FolderName) -> None:
        """Rename a folder, with those below it."""
        self.imap.rename(folder, name)
        for old in [n for n in self.delivered if n == folder.cyrus or n.startswith(f"{folder.cyrus}.")]:
            self.delivered[name.cyrus + old.removeprefix(folder.cyrus)] += self.delivered.pop(old)

    def delete(self, folder: FolderName) -> None:
        """Delete a folder: it moves below DELETED."""
        self.imap.delete(folder)

    def limit(self, mailbox: Mailbox, kibibytes: int) -> None:
        """Give a mailbox a quota."""
        self.imap.limit(mailbox.inbox, kibibytes)

    def subscribe(self, mailbox: Mailbox, path: str) -> None:
        """Let a user subscribe to one of his folders."""
        session = Imap(self.cyrus.imap_port, ADMIN, TOKEN, mailbox.address)
        session.subscribe(path)
        session.close()

    @property
    def imap(self) -> Imap:
        """A session of admin0."""
        if self._session is None:
            self._session = Imap(self.cyrus.imap_port, ADMIN, TOKEN)
        return self._session

    def log_out(self) -> None:
        """End the session of admin0; the next use begins another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _mailbox(self, domain: str, owner: str, kind: Literal["user", "share"], folders: Sequence[str]) -> Mailbox:
        mailbox = Mailbox(domain, owner, kind)
        self.database.add_mailbox(domain, owner, "user" if kind == "user" else "mailshare")
        self.imap.create(mailbox.inbox, partition(domain))
        for who in (ADMIN, *((mailbox.address,) if kind == "user" else ())):
            self.imap.grant(mailbox.inbox, who, ALL_RIGHTS)
        if kind == "share":
            self.imap.grant(mailbox.inbox, "anyone", "p")  # LMTP may post
        for path in folders:
            self.imap.create(mailbox.folder(path))
        return mailbox


def _address(mailbox: Mailbox) -> str:
    """Return where LMTP delivers: to a share, Cyrus's own form with a plus."""
    return mailbox.address if mailbox.kind == "user" else f"+{mailbox.address}"


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))
