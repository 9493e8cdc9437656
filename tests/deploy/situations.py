"""Situations that are easily confused, as Prometheus sees them, and the alerts that each must raise.

The state is the verdict's own; here it is shown what the rules make of it together with the bare figures.
"""

from dataclasses import dataclass, field

P = "BlueMindReplication"
STATES = (
    "unknown", "starting", "disconnected", "stalled", "stuck_folders",
    "falling_behind", "catching_up", "residue", "idle", "in_sync",
)  # fmt: skip
HEALTHY = {  # one value a minute, for two hours, in promtool's own notation
    "lag_seconds": "0x120",
    "lag_folders": "0x120",
    "sync_log_folders": "0x120",
    "heartbeat_lag_seconds": "1x120",
    "heartbeat_timestamp_seconds": "0+60x120",
    "apply_mailbox_total": "0+6x120",
    "active_sessions": "4x120",
    "expected_sessions": "4x120",
    "disputed_folders": "0x120",
    "delta_unexplained_messages": "0x120",
    'source_success{source="log"}': "1x120",
    'source_success{source="database"}': "1x120",
    'source_last_success_timestamp_seconds{source="log"}': "0+60x120",
    'source_last_success_timestamp_seconds{source="database"}': "0+60x120",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What is seen: the verdict minute by minute, and which figures differ from those of a healthy server."""

    name: str
    states: str  # "in_sync*30 starting*10 in_sync*80"
    figures: dict[str, str | None] = field(default_factory=dict)  # None: absent
    alerts: frozenset[str] = frozenset()  # that fire at `minute`
    minute: int = 60


def raised(*names: str) -> frozenset[str]:
    """Return whole names."""
    return frozenset(P + name for name in names)


NO_PROBE = {"heartbeat_lag_seconds": None, "heartbeat_timestamp_seconds": None}
SITUATIONS = (
    Situation("a night without mail", "idle*121", {"apply_mailbox_total": "0+6x120"}),
    Situation("a night without mail, and no probe", "idle*121", {"apply_mailbox_total": "7x120", **NO_PROBE}),
    Situation("passive mailboxes are left behind by design", "residue*121", {"passive_messages": "90000x120"}),
    Situation("folders of the partition default are never replicated", "residue*121"),
    Situation(
        "expunged messages are kept until four o'clock, then go at once", "in_sync*121",
        {"delta_messages": "5000+10x40 -300x79"},
    ),
    Situation(
        "bm-core is restarted", "in_sync*50 starting*8 catching_up*5 in_sync*58",
        {"active_sessions": "4x50 0x6 4x64", "apply_mailbox_total": "0+6x50 300x6 300+6x64",
         "heartbeat_lag_seconds": "1x50 60+60x6 1x64", "lag_seconds": "0x50 60+60x6 0x64"},
    ),
    Situation(
        "sync_client was killed, bm-core is fine", "in_sync*40 disconnected*81",
        {"active_sessions": "4x40 0x80", "apply_mailbox_total": "0+6x40 240x80", "sync_log_folders": "0x40 2+1x80",
         "lag_seconds": "0x40 0+60x80", "heartbeat_lag_seconds": "1x40 1+60x80",
         "heartbeat_timestamp_seconds": "0+60x40 2400x80"},
        raised("Disconnected", "Stalled", "LagHigh", "ObjectiveBurns"),
    ),
    Situation(
        "sync_client hangs on a lock", "in_sync*40 stalled*81",
        {"apply_mailbox_total": "0+6x40 240x80", "sync_log_folders": "0x40 2+1x80", "lag_seconds": "0x40 0+60x80",
         "heartbeat_lag_seconds": "1x40 1+60x80", "heartbeat_timestamp_seconds": "0+60x40 2400x80"},
        raised("Stalled", "LagHigh", "ObjectiveBurns"),
    ),
    Situation("the log is rotated late on a quiet host", "in_sync*121", {"log_rotations_total": "0x40 1x80"}),
    Situation(
        "the log is gone, and the disk full", "in_sync*40 unknown*81",
        {'source_success{source="log"}': "1x40 0x80",
         'source_last_success_timestamp_seconds{source="log"}': "0+60x40 2400x80",
         "heartbeat_lag_seconds": "1x40 _x80", "heartbeat_timestamp_seconds": "0+60x40 _x80"},
        raised("MonitorBlind", "SourceFailing"),
    ),
    Situation(
        "PostgreSQL is down, the log still flows", "in_sync*121",
        {'source_success{source="database"}': "1x40 0x80", "lag_seconds": "0x40 _x80", "lag_folders": "0x40 _x80",
         "disputed_folders": "0x40 _x80", "delta_unexplained_messages": "0x40 _x80"},
        raised("SourceFailing"),
    ),
    Situation(
        "the database is slow for one count", "in_sync*121",
        {'source_success{source="database"}': "1x55 0x3 1x62"},
    ),
    Situation(
        "a migration puts messages in for hours", "catching_up*121",
        {"lag_seconds": "300+5x120", "sync_log_folders": "400x120", "heartbeat_lag_seconds": "200+2x120",
         "apply_mailbox_total": "0+900x120", "eta_seconds": "20000-60x120"},
        raised("CatchingUp", "ObjectiveBurns"),
    ),
    Situation(
        "one message a day is lost", "in_sync*121", {"disputed_folders": "1x120"}, raised("Drift"),
    ),
    Situation(
        "flags change, and no file", "in_sync*121",
        {"lag_changes": "0 40 3 0x117", "lag_seconds": "0 20 4 0x117"},
    ),
    Situation("a big folder is deleted", "in_sync*121", {"delta_messages": "40x40 -9000x10 40x70"}),
    Situation(
        "a folder was reconstructed and stays behind", "in_sync*20 stuck_folders*101",
        {"lag_seconds": "0x10 60+60x110", "lag_folders": "0x10 1x110"}, raised("FolderPoisoned"),
    ),
    Situation(
        "a clock steps back by an hour for a minute", "in_sync*121",
        {"heartbeat_lag_seconds": "1x40 -3600 1x79"},
    ),
    Situation(
        "the monitor itself was restarted", "in_sync*50 starting*2 in_sync*69",
        {"apply_mailbox_total": "0+6x50 0+6x70"},
    ),
)  # fmt: skip
