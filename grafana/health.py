"""The monitor itself: does it see, how old is what it tells, what does it cost."""

from grafana.shown import ALL_WANTED, NONE_WANTED, Board, Panel, Query, Row, stat
from grafana.verdict import ABOVE

NAMED = "{{instance}} {{source}} {{backend}}"

SIGHT = Row(
    "Does it see",
    (
        stat(
            "Answers",
            "1 while Prometheus can scrape it.",
            "short",
            Query("min by (instance) (up{$site})", "{{instance}}"),
            steps=ALL_WANTED,
            alert="BlueMindReplicationMonitorDown",
        ),
        stat(
            "Version",
            "What runs.",
            "none",
            Query("max by (instance, version) (bmrepmon_build_info{$site})", "{{instance}} {{version}}"),
        ),
        stat(
            "Failing sources",
            "Sources whose last round brought nothing.",
            "short",
            Query(
                "count by (instance) (bmrepmon_source_success{$site} == 0) or 0 * max by (instance) (up{$site})",
                "{{instance}}",
            ),
            steps=NONE_WANTED,
            alert="BlueMindReplicationSourceFailing",
        ),
        stat(
            "Log not read yet",
            "Bytes of the followed logs.",
            "bytes",
            Query("sum by (instance) (bmrepmon_log_unread_bytes{$site})", "{{instance}}"),
        ),
        stat(
            "Gaps in the log",
            "Holes in the reading that could not be filled, a day.",
            "short",
            Query("sum by (instance) (rate(bmrepmon_log_gaps_total{$site}[$__rate_interval])) * 86400", "{{instance}}"),
            steps=NONE_WANTED,
            alert="BlueMindReplicationLogHeadroom",
        ),
        stat(
            "Series left out",
            "Of the last hour of scrapes; more than [limits] series allows.",
            "short",
            Query(
                "sum by (instance) (rate(bmrepmon_series_dropped_total{$site}[$__rate_interval])) * 3600",
                "{{instance}}",
            ),
            steps=NONE_WANTED,
            alert="BlueMindReplicationMonitorSeriesDropped",
        ),
    ),
)

SOURCES = Row(
    "Sources",
    (
        Panel(
            "Good rounds",
            "1 while the last round of a source was good.",
            "short",
            (Query("min by (instance, source, backend) (bmrepmon_source_success{$site})", NAMED),),
            steps=ALL_WANTED,
        ),
        Panel(
            "Age of what they tell",
            "Time since the last good round ended.",
            "s",
            (
                Query(
                    "time() - max by (instance, source, backend) "
                    "(bmrepmon_source_last_success_timestamp_seconds{$site})",
                    NAMED,
                ),
            ),
            alert="BlueMindReplicationMonitorClockSkew",
        ),
        Panel(
            "Length of a round",
            "How long the last round of a source took.",
            "s",
            (Query("max by (instance, source, backend) (bmrepmon_source_duration_seconds{$site})", NAMED),),
        ),
        Panel(
            "Rounds that run now",
            "For how long; one that never ends hangs on a disk or a server.",
            "s",
            (
                Query(
                    "time() - max by (instance, source, backend) "
                    "(bmrepmon_source_running_since_timestamp_seconds{$site})",
                    NAMED,
                ),
            ),
        ),
    ),
)

LOGS = Row(
    "Logs",
    (
        Panel(
            "Lines read",
            "Lines a second, by what became of them.",
            "cps",
            (
                Query(
                    "sum by (source, outcome) (rate(bmrepmon_log_lines_total{$site}[$__rate_interval]))",
                    "{{source}} {{outcome}}",
                ),
            ),
            width=8,
        ),
        Panel(
            "Rotations and truncations",
            "Since the last point.",
            "short",
            (
                Query(
                    "sum by (source) (increase(bmrepmon_log_rotations_total{$site}[$__rate_interval]))",
                    "{{source}} rotations",
                ),
                Query(
                    "sum by (source) (increase(bmrepmon_log_truncations_total{$site}[$__rate_interval]))",
                    "{{source}} truncations",
                ),
            ),
            width=8,
        ),
        Panel(
            "Since the last event",
            "A log of a server at night is quiet; one that is followed no more is, too.",
            "s",
            (Query("time() - max by (source) (bmrepmon_log_last_event_timestamp_seconds{$site})", "{{source}}"),),
            width=8,
        ),
    ),
)

COST = Row(
    "What it costs",
    (
        Panel(
            "Memory",
            "Resident memory of the daemon.",
            "bytes",
            (Query("max by (instance) (process_resident_memory_bytes{$site})", "{{instance}}"),),
            width=8,
        ),
        Panel(
            "Processor",
            "Cores in use.",
            "short",
            (Query("sum by (instance) (rate(process_cpu_seconds_total{$site}[$__rate_interval]))", "{{instance}}"),),
            width=8,
        ),
        Panel(
            "Scrape",
            "How long Prometheus waits for it.",
            "s",
            (Query("max by (instance) (scrape_duration_seconds{$site})", "{{instance}}"),),
            width=8,
        ),
    ),
    collapsed=True,
)

BOARD = Board(
    "bmrepmon-health",
    "BlueMind replication / Monitor health",
    "Can what bmrepmon tells be trusted?",
    (ABOVE, SIGHT, SOURCES, LOGS, COST),
)
