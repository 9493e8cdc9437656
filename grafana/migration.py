"""A migration: how much is done, how much is left, how long it takes."""

from grafana.shown import LAG, Board, Panel, Query, Row, stat
from grafana.verdict import ABOVE

LEFT = "sum by (backend) (bmrepmon_passive_messages{$own}) + sum by (backend) (bmrepmon_lag_messages{$own})"

DONE = Row(
    "How far",
    (
        stat(
            "Done",
            "Replicated share of what is to be replicated.",
            "percentunit",
            Query("min by (backend) (bmrepmon_progress_ratio{$own})"),
        ),
        stat(
            "Time left",
            "Until drained, at the present pace. Empty when it is not draining.",
            "s",
            Query("max by (backend) (bmrepmon_eta_seconds{$own})"),
            alert="BlueMindReplicationNotDraining",
        ),
        stat("Messages left", "Of folders never replicated, and of those behind.", "short", Query(LEFT)),
        stat(
            "Folders left",
            "Folders that were never replicated.",
            "short",
            Query("sum by (backend) (bmrepmon_passive_folders{$own})"),
        ),
        stat(
            "Unique messages",
            "Messages of spool and archives, hard-linked copies counted once: what the end will be near.",
            "short",
            Query("sum by (backend) (bmrepmon_spool_unique_messages{$own})"),
        ),
        stat(
            "Bodies",
            "Rows of t_message_body.",
            "short",
            Query("sum by (backend) (bmrepmon_database_message_bodies{$own})"),
        ),
        Panel(
            "Left over time",
            "Messages that are still to be replicated: the slope is the pace.",
            "short",
            (Query(LEFT),),
            alert="BlueMindReplicationCatchingUp",
        ),
        Panel(
            "Bodies against unique messages",
            "The lower curve meets the upper one at the end.",
            "short",
            (
                Query("sum by (backend) (bmrepmon_spool_unique_messages{$own})", "{{backend}} messages"),
                Query("sum by (backend) (bmrepmon_database_message_bodies{$own})", "{{backend}} bodies"),
            ),
        ),
    ),
)

PACE = Row(
    "How fast",
    (
        Panel(
            "Messages per hour",
            "New bodies, as replication.log tells.",
            "short",
            (Query("sum(rate(bmrepmon_applied_messages_total{$site}[$__rate_interval])) * 3600", "messages"),),
            width=8,
        ),
        Panel(
            "Time of a command",
            "99 of 100 are answered within; a database at its limit shows here first.",
            "s",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le) (rate("
                    "bmrepmon_command_duration_seconds_bucket{$site}[$__rate_interval])))",
                    "99 % within",
                ),
            ),
            width=8,
            steps=LAG,
        ),
        Panel(
            "Errors",
            "Failures in replication.log, since the last point.",
            "short",
            (Query("sum(increase(bmrepmon_replication_errors_total{$site}[$__rate_interval]))", "errors"),),
            width=8,
        ),
    ),
)

USERS = Row(
    "What users feel meanwhile",
    (
        Panel(
            "Lag of new mail",
            "The probe mailbox stands in the same queue as everybody's mail.",
            "s",
            (
                Query("max by (backend) (bmrepmon_heartbeat_lag_seconds{$own})", "{{backend}}, by the probe mailbox"),
                Query("max by (backend) (bmrepmon_lag_seconds{$own})", "{{backend}}, oldest change"),
            ),
            steps=LAG,
            width=24,
            alert="BlueMindReplicationLagCritical",
        ),
    ),
)

BOARD = Board(
    "bmrepmon-migration",
    "BlueMind replication / Migration",
    "The first replication of a server: done, left, until when.",
    (ABOVE, DONE, PACE, USERS),
    since="now-2d",
)
