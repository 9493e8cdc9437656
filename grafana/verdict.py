"""The verdict, which stands on top of every dashboard, in the colours of the status page."""

from collections.abc import Mapping

from grafana.shown import Panel, Query, Row, stat

DETAIL = "bmrepmon-backend"
STATE_COLOURS: Mapping[str, str] = {  # the worst first; the word stands beside the colour
    "unknown": "text",
    "starting": "blue",
    "disconnected": "red",
    "stalled": "red",
    "stuck_folders": "orange",
    "falling_behind": "orange",
    "catching_up": "blue",
    "residue": "green",
    "idle": "green",
    "in_sync": "green",
}

STATE = stat(
    "State",
    "What bmrepmon makes of all that it sees; its status page says why, and what to do.",
    "none",
    Query("max by (backend, state) (bmrepmon_verdict{$own}) == 1", "{{backend}}: {{state}}"),
    colours=STATE_COLOURS,
    alert="BlueMindReplicationStalled",
    board=DETAIL,
)
SINCE = stat(
    "In this state for",
    "Time since the verdict changed last.",
    "s",
    Query("time() - max by (backend) (bmrepmon_verdict_since_timestamp_seconds{$own})"),
)
OVER_TIME = Panel(
    "States over time",
    "Which state the verdict was in.",
    "none",
    (Query("max by (backend, state) (bmrepmon_verdict{$own}) == 1", "{{backend}}: {{state}}"),),
    "states",
    24,
    colours=STATE_COLOURS,
)
ABOVE = Row("Verdict", (STATE, SINCE))
