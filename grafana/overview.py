"""The overview: does it replicate, how far, until when, what is wrong."""

from grafana.shown import ALL_WANTED, LAG, NEUTRAL, NONE_WANTED, Board, Panel, Query, Row, stat
from grafana.verdict import DETAIL, OVER_TIME, SINCE, STATE

VERDICT = Row(
    "Verdict",
    (
        STATE,
        SINCE,
        stat(
            "Drained in",
            "Until nothing waits any more, at the present pace. Empty when it is not draining.",
            "s",
            Query("max by (backend) (bmrepmon_eta_seconds{$own})"),
            board="bmrepmon-migration",
        ),
        stat(
            "Messages behind",
            "Messages that Cyrus has and bm-core has not, exactly, from the headers of the folders.",
            "short",
            Query("sum by (backend) (bmrepmon_lag_messages{$own})"),
            board=DETAIL,
        ),
        stat(
            "Never replicated",
            "Messages in folders that were never replicated: nobody sees them in Outlook.",
            "short",
            Query("sum by (backend) (bmrepmon_passive_messages{$own})"),
            board="bmrepmon-migration",
        ),
        stat(
            "Difference",
            "Message files minus bodies in the database: BlueMind's own measure. Never exactly zero.",
            "short",
            Query("sum by (backend) (bmrepmon_delta_messages{$own})"),
            board=DETAIL,
        ),
        OVER_TIME,
    ),
)

LATE = Row(
    "Lag",
    (
        Panel(
            "Age of the oldest change that is not replicated",
            "0 only when it is proven that nothing waits; no line where it cannot be told.",
            "s",
            (
                Query("max by (backend) (bmrepmon_lag_seconds{$own})", "{{backend}}"),
                Query("max by (backend) (bmrepmon_heartbeat_lag_seconds{$own})", "{{backend}}, by the probe mailbox"),
            ),
            steps=LAG,
            alert="BlueMindReplicationLagHigh",
            board=DETAIL,
        ),
        Panel(
            "What is behind",
            "Messages, changes and folders that Cyrus has and bm-core has not.",
            "short",
            (
                Query("sum by (backend) (bmrepmon_lag_messages{$own})", "{{backend}} messages"),
                Query("sum by (backend) (bmrepmon_lag_changes{$own})", "{{backend}} changes"),
                Query("sum by (backend) (bmrepmon_lag_folders{$own})", "{{backend}} folders"),
            ),
            board=DETAIL,
        ),
    ),
)

VOLUME = (
    "sum(rate(bmrepmon_applied_messages_total{$site}[$__rate_interval])) * 60"
    " * sum(rate(bmrepmon_sized_message_bytes_total{$site}[$__rate_interval]))"
    " / clamp_min(sum(rate(bmrepmon_sized_messages_total{$site}[$__rate_interval])), 1e-9)"
)
INDEXING = (
    "sum(rate(bmrepmon_index_duration_seconds_total{$site}[$__rate_interval]))"
    " / clamp_min(sum(rate(bmrepmon_indexed_records_total{$site}[$__rate_interval])), 1e-9)"
)
FLOW = Row(
    "Flow",
    (
        Panel(
            "Applied above, arriving below",
            "Messages a second. What stays below is what piles up.",
            "cps",
            (
                Query("sum(rate(bmrepmon_applied_messages_total{$site}[$__rate_interval]))", "applied"),
                Query(
                    'sum(deriv(bmrepmon_spool_messages{$own, store="spool"}[$__rate_interval]))', "more in the spool"
                ),
            ),
            mirrored=True,
        ),
        Panel(
            "Messages and bodies",
            "What lies in the stores, and what the database has of it.",
            "short",
            (
                Query("sum by (backend, store) (bmrepmon_spool_messages{$own})", "{{backend}} {{store}}"),
                Query("sum by (backend) (bmrepmon_database_message_bodies{$own})", "{{backend}} bodies"),
            ),
        ),
        Panel(
            "Messages per hour",
            "New bodies, at the pace of an hour.",
            "short",
            (Query("sum(rate(bmrepmon_applied_messages_total{$site}[$__rate_interval])) * 3600", "messages"),),
            width=8,
        ),
        Panel(
            "Messages per minute",
            "New bodies, at the pace of a minute.",
            "short",
            (Query("sum(rate(bmrepmon_applied_messages_total{$site}[$__rate_interval])) * 60", "messages"),),
            width=8,
        ),
        Panel(
            "Volume per minute",
            "New bodies by their size: replication.log tells that of most messages, and the rest is taken for alike.",
            "bytes",
            (Query(VOLUME, "volume"),),
            width=8,
        ),
        Panel(
            "Time in the search index",
            "What Elasticsearch takes for a record, as replication.log tells.",
            "s",
            (Query(INDEXING, "a record"),),
            width=8,
        ),
        Panel(
            "Record changes per second",
            "Messages created, flagged and deleted: flags move nothing but records.",
            "cps",
            (Query("sum by (op) (rate(bmrepmon_record_changes_total{$site}[$__rate_interval]))", "{{op}}"),),
            width=8,
            stacked=True,
        ),
    ),
)

