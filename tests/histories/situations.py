"""The situations that are easily confused, and how each is recorded."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bmrepmon.demo import acts
from bmrepmon.demo.scenarios import FIRST_AT, SCENARIOS, Cue
from bmrepmon.demo.server import SimulatedServer
from histories import laboratory, simulated
from histories.table import Row

Record = Callable[[], list[Row]]


def scenario(
    name: str, seconds: int, *cues: Cue, prelude: int = simulated.PRELUDE, messages: int = 300, pace: float = 0.01
) -> Record:
    """Return what records a scenario of the demo, with other ``cues`` where these are given.

    bm-core needs ``pace`` seconds for a body.
    """
    story = replace(SCENARIOS[name], cues=cues or SCENARIOS[name].cues, message_seconds=pace)

    def record() -> list[Row]:
        with tempfile.TemporaryDirectory() as root:
            return simulated.record(story, Path(root), seconds, prelude, messages)

    return record


SITUATIONS: Mapping[str, Record] = {
    "night": scenario("night", 1800),
    "night-without-probe": scenario("no-probe", 1800),
    "passive-mailboxes": scenario("passive", 900),
    "default-partition": scenario("default", 900),
    "delayed-expunge": scenario(
        "expunge", 1500, Cue(6.0, acts.clear_out), Cue(900.0, SimulatedServer.night), Cue(901.0, acts.only_read)
    ),
    "core-restart": scenario(
        "restart", 1200, Cue(FIRST_AT, SimulatedServer.stop_core), Cue(200.0, SimulatedServer.start_core)
    ),
    "sync-client-killed": scenario("disconnect", 1200),
    "sync-client-hung": scenario(
        "stall", 1500, Cue(FIRST_AT, SimulatedServer.freeze), Cue(920.0, SimulatedServer.thaw)
    ),
    "log-rotated": scenario("rotation", 900),
    "log-deleted": scenario("lost-log", 1200, Cue(FIRST_AT, acts.lose_log), Cue(620.0, acts.find_log)),
    "database-down": scenario(
        "dbdown", 1500, Cue(FIRST_AT, SimulatedServer.stop_database), Cue(920.0, SimulatedServer.start_database)
    ),
    "database-locked": scenario("locked", 1200, Cue(FIRST_AT, acts.lock_tables), Cue(620.0, acts.unlock_tables)),
    "migration": scenario("migration", 1200, prelude=0, messages=6000, pace=0.4),
    "message-lost": scenario("lost-message", 1200),
    "flags-only": scenario("flags", 900),
    "big-folder-moved": scenario("reorganise", 900),
    "folder-recreated": scenario("recreate", 900),
    "folder-refused": scenario("refused", 2700),
    "clock-set": scenario("clock", 1500, Cue(FIRST_AT, acts.set_clock_forward), Cue(620.0, acts.set_clock_back)),
    "monitor-restarted": scenario("monitor", 900),
    "one-backend-dead": scenario("backends", 1200, Cue(FIRST_AT, acts.kill_second), Cue(620.0, acts.revive_second)),
    "cyrus-idle": laboratory.idle,
    "cyrus-sync-client-stopped": laboratory.stopped,
    "cyrus-sync-client-killed": laboratory.killed,
    "cyrus-core-blocked": laboratory.blocked,
    "cyrus-connection-cut": laboratory.cut,
}
