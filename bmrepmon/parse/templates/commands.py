"""What bm-core says while it carries out a command; the frames themselves are read by parse.frames.

Source: BlueMind 4.0 to 4.9, net.bluemind.backend.cyrus.replication.server: TokensHandler, ReplicationState, cmd.*.
"""

from bmrepmon.model.log_events import BodiesMissing, MessagesApplied
from bmrepmon.parse.template import Template, Values, failure, notice


def _applied(at: float, _thread: str, values: Values) -> MessagesApplied:
    return MessagesApplied(at, values[0], values[1] / 1000)


def _missing(at: float, _thread: str, values: Values) -> BodiesMissing:
    return BodiesMissing(at, values[0], values[1])


TEMPLATES: tuple[Template, ...] = (
    Template("Finished ApplyMessage {count:d} in {ms:d}ms.", "bodies applied, duration", _applied),
    *notice("messages_applied", "Finished ApplyMessage."),  # betas of 4.0 did not count
    Template("{m:d} bodies missing out of {t:d}", "bodies that Cyrus will send", _missing),
    *notice("tokens_merged", "Merged token(s) in {ms:d}ms."),
    *failure("frame_incomplete", "Frame is not complete, currentContent: {dump}"),
    *failure("frame_error", "Frame processing ended with error"),
    *failure("command_unsupported", "Unknown verb: '{verb}' in '{command}'"),
    *failure("command_unsupported", "Rejecting unsupported APPLY command {kind}"),
    *notice("refusal_announced", "NO {message}", era="2019"),  # its REPL S follows, and is counted
    *failure("body_not_stored", "addMessage.create: {message}"),
    *failure("body_malformed", "Unbalanced list: {list}"),
    *failure("default_partition", "Skip ApplyMailbox on '{partition}' partition"),
    *failure("default_partition", "Skip ApplyRename on '{partition}' partition"),
    *failure("rename_failed", "rename pb: {message}", "Source not found for rename {box}"),
    *failure("expunge_failed", "expunge failed ?", "expunge OK even with {message}", era="2022"),
    *failure("delete_failed", "deletion of missing object ?", "Unmailbox OK even with {message}"),
    *failure("delete_failed", "Mailbox does not exist {box}"),
    *failure("slow_resolution", "Slow resolution of {n:d} mailbox(es) in {ms:d}ms."),
    *failure("folder_unknown", "GET FULLMAILBOX on unknown folder {name}"),
    *failure("name_malformed", "Empty success response for missing user."),
    *failure("fetch_failed", "Null folder provided for loading {message}", era="2022"),
    *failure("fetch_failed", "Not found or guid missmatch {a} vs {b}", era="2022"),
    *failure("folder_inconsistent", "Resolved mailbox {box} is incorrect ({message}), skipping it.", era="2022"),
    *failure("records_unreadable", "Error while creating MBoxRecords", era="2022"),
    *failure("slice_timeout", "Ignoring timeout {message}", era="2022"),
    *notice("root_deleted", "**** Deleting a MAILBOX ROOT {box}, should drop the whole subtree"),
    *notice("folder_deleted", "deleted {box}"),
    *notice("applied", "Apply RENAME from {a} to {b}", "Apply EXPUNGE from {box} of {uids}"),
    *notice("applied", "Apply SUB {box}", "Apply UNSUB {box}", "Apply SIEVE {name}"),
    *notice("applied", "Activate {name}", "Applied ACTIVATE_SIEVE", "ApplyQuota: {quota}", "Add SeenOverlay {seen}"),
    *notice("ignored_by_design", "UNUSER just says ok, request was for '{u}'"),
    *notice("ignored_by_design", "UNQUOTA just says ok, request was for '{q}'"),
    *notice("read", "Found {n:d} folder(s)", "Should fetch {json}", "Success response with EML ({n:d} byte(s))"),
    *notice("read", "Parsed annotation: {a}", "Get ANNOTATION: {a}", "Got annotations: {a}", "Replied:"),
)
