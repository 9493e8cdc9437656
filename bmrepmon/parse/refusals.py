"""The texts of NO and BAD answers, as a table of what they contain.

Java puts the names of wrapping exceptions before the text, so it is looked for anywhere, its end first.
Source: BlueMind 4.9, ReplicationException and the package cmd of the replication server.
"""

from collections.abc import Callable

_WHOLE, _END, _ANYWHERE = bytes.__eq__, bytes.endswith, bytes.__contains__

# In this order: how an answer is compared, with what, and its reason. The refusal of a login has none: the line
# "Failed to authenticate replication session." before it is counted.
REFUSALS: tuple[tuple[Callable[[bytes, bytes], bool], bytes, str | None], ...] = (
    (_WHOLE, b"way.", None),
    (_WHOLE, b"TLS", "starttls_refused"),
    (_END, b"busy", "busy"),
    (_ANYWHERE, b"IMAP_PROTOCOL_BAD_PARAMETERS", "protocol_bad"),
    (_ANYWHERE, b"IMAP_MAILBOX_NONEXISTENT", "mailbox_nonexistent"),
    (_ANYWHERE, b"IMAP_MAILBOX_MALFORMED", "name_malformed"),
    (_ANYWHERE, b"for GET ", "command_unsupported"),
    (_ANYWHERE, b"for APPLY ", "command_unsupported"),
    (_ANYWHERE, b"Container subtree_", "missing_subtree"),
    (_ANYWHERE, b"Replicated domain:", "domain_unknown"),
    (_ANYWHERE, b"Missing token ref", "literal_lost"),
    (_ANYWHERE, b"Owner ", "owner_unknown"),
    (_ANYWHERE, b"Timeout", "timeout"),
    (_ANYWHERE, b"timeout", "timeout"),
    (_ANYWHERE, b"timed out", "timeout"),
    (_ANYWHERE, b"SQL", "database_error"),
)


def refusal_reason(status: str, text: bytes) -> str | None:
    """Return the reason of a ``no`` or ``bad`` answer, from the fixed list; None where another line is counted."""
    if status == "bad":
        return "protocol_bad"
    for matches, needle, reason in REFUSALS:
        if matches(text, needle):
            return reason
    return "refused"
