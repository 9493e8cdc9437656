"""What to type about what was found: the repair operations of BlueMind, for just the mailboxes that need them."""

import shlex
from collections.abc import Iterable, Mapping

from bmrepmon.offline.audit.document import Difference

# In the order in which they are to be typed (BlueMind 4.9, net.bluemind.backend.mail.replica.service, package repair).
# parentUid lets Cyrus send each folder anew; it needs the tree that subtree makes.
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "missing": ("replication.subtree", "replication.parentUid"),
    "flags": ("replication.parentUid",),
    "bodiless": ("message_bodies",),
    "wrong_body": ("replication.parentUid", "message_bodies"),
    "left_over": ("missed.deletions",),
}
ORDER = ("replication.subtree", "replication.parentUid", "message_bodies", "missed.deletions")


def repair(differences: Iterable[Difference]) -> tuple[str, ...]:
    """Return the commands, mailbox by mailbox; a folder whose path is not Cyrus's has no mailbox to name."""
    wanted: dict[str, set[str]] = {}
    for found in differences:
        if found.mailbox:
            wanted.setdefault(found.mailbox, set()).update(OPERATIONS[found.kind])
    return tuple(
        f"bm-cli maintenance repair --ops {operation} {shlex.quote(mailbox)}"
        for mailbox in sorted(wanted)
        for operation in ORDER
        if operation in wanted[mailbox]
    )