WAITING = Row(
    "Backlog and probe",
    (
        Panel(
            "Sync log",
            "Entries that sync_client has still to work off, some three a message.",
            "short",
            (Query("sum by (backend) (bmrepmon_sync_log_entries{$own})"),),
            width=8,
            board=DETAIL,
        ),
        Panel(
            "Age of the oldest entry",
            "At least this old; no line while nothing waits.",
            "s",
            (Query("time() - min by (backend) (bmrepmon_sync_log_oldest_timestamp_seconds{$own})"),),
            width=8,
            steps=LAG,
        ),
        Panel(
            "Replication latency",
            "As BlueMind's own probe measures it: one small message a while.",
            "s",
            (Query("max(bmrepmon_core_probe_latency_seconds{$site})", "BlueMind's probe"),),
            width=8,
            steps=LAG,
            alert="BlueMindReplicationProbeMissing",
        ),
    ),
)

SESSIONS = Row(
    "Sessions and errors",
    (
        Panel(
            "Sessions of sync_client",
            "Connections to bm-core, as the kernel sees them, and how many there should be.",
            "short",
            (
                Query("sum by (backend) (bmrepmon_active_sessions{$own})", "{{backend}}"),
                Query("max by (backend) (bmrepmon_expected_sessions{$own})", "{{backend}} expected"),
            ),
            width=8,
            steps=ALL_WANTED,
            alert="BlueMindReplicationSessionsMissing",
            board=DETAIL,
        ),
        Panel(
            "Answers that refuse",
            "NO and BAD of bm-core, a second.",
            "cps",
            (
                Query(
                    'sum by (status) (rate(bmrepmon_replies_total{$site, status!="ok"}[$__rate_interval]))',
                    "{{status}}",
                ),
            ),
            width=8,
        ),
        Panel(
            "Errors by reason",
            "Failures in replication.log, since the last point; docs/reference/metrics.md lists them.",
            "short",
            (
                Query(
                    "sum by (reason) (increase(bmrepmon_replication_errors_total{$site}[$__rate_interval])) > 0",
                    "{{reason}}",
                ),
            ),
            width=8,
            steps=NEUTRAL,
        ),
        Panel(
            "Trouble with the search index",
            "What Elasticsearch refused or could not take: search differs from the mailbox.",
            "short",
            (
                Query(
                    "sum by (reason) (increase("
                    'bmrepmon_replication_errors_total{$site, reason=~"index_.+"}[$__rate_interval]))',
                    "{{reason}}",
                ),
            ),
            width=24,
            steps=NONE_WANTED,
        ),
    ),
)

MONITOR = Row(
    "The monitor itself",
    (
        Panel(
            "Sources",
            "1 while the last round of a source was good.",
            "short",
            (Query("min by (source, backend) (bmrepmon_source_success{$own})", "{{source}} {{backend}}"),),
            width=24,
            steps=ALL_WANTED,
            alert="BlueMindReplicationSourceFailing",
            board="bmrepmon-health",
        ),
    ),
    collapsed=True,
)

BOARD = Board(
    "bmrepmon-overview",
    "BlueMind replication / Overview",
    "Is mail reaching Outlook, phones and search?",
    (VERDICT, LATE, FLOW, WAITING, SESSIONS, MONITOR),
)
