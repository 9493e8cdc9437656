"""What the wire tells of folders and messages, as rows of bj-data.

Source: BlueMind 4.9, net.bluemind.backend.mail.replica.persistence, and DtoConverters of the sync server.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lab.protocol import Fields, number, text, words
from psycopg.types.json import Jsonb

from bmrepmon.model.names import MailboxName

Row = Mapping[str, Any]
FLAGS = {
    "\\Answered": 1,
    "\\Flagged": 2,
    "\\Deleted": 4,
    "\\Draft": 8,
    "\\Seen": 16,
    "\\NeedsCleanup": 1 << 28,
    "\\Archived": 1 << 29,
    "\\Unlinked": 1 << 30,
    "\\Expunged": -(1 << 31),  # the sign bit of an int4
}


def folder_row(name: MailboxName, fields: Fields) -> Row:
    """Return the columns of t_mailbox_replica that the wire tells."""
    acl = text(fields, "ACL").split("\t")
    return {
        "short_name": short_name(name),
        "name": full_name(name),
        "last_uid": number(fields, "LAST_UID"),
        "highest_mod_seq": number(fields, "HIGHESTMODSEQ"),
        "recent_uid": number(fields, "RECENTUID"),
        "recent_time": _time(number(fields, "RECENTTIME")),
        "last_append_date": _time(number(fields, "LAST_APPENDDATE")),
        "pop3_last_login": _time(number(fields, "POP3_LAST_LOGIN")),
        "uid_validity": number(fields, "UIDVALIDITY"),
        "acls": Jsonb([{"subject": s, "rights": r} for s, r in zip(acl[::2], acl[1::2], strict=False)]),
        "options": text(fields, "OPTIONS"),
        "sync_crc": number(fields, "SYNC_CRC"),
        "quotaroot": text(fields, "QUOTAROOT") if "QUOTAROOT" in fields else None,
        "xconv_mod_seq": number(fields, "XCONVMODSEQ") if "XCONVMODSEQ" in fields else None,
    }


def record_row(record: Fields) -> Row:
    """Return the columns of t_mailbox_record that the wire tells."""
    flags = words(record["FLAGS"])
    return {
        "message_body_guid": bytes.fromhex(text(record, "GUID")),
        "imap_uid": number(record, "UID"),
        "mod_seq": number(record, "MODSEQ"),
        "last_updated": _time(number(record, "LAST_UPDATED")),
        "internal_date": _time(number(record, "INTERNALDATE")),
        "system_flags": sum(FLAGS.get(flag, 0) for flag in flags),
        "other_flags": [flag for flag in flags if flag not in FLAGS],
    }


def subtree(name: MailboxName) -> tuple[str, str]:
    """Return uid and name of the container that holds a mailbox's folders."""
    of_user = name.namespace == "users"
    uid = f"subtree_{name.domain.replace('.', '_')}!{'user.' if of_user else ''}{name.mailbox}"
    return uid, f"{name.namespace}/{name.mailbox}"


def full_name(name: MailboxName) -> str:
    """Return the path as bm-core stores it: below a share, the share comes first."""
    return name.folder if name.namespace == "users" else "/".join(filter(None, (name.mailbox, name.folder)))


def short_name(name: MailboxName) -> str:
    """Return the last level of the path."""
    return full_name(name).rpartition("/")[2]


def _time(seconds: int) -> datetime:
    """Read Unix seconds; the columns have no zone, and hold UTC."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
