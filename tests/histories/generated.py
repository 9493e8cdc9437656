"""Records what the demo cannot show: several mail servers behind one bm-core, by the world of ``make verdicts``."""

from verdicts.histories import Cue, History, make_server
from verdicts.run import Play

from bmrepmon.demo.chance import chance
from bmrepmon.model.verdict.gather import gather
from histories.recorder import LIMITS
from histories.table import Row

STALL = "sync_client hung"  # as an act of that world


def one_backend_dead() -> list[Row]:
    """Let sync_client of the second of two servers hang after ten minutes, for twenty."""
    draw = chance(1, "one backend dead")
    servers = [make_server(draw, name, mail=0.05) for name in ("mail-1", "mail-2")]
    playing = Play(History("one backend dead", 2400.0, servers, (Cue(600.0, STALL, 1), Cue(1800.0, "mend", 1))))
    rows = []
    for at, now, _ in playing.steps():
        snapshot = playing.monitor.snapshot(now)
        rows += [Row(at, now, b.name, gather(snapshot, b, LIMITS)) for b in snapshot.backends]
    return rows
