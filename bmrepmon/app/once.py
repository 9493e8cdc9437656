"""`bmrepmon once` and its like: one look at everything, nothing written."""

from collections.abc import Iterator
from dataclasses import replace

from bmrepmon.app.judging import snapshots, thresholds
from bmrepmon.app.observing import followers, log_positions, past_logs, sources
from bmrepmon.config.installation import Installation
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import Durable, State
from bmrepmon.model.verdict.gather import judge_all
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.rounds import read_once
from bmrepmon.runtime.waker import ManualWaker
from bmrepmon.words.language import Language

ONCE_WITHIN = 300.0  # seconds that `once` waits for its slowest source


def observe_once(installation: Installation, only: str | None = None) -> Snapshot:
    """Look once at every source, or ``only`` at those of a name, and read every log to its end; nothing is written."""
    clock = SystemClock()
    keeper = Keeper(State(started_at=clock.now()))
    loop = LogLoop(tuple(followers(installation, Durable())), ManualWaker(), keeper.apply, clock)
    loop.read_to_end()
    for source, _ in past_logs(installation, Durable()):
        Poller(source, keeper.apply, clock).run()
    known = sources(installation, log_positions(installation, loop, keeper), clock)
    wanted = [source for source, _ in known if only in (None, source.name)]
    read_once([Poller(source, keeper.apply, clock) for source in wanted], clock, ONCE_WITHIN)
    loop.stop(0)
    snapshot = snapshots(installation, keeper, clock)
    at_once = replace(thresholds(installation), warm_up=0.0, disconnected_after=0.0, core_down=0.0)
    keeper.apply(judge_all(snapshot(), at_once))
    return snapshot()


def odd(installation: Installation, t: Language) -> Iterator[str]:
    """Say what discovery found that somebody should mend: else a source that it could not find is missed silently."""
    return (finding.sentence(t) for finding in installation.findings if not finding.usual)


def uncompared(snapshot: Snapshot, t: Language) -> tuple[str, ...]:
    """Tell of every backend why its folders could not be compared, or not with everything."""
    looks = [health for (source, _), health in snapshot.state.health.items() if source == "folders"]
    if not looks:
        return (t("no_metadata"),)
    problems = {backend.name: backend.folders.problem for backend in snapshot.backends if backend.folders}
    failures = {look.backend: look.error for look in looks if not look.success}
    return tuple(t("not_compared", backend=name, why=why) for name, why in (problems | failures).items() if why)
