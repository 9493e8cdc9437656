"""The rows of the metrics table about folders, what they lack, and what waits for them in the sync log."""

from bmrepmon.model.lag import FOLDER_STATES, UNKNOWN_REASONS
from bmrepmon.publish.metric import BACKEND, LOOK, Metric
from bmrepmon.publish.samples import of_backends, of_heartbeats, of_lag, of_worst_folders

LAST_COMPARISON = "as of the last good round of the source folders"
FOLDER = ("backend", "mailbox", "folder")

FOLDER_METRICS: tuple[Metric, ...] = (
    Metric(
        "bmrepmon_lag_messages",
        "gauge",
        f"Messages that Cyrus has and the replica has not: differences of uids, folder by folder, {LAST_COMPARISON}.",
        BACKEND,
        of_backends(lambda backend: backend.lag.lag_messages if backend.lag else None),
    ),
    Metric(
        "bmrepmon_lag_changes",
        "gauge",
        f"The same of all changes, those of flags included: differences of modseqs, {LAST_COMPARISON}.",
        BACKEND,
        of_backends(lambda backend: backend.lag.lag_changes if backend.lag else None),
    ),
    Metric(
        "bmrepmon_lag_folders",
        "gauge",
        f"Folders of which the replica lacks messages or changes, {LAST_COMPARISON}.",
        BACKEND,
        of_backends(lambda backend: backend.lag.lag_folders if backend.lag else None),
    ),
    Metric(
        "bmrepmon_lag_seconds",
        "gauge",
        "Age of the oldest change known not to be replicated, by folders and sync log; 0 only when proven, "
        "absent when it cannot be told.",
        BACKEND,
        of_backends(lambda backend: backend.lag_seconds),
        ages=True,
    ),
    Metric(
        "bmrepmon_folder_lag_messages",
        "gauge",
        "Messages that the replica lacks of the limits.top_folders folders that lack most; only where "
        f"privacy.names_in_metrics allows names, {LAST_COMPARISON}.",
        FOLDER,
        of_worst_folders(lambda folder: folder.messages),
    ),
    Metric(
        "bmrepmon_folder_lag_changes",
        "gauge",
        f"The same of all changes of these folders, those of flags included, {LAST_COMPARISON}.",
        FOLDER,
        of_worst_folders(lambda folder: folder.changes),
    ),
    Metric(
        "bmrepmon_heartbeat_lag_seconds",
        "gauge",
        "What the last change of the built-in probe mailbox took to arrive, or by now takes: growing while one is "
        "outstanding, absent without a probe or without the log.",
        ("backend", "partition"),
        of_heartbeats(lambda heartbeat, now: heartbeat.lag(now)),
        ages=True,
    ),
    Metric(
        "bmrepmon_heartbeat_sent_timestamp_seconds",
        "gauge",
        f"Unix time of the last change of the built-in probe mailbox in Cyrus, {LOOK}.",
        ("backend", "partition"),
        of_heartbeats(lambda heartbeat, _: heartbeat.last.sent_at),
    ),
    Metric(
        "bmrepmon_passive_folders",
        "gauge",
        f"Folders that were never replicated, {LAST_COMPARISON}; absent without a database.",
        BACKEND,
        of_backends(lambda backend: backend.folders.passive_folders if backend.folders else None),
    ),
    Metric(
        "bmrepmon_passive_messages",
        "gauge",
        f"Messages in folders that were never replicated, {LAST_COMPARISON}; absent without a database.",
        BACKEND,
        of_backends(lambda backend: backend.folders.passive_messages if backend.folders else None),
    ),
    Metric(
        "bmrepmon_unknown_folders",
        "gauge",
        f"Folders whose lag cannot be told, by reason, {LAST_COMPARISON}.",
        ("backend", "reason"),
        of_lag(lambda comparison: comparison.unknown, UNKNOWN_REASONS),
    ),
    Metric(
        "bmrepmon_folders",
        "gauge",
        f"Folders by their state; deleted and default are set apart, nobody replicates them; {LAST_COMPARISON}.",
        ("backend", "state"),
        of_lag(lambda comparison: comparison.states, FOLDER_STATES),
    ),
    Metric(
        "bmrepmon_disputed_folders",
        "gauge",
        "Folders of which the database has lacked for a minute or longer what bm-core answered that it has, "
        f"{LAST_COMPARISON}; absent unless both can be read.",
        BACKEND,
        of_backends(lambda backend: backend.disputed_folders),
    ),
    Metric(
        "bmrepmon_sync_log_entries",
        "gauge",
        f"Entries that wait in Cyrus's sync log, some three a message and repeated, {LOOK}.",
        BACKEND,
        of_backends(lambda backend: backend.backlog.entries if backend.backlog else None),
    ),
    Metric(
        "bmrepmon_sync_log_folders",
        "gauge",
        f"Distinct folders in Cyrus's sync log: no more than these are behind, whole users apart, {LOOK}.",
        BACKEND,
        of_backends(lambda backend: backend.backlog.folders if backend.backlog else None),
    ),
    Metric(
        "bmrepmon_sync_log_bytes",
        "gauge",
        f"Bytes that wait in Cyrus's sync log, {LOOK}.",
        BACKEND,
        of_backends(lambda backend: backend.backlog.bytes if backend.backlog else None),
    ),
    Metric(
        "bmrepmon_sync_log_oldest_timestamp_seconds",
        "gauge",
        f"Unix time before which the oldest waiting entry was written, {LOOK}; absent when nothing waits.",
        BACKEND,
        of_backends(lambda backend: backend.backlog.oldest_at if backend.backlog else None),
    ),
    Metric(
        "bmrepmon_sync_log_batch_timestamp_seconds",
        "gauge",
        f"Unix time since when sync_client works on its batch, {LOOK}; absent when it has none.",
        BACKEND,
        of_backends(lambda backend: backend.backlog.batch_since if backend.backlog else None),
    ),
)
