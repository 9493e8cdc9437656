"""Every metric as a row of one table: name, type, help, labels, and how its samples are read off a snapshot.

Unknown is an absent sample. docs/reference/metrics.md is made from this table.
"""

from bmrepmon.publish import samples
from bmrepmon.publish.body_metrics import BODY_METRICS
from bmrepmon.publish.delta_metrics import DELTA_METRICS
from bmrepmon.publish.folder_metrics import FOLDER_METRICS
from bmrepmon.publish.log_metrics import LOG_METRICS
from bmrepmon.publish.metric import BACKEND, LOOK, Metric
from bmrepmon.publish.samples import (
    of_backends,
    of_configuration,
    of_followers,
    of_partitions,
    of_sources,
    of_stores,
)
from bmrepmon.publish.verdict_metrics import VERDICT_METRICS

__all__ = ["METRICS", "SERIES_DROPPED", "Metric"]

STORE = ("backend", "store", "partition")
SOURCE = ("source", "backend")
LAST_WALK = (
    "as of the last complete walk and what was looked at since, see bmrepmon_source_last_success_timestamp_seconds"
)

METRICS: tuple[Metric, ...] = (
    *VERDICT_METRICS,
    Metric(
        "bmrepmon_spool_files",
        "gauge",
        f"All regular files of a store, as find -type f counts, {LAST_WALK}.",
        STORE,
        of_partitions(lambda partition: partition.files),
    ),
    Metric(
        "bmrepmon_spool_messages",
        "gauge",
        f"Message files of a store, {LAST_WALK}.",
        STORE,
        of_partitions(lambda partition: partition.messages),
    ),
    Metric(
        "bmrepmon_spool_unique_messages",
        "gauge",
        f"Messages of spool and archives, hard-linked copies counted once, {LAST_WALK}.",
        BACKEND,
        of_backends(lambda backend: backend.unique_messages),
    ),
    Metric(
        "bmrepmon_spool_folders",
        "gauge",
        f"Directories that hold message files, {LAST_WALK}.",
        ("backend", "store"),
        of_stores(lambda store: store.folders),
    ),
    Metric(
        "bmrepmon_spool_unreadable_directories",
        "gauge",
        f"Directories that could not be listed and whose files are not counted, {LAST_WALK}.",
        ("backend", "store"),
        of_stores(lambda store: store.unreadable),
    ),
    *BODY_METRICS,
    Metric(
        "bmrepmon_delta_messages",
        "gauge",
        "Message files of spool and archives minus rows of t_message_body, signed, "
        "as of the last complete walks and bmrepmon_database_message_bodies.",
        BACKEND,
        of_backends(lambda backend: backend.delta_messages),
    ),
    *DELTA_METRICS,
    *FOLDER_METRICS,
    Metric(
        "bmrepmon_active_sessions",
        "gauge",
        f"Established connections to the sync port of bm-core, {LOOK} at the kernel's table; "
        "backend is empty for those that no backend can be told for.",
        BACKEND,
        samples.active_sessions,
    ),
    Metric(
        "bmrepmon_log_active_sessions",
        "gauge",
        "Replication sessions as replication.log last said, of all backends together: a second witness.",
        (),
        samples.log_active_sessions,
    ),
    Metric(
        "bmrepmon_expected_sessions",
        "gauge",
        "Replication sessions that there should be, from the configuration.",
        BACKEND,
        of_backends(lambda backend: backend.expected_sessions),
    ),
    *LOG_METRICS,
    Metric(
        "bmrepmon_source_success",
        "gauge",
        "1 when the last round of the source succeeded or found nothing to read, else 0.",
        SOURCE,
        of_sources(samples.success),
    ),
    Metric(
        "bmrepmon_source_duration_seconds",
        "gauge",
        "How long the last round of the source took.",
        SOURCE,
        of_sources(lambda health: health.last_duration),
    ),
    Metric(
        "bmrepmon_source_last_success_timestamp_seconds",
        "gauge",
        "Unix time at which the last good round of the source ended: the age of what it tells.",
        SOURCE,
        of_sources(lambda health: health.last_success_at),
    ),
    Metric(
        "bmrepmon_source_progress_ratio",
        "gauge",
        "Share that is done of what a source was to look at, as far as it knows that, while a limit makes it take"
        " several rounds, 0 to 1; absent when it is through.",
        SOURCE,
        of_sources(lambda health: health.progress),
    ),
    Metric(
        "bmrepmon_source_running_since_timestamp_seconds",
        "gauge",
        "Unix time at which the round that runs now began; absent between rounds.",
        SOURCE,
        of_sources(lambda health: health.running_since),
    ),
    Metric(
        "bmrepmon_log_lines_total",
        "counter",
        "Lines read of a followed log by what became of them, counted once, also over restarts.",
        ("source", "outcome"),
        samples.log_lines,
    ),
    Metric(
        "bmrepmon_log_last_event_timestamp_seconds",
        "gauge",
        "Unix time of the last event read of a followed log.",
        ("source",),
        samples.last_events,
    ),
    Metric(
        "bmrepmon_log_rotations_total",
        "counter",
        "Times that the name of a followed log pointed to a new file.",
        ("source",),
        of_followers(lambda counts: counts.rotations),
    ),
    Metric(
        "bmrepmon_log_truncations_total",
        "counter",
        "Times that a followed log became shorter.",
        ("source",),
        of_followers(lambda counts: counts.truncations),
    ),
    Metric(
        "bmrepmon_log_gaps_total",
        "counter",
        "Holes in the reading of a followed log that could not be filled.",
        ("source",),
        of_followers(lambda counts: counts.gaps),
    ),
    Metric(
        "bmrepmon_log_unread_bytes",
        "gauge",
        f"Bytes of a followed log that are not read yet, {LOOK}.",
        ("source",),
        of_followers(lambda counts: counts.unread_bytes),
    ),
    Metric(
        "bmrepmon_config_last_reload_successful",
        "gauge",
        "1 when the configuration was good the last time that it was read, else 0: the one before is used.",
        (),
        of_configuration(samples.success),
    ),
    Metric(
        "bmrepmon_config_last_reload_success_timestamp_seconds",
        "gauge",
        "Unix time at which the configuration in use was read.",
        (),
        of_configuration(lambda health: health.last_success_at),
    ),
    Metric(
        "bmrepmon_build_info",
        "info",
        "What runs: always 1.",
        ("version", "python_version"),
        samples.build,
    ),
)

# The one metric that no snapshot tells: the exposition counts it while it renders.
SERIES_DROPPED = Metric(
    "bmrepmon_series_dropped_total",
    "counter",
    "Series left out of scrapes because there are more than limits.series, summed over the scrapes since the start.",
    (),
    lambda _snapshot: (),
)
