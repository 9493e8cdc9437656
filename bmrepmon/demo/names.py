"""What a folder is called in Cyrus, on the wire and on disk.

Source: BlueMind 4.9, CyrusBoxes, CyrusPartition and CyrusFileSystemPathHelper; Cyrus 3.0 with ``virtdomains``,
``unixhierarchysep``, ``hashimapspool`` and ``mailbox_legacy_dirs``.
"""

import base64
import re
from dataclasses import dataclass
from typing import Literal

DEFAULT_PARTITION = "default"  # Cyrus's own, which BlueMind leaves empty and does not replicate

PLAIN = re.compile(r"[\x20-\x7e]+")


def modified_utf7(text: str) -> str:
    """Encode a folder name for IMAP (RFC 3501, 5.1.3).

    >>> modified_utf7("Été & hiver")
    '&AMk-t&AOk- &- hiver'
    """
    parts = re.split(r"([\x20-\x7e]+)", text)
    return "".join(p.replace("&", "&-") if PLAIN.fullmatch(p) else _base64(p) for p in parts if p)


def _base64(text: str) -> str:
    code = base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{code}-"


def letter(name: str) -> str:
    """Return the hash letter of a name: its first one, or q for all that is no letter of ASCII."""
    first = name[:1].lower()
    return first if "a" <= first <= "z" else "q"


def partition(server: str, domain: str) -> str:
    """Return the partition of one domain on one server.

    >>> partition("bm-master", "demo.example")
    'bm-master__demo_example'
    """
    return f"{server}__{domain}".replace(".", "_")


def probe_share(server: str, domain: str) -> str:
    """Name the hidden share by which bm-core measures its own latency.

    >>> probe_share("bm-master", "demo.example")
    'probe_bm-master__demo-example'
    """
    return f"probe_{server.replace('.', '-')}__{domain.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class FolderName:
    """One folder of a user or of a share, named as people do."""

    domain: str
    kind: Literal["user", "share"]
    owner: str  # login or name of the share, with its dots
    path: tuple[str, ...] = ()  # () is the INBOX, or the share itself
    deleted: str | None = None  # hexadecimal seconds, for a folder that awaits its purge under DELETED

    @property
    def components(self) -> tuple[str, ...]:
        """The levels of the name as Cyrus has them: a dot inside one is written ^."""
        owner = ("user", self.owner) if self.kind == "user" else (self.owner,)
        levels = tuple(modified_utf7(level).replace(".", "^") for level in (*owner, *self.path))
        return levels if self.deleted is None else ("DELETED", *levels, self.deleted)

    @property
    def cyrus(self) -> str:
        """The internal name, as in MBOXNAME and in the sync log.

        >>> FolderName("demo.example", "user", "jean.dupont", ("Sent",)).cyrus
        'demo.example!user.jean^dupont.Sent'
        """
        return f"{self.domain}!{'.'.join(self.components)}"

    @property
    def directory(self) -> str:
        """The folder's place below the root of its partition; the letter is that of the second level, if there is one.

        >>> FolderName("demo.example", "share", "commerce", ("Sent",)).directory
        'domain/d/demo.example/s/commerce/Sent'
        """
        levels = self.components
        second = levels[1] if len(levels) > 1 else levels[0]
        return "/".join(("domain", letter(self.domain), self.domain, letter(second), *levels))

    @property
    def full(self) -> str:
        """The path as bm-core stores it in t_mailbox_replica: below a share, the share comes first."""
        if self.kind == "user":
            return "/".join(self.path) or "INBOX"
        return "/".join((self.owner, *self.path))
