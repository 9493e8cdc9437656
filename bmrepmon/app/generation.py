"""What one configuration makes of the daemon; a new one takes its place as a whole when it is read anew."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bmrepmon.app.house import house
from bmrepmon.app.judging import snapshots, thresholds
from bmrepmon.app.observing import expected, followers, log_positions, past_logs, sources
from bmrepmon.config.installation import Installation
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import Key
from bmrepmon.model.verdict.thresholds import Thresholds
from bmrepmon.publish.page.house import House
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.keeper import Keeper, Lease
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.log_watch import WatchdogWaker
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.scheduler import SourceScheduler
from bmrepmon.runtime.supervisor import Member

OWN: tuple[Key, ...] = (("configuration", ""), ("state", ""))  # what the daemon tells of itself as of a source


@dataclass(frozen=True, slots=True)
class Generation:
    """The parts that observe, and what others must know of the configuration."""

    snapshot: Callable[[], Snapshot]
    limits: Thresholds
    house: House
    expected: tuple[Key, ...]  # sources that must have been looked at before the daemon is ready
    logs: LogLoop
    scheduler: SourceScheduler
    lease: Lease

    @property
    def members(self) -> tuple[Member, ...]:
        """The parts with a thread of their own, in the order in which they start."""
        return self.logs, self.scheduler


def build(
    installation: Installation, keeper: Keeper, clock: Clock, left: Sequence[threading.Thread] = ()
) -> Generation:
    """Wire what ``installation`` asks for; nothing runs yet.

    It goes on from the present state. ``left`` are rounds of the generation before that have not ended.
    """
    lease = keeper.lease()
    logs = tuple(followers(installation, keeper.state.durable))
    loop = LogLoop(logs, WatchdogWaker(follower.path for follower in logs), lease.apply, clock)
    scheduled = (
        *sources(installation, log_positions(installation, loop, keeper), clock, keeper.state.durable.bodies),
        *past_logs(installation, keeper.state.durable),
    )
    return Generation(
        snapshot=snapshots(installation, keeper, clock),
        limits=thresholds(installation),
        house=house(installation),
        expected=expected(scheduled, logs),
        logs=loop,
        scheduler=SourceScheduler(
            [(Poller(source, lease.apply, clock), trigger) for source, trigger in scheduled], clock, left
        ),
        lease=lease,
    )
