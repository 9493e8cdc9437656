"""The fixed list of words by which failures of replication are counted, each with its weight and its meaning.

What the messages say: BlueMind 4.9, net.bluemind.backend.cyrus.replication.server, net.bluemind.backend.mail.replica.
"""

from typing import Literal, NamedTuple

Severity = Literal["critical", "warning", "info"]


class ErrorReason(NamedTuple):
    """One word of the list; it never changes its meaning."""

    word: str
    severity: Severity  # of a single occurrence: critical loses mail from view or stops a session
    meaning: str


CATALOGUE: tuple[ErrorReason, ...] = tuple(
    ErrorReason(*row)
    for row in (
        # sessions and frames
        ("auth_failed", "critical", "sync_client was refused: its token is not the one of bm-core"),
        ("auth_malformed", "critical", "the credentials of sync_client could not be read"),
        ("session_refused", "critical", "bm-core closed a new connection at once"),
        ("socket_error", "warning", "the connection of a session broke"),
        ("frame_error", "critical", "a frame could not be processed; its session is likely to hang"),
        ("frame_incomplete", "warning", "the parser of bm-core waits for the rest of a frame"),
        ("command_unsupported", "warning", "Cyrus sent a command that bm-core does not know"),
        ("command_failed", "warning", "a command broke in bm-core for a reason that only its stack trace tells"),
        # answers that refuse
        ("protocol_bad", "warning", "bm-core found a command malformed, or its parameters bad"),
        ("starttls_refused", "info", "sync_client asked for TLS, which bm-core never gives; it goes on without"),
        ("mailbox_nonexistent", "warning", "bm-core does not know the folder that a command names"),
        ("name_malformed", "warning", "bm-core cannot read the name of a folder"),
        ("domain_unknown", "warning", "the domain of a folder does not exist in BlueMind"),
        ("literal_lost", "warning", "the temporary file that held part of a command is gone"),
        ("database_error", "warning", "PostgreSQL refused what a command needed"),
        ("timeout", "warning", "a command took longer than bm-core waits"),
        ("busy", "critical", "bm-core gave a folder up: its queue of record updates stayed full for minutes"),
        ("refused", "warning", "a command was refused with a text that is not listed"),
        # bodies
        ("body_not_stored", "critical", "a message body was lost although Cyrus was told OK"),
        ("body_malformed", "warning", "an APPLY MESSAGE was malformed; a body was skipped"),
        ("body_missing", "warning", "a record came without its body"),
        ("fetch_failed", "warning", "a message could not be fetched back from Cyrus"),
        ("object_storage", "warning", "the object storage failed"),
        # records and index
        ("slice_timeout", "warning", "up to 200 records timed out and were dropped although Cyrus was told OK"),
        ("queue_full", "warning", "the queue of record updates of a folder is full: the database cannot keep up"),
        ("record_update_failed", "warning", "a record could not be written at the first attempt"),
        ("records_unreadable", "warning", "the records of a folder could not be listed; Cyrus may send them again"),
        ("index_failed", "critical", "Elasticsearch refused records: search differs from the mailbox"),
        ("index_unavailable", "warning", "there is no Elasticsearch to index in"),
        ("slow_resolution", "warning", "looking folders up took long: the database is slow"),
        # folders and owners
        ("default_partition", "warning", "the folder lies on the partition 'default', which is not replicated"),
        ("owner_unknown", "warning", "the mailbox exists in Cyrus but not in BlueMind"),
        ("mailbox_deleted", "info", "the mailbox was deleted in BlueMind and still lives in Cyrus"),
        ("missing_container", "warning", "records were dropped: the folder has no container for them"),
        ("missing_subtree", "warning", "the mailbox has no tree of folders in BlueMind"),
        ("container_inconsistent", "warning", "the container of a folder is not as it should be"),
        ("folder_unknown", "warning", "a folder is not in the database yet; normal once when it is new"),
        ("folder_inconsistent", "warning", "the row of a folder contradicts itself"),
        ("hierarchy_hole", "warning", "the parent of a folder is missing"),
        ("location_unknown", "warning", "a mailbox has no server, or has moved to another one"),
        ("rename_failed", "warning", "a rename was lost: the trees of Cyrus and BlueMind differ"),
        ("expunge_failed", "warning", "deleted messages stay visible"),
        ("delete_failed", "warning", "a deleted folder stays visible"),
        # the rest
        ("unlisted_error", "warning", "an ERROR of replication.log that is not listed"),
    )
)

ERROR_REASONS: tuple[str, ...] = tuple(reason.word for reason in CATALOGUE)
