"""The rows of the metrics table about what replication.log and core.log tell of replication."""

from bmrepmon.model.error_reasons import ERROR_REASONS
from bmrepmon.publish import samples
from bmrepmon.publish.metric import BACKEND, Metric
from bmrepmon.publish.samples import of_core, of_log, of_log_total, of_logged_partitions

LIVE = "as of the last line read"

LOG_METRICS: tuple[Metric, ...] = (
    Metric(
        "bmrepmon_apply_mailbox_total",
        "counter",
        f"APPLY MAILBOX commands in replication.log, those of the built-in probe included, {LIVE}.",
        ("backend", "partition"),
        of_logged_partitions(lambda log: log.apply_mailbox),
    ),
    Metric(
        "bmrepmon_applied_messages_total",
        "counter",
        f"Bodies that ApplyMessage reported in replication.log, {LIVE}; backend is empty where there is more than one.",
        BACKEND,
        samples.applied_messages,
    ),
    Metric(
        "bmrepmon_sized_messages_total",
        "counter",
        f"Messages of APPLY MESSAGE commands whose size replication.log tells, {LIVE}: bm-core cuts a line at 2048 "
        "characters, and with it the end of a large batch.",
        (),
        of_log_total(lambda log: log.sized_messages),
    ),
    Metric(
        "bmrepmon_sized_message_bytes_total",
        "counter",
        f"Size of these messages, {LIVE}: divided by their number it is the size of a message.",
        (),
        of_log_total(lambda log: log.sized_bytes),
    ),
    Metric(
        "bmrepmon_indexed_records_total",
        "counter",
        f"Records that were given to the search index, as replication.log tells, {LIVE}.",
        (),
        of_log_total(lambda log: log.indexed_records),
    ),
    Metric(
        "bmrepmon_index_duration_seconds_total",
        "counter",
        f"Time that the search index took for them, as replication.log tells, {LIVE}.",
        (),
        of_log_total(lambda log: log.indexed_seconds),
    ),
    Metric(
        "bmrepmon_record_changes_total",
        "counter",
        f"Message records created, updated and deleted, as replication.log tells, {LIVE}.",
        ("op",),
        of_log(lambda log: log.record_changes, ("create", "update", "delete")),
    ),
    Metric(
        "bmrepmon_replies_total",
        "counter",
        f"Answers of bm-core to sync_client in replication.log, {LIVE}.",
        ("status",),
        of_log(lambda log: log.replies, ("ok", "no", "bad")),
    ),
    Metric(
        "bmrepmon_replication_errors_total",
        "counter",
        f"Failure messages in replication.log by reason, {LIVE}.",
        ("reason",),
        of_log(lambda log: log.errors, ERROR_REASONS),
    ),
    Metric(
        "bmrepmon_command_duration_seconds",
        "histogram",
        f"From a command to its answer in replication.log, {LIVE}.",
        ("command",),
        of_log(lambda log: log.durations),
    ),
    Metric(
        "bmrepmon_last_apply_timestamp_seconds",
        "gauge",
        f"Unix time of the last APPLY MAILBOX, the built-in probe excluded, {LIVE}.",
        BACKEND,
        samples.last_apply,
    ),
    Metric(
        "bmrepmon_heartbeat_timestamp_seconds",
        "gauge",
        f"Unix time of the last APPLY MAILBOX of the built-in probe mailbox, {LIVE}.",
        ("backend", "partition"),
        of_logged_partitions(lambda log: log.last_probe_apply_at),
    ),
    Metric(
        "bmrepmon_core_probe_latency_seconds",
        "gauge",
        f"Replication latency that BlueMind's own probe measured last, as core.log tells, {LIVE}.",
        (),
        of_core(lambda core: core.probe_latency),
    ),
    Metric(
        "bmrepmon_core_probe_timestamp_seconds",
        "gauge",
        "Unix time at which BlueMind's own probe was last answered, as core.log tells.",
        (),
        of_core(lambda core: core.probe_at),
    ),
    Metric(
        "bmrepmon_core_probe_failures_total",
        "counter",
        f"Failures of BlueMind's own probe in core.log, {LIVE}.",
        (),
        of_core(lambda core: core.probe_failures),
    ),
)
