"""Records, bodies and the index: what an APPLY MAILBOX and an APPLY MESSAGE became.

Source: BlueMind 4.0 to 4.9, net.bluemind.backend.mail.replica.*: DbMailboxRecordsService, DbMessageBodiesService.
"""

from bmrepmon.model.log_events import RecordsChanged, RecordsIndexed
from bmrepmon.parse.template import Template, Values, failure, notice


def _changed(at: float, _thread: str, values: Values) -> RecordsChanged:
    created, updated, deleted, millis = values
    return RecordsChanged(at, created, updated, deleted, millis / 1000)


def _indexed(at: float, _thread: str, values: Values) -> RecordsIndexed:
    return RecordsIndexed(at, values[0], values[1] / 1000)


TEMPLATES: tuple[Template, ...] = (
    Template("[{id}] Db CRUD op, cr: {c:d}, upd: {u:d}, del: {d:d} in {ms:d}ms", "records written, duration", _changed),
    Template("[{id}] Es CRUD op, idx: {n:d} in {ms:d}ms", "records indexed, duration", _indexed),
    *notice("records_received", "[{id}] Update with {n:d} record(s)", era="2022"),
    *failure("index_failed", "[{id}] Es CRUD op failed", "Es CRUD error for {thread}: {message}", era="2022"),
    *failure("queue_full", "[{id}] record update queue full, attempt {i:d}/20", era="2022"),
    *notice("expunged_before_seen", "Skipping create on expunged record {uid} v{v}"),
    *notice("record_adjusted", "Don't touch {uid} {guid} as it vanished", "Using version from vanished item {id}"),
    *notice("record_adjusted", "Create directly with the right id {id}"),
    *notice("record_adjusted", "Update record {id} to point to a different body {guid}"),
    *failure("record_update_failed", "[{c}] Update of {id} failed: {message}", "createById failed: {message}"),
    *failure("record_update_failed", "create failed: {message}, trying update of {id}"),
    *notice("body_sent_again", "Skipping existing body {guid}"),
    *notice("cached", "********** caching {guid} => {id} for owner {o}"),
    *failure("missing_container", "Missing container mbox_records_{id}"),
    *failure("missing_container", "NOOP operation IDbMailboxRecords#{op}"),
    *failure("body_missing", "Fail to send notification, no body for message {guid}"),
    *failure("body_missing", "{folder} body {guid} is missing for item {id}"),
    *failure("object_storage", "SDS attempt failed: {message}", "sdsStore.delete() failed {message}"),
    *failure("object_storage", "factory for archive_kind {kind} not found"),
    *failure("index_unavailable", "Mail replica indexing is not available."),
    *notice("index_found", "Refresh mail indexer for new ES tag."),
    *notice("purge", "{n:d} orphan bodies purged.", "Deleting {n:d} orphan message bodies"),
    *notice("purge", "Expiring expunged messages older than {d:d} days", "Expiring {n:d} messages of mailbox {uid}"),
    *notice("purge", "cleanup process took {ms:d}ms."),
    *notice("preset_id", "************************ Create from replication with a preset id {id}"),
    *notice("stored", "Sending event {event}", "annot {a} upserted.", "upsert-ed {x}", "QuotaRoot {q}"),
)
