"""One backend in detail: which folders, which partitions, which commands."""

from grafana.shown import LAG, NONE_WANTED, Board, Panel, Query, Row
from grafana.verdict import ABOVE

FOLDERS = Row(
    "Folders",
    (
        Panel(
            "Folders by state",
            "Every folder of Cyrus as it compares with its replica.",
            "short",
            (Query("sum by (backend, state) (bmrepmon_folders{$own})", "{{backend}} {{state}}"),),
            stacked=True,
        ),
        Panel(
            "Folders behind",
            "Folders of which the replica lacks messages or changes. Some for a moment are normal.",
            "short",
            (Query("sum by (backend) (bmrepmon_lag_folders{$own})"),),
            alert="BlueMindReplicationFolderPoisoned",
        ),
        Panel(
            "Confirmed but not stored",
            "Folders of which the database lacks, for long, what bm-core said that it has.",
            "short",
            (Query("sum by (backend) (bmrepmon_disputed_folders{$own})"),),
            steps=NONE_WANTED,
            alert="BlueMindReplicationDrift",
        ),
        Panel(
            "Lag cannot be told",
            "Folders whose lag is not known, by reason.",
            "short",
            (Query("sum by (backend, reason) (bmrepmon_unknown_folders{$own})", "{{backend}} {{reason}}"),),
        ),
    ),
)

DELTA = Row(
    "Difference between files and bodies",
    (
        Panel(
            "Where it comes from",
            "Message files more than bodies, by reason. What is left is unexplained.",
            "short",
            (Query("sum by (backend, reason) (bmrepmon_delta_explained_messages{$own})", "{{backend}} {{reason}}"),),
            stacked=True,
        ),
        Panel(
            "Unexplained",
            "Messages that should have a body, minus those that have one.",
            "short",
            (Query("sum by (backend) (bmrepmon_delta_unexplained_messages{$own})"),),
            alert="BlueMindReplicationDrift",
        ),
    ),
)

PARTITIONS = Row(
    "Partitions",
    (
        Panel(
            "Messages by partition",
            "Message files of a domain, in the spool and in the archives.",
            "short",
            (Query("sum by (partition, store) (bmrepmon_spool_messages{$own})", "{{partition}} {{store}}"),),
            width=8,
        ),
        Panel(
            "Folders applied",
            "APPLY MAILBOX commands a second, those of the probe included.",
            "cps",
            (
                Query(
                    "sum by (partition) (rate(bmrepmon_apply_mailbox_total{$own}[$__rate_interval]))", "{{partition}}"
                ),
            ),
            width=8,
        ),
        Panel(
            "Lag of the probe",
            "What the last change of the probe mailbox took to arrive, or by now takes.",
            "s",
            (Query("max by (partition) (bmrepmon_heartbeat_lag_seconds{$own})", "{{partition}}"),),
            width=8,
            steps=LAG,
            alert="BlueMindReplicationProbeMissing",
        ),
    ),
)

BACKLOG = Row(
    "Sync log and sessions",
    (
        Panel(
            "Waiting folders",
            "Distinct folders in the sync log: no more than these are behind.",
            "short",
            (Query("sum by (backend) (bmrepmon_sync_log_folders{$own})"),),
            width=8,
        ),
        Panel(
            "Size of the sync log",
            "It grows without end while sync_client does not run.",
            "bytes",
            (Query("sum by (backend) (bmrepmon_sync_log_bytes{$own})"),),
            width=8,
        ),
        Panel(
            "sync_client works on its batch",
            "Since when; one batch that takes minutes is a stall.",
            "s",
            (Query("time() - min by (backend) (bmrepmon_sync_log_batch_timestamp_seconds{$own})"),),
            width=8,
            steps=LAG,
            alert="BlueMindReplicationStalled",
        ),
    ),
)

QUANTILE = "sum by (le) (rate(bmrepmon_command_duration_seconds_bucket{$site}[$__rate_interval]))"
COMMANDS = Row(
    "Commands of bm-core",
    (
        Panel(
            "How long they take",
            "From a command of sync_client to the answer of bm-core.",
            "s",
            (
                Query(f"histogram_quantile(0.5, {QUANTILE})", "half within"),
                Query(f"histogram_quantile(0.99, {QUANTILE})", "99 % within"),
            ),
        ),
        Panel(
            "How many there are",
            "Commands a second, by name.",
            "cps",
            (
                Query(
                    "sum by (command) (rate(bmrepmon_command_duration_seconds_count{$site}[$__rate_interval]))",
                    "{{command}}",
                ),
            ),
            stacked=True,
        ),
    ),
)

BOARD = Board(
    "bmrepmon-backend",
    "BlueMind replication / Backend",
    "One backend in detail.",
    (ABOVE, FOLDERS, DELTA, PARTITIONS, BACKLOG, COMMANDS),
)
