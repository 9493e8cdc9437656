"""Builds cyrus.header files: the text form of Cyrus 3.0, and the list form that came with index version 17."""

from collections.abc import Sequence

MAGIC = (
    b"\241\002\213\015Cyrus mailbox header\n"
    b'"The best thing about this system was that it had lots of goals."\n'
    b"\t--Jim Morris on Andrew\n"
)
RIGHTS = "lrswipkxtecdan"

Acl = Sequence[tuple[str, str]]
"""Who may do what: pairs of a subject and its rights."""


def acl_text(acl: Acl) -> str:
    """Write rights as Cyrus stores and sends them: each word followed by a tab."""
    return "".join(f"{subject}\t{rights}\t" for subject, rights in acl)


def encode_header(version: int, name: str, unique_id: str, quota_root: str | None, acl: Acl) -> bytes:
    """Return a cyrus.header for index ``version``; ``name`` is the internal name that the folder was created with."""
    if version < 17:
        return MAGIC + f"{quota_root or ''}\t{unique_id}\n\n{acl_text(acl)}\n".encode()
    quota = f" Q {_atom(quota_root)}" if quota_root else ""
    rights = " ".join(f"{_atom(subject)} {granted}" for subject, granted in acl)
    return MAGIC + f"%(T el N {_atom(name)} I {unique_id}{quota} A %({rights}))\n".encode()


def _atom(text: str) -> str:
    return f'"{text}"' if any(c in text for c in ' ()"') else text
