"""Records real Cyrus with a real sync_client, in real time: some minutes each."""

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle

from lab.laboratory import Laboratory
from lab.mail import Mailbox
from lab.observed import installation

from bmrepmon.runtime.clock import SystemClock
from histories.recorder import Recorder
from histories.table import Row

PROBE_EVERY, MAIL_EVERY = 10, 7  # seconds
WRONG_AT = 120  # seconds after which something goes wrong
FLAG = ("\\Flagged",)

Act = Callable[[Laboratory], object]


def record(seconds: int, acts: Mapping[int, Act], *, mail_until: int | None = None) -> list[Row]:
    """Watch a laboratory for so long; ``acts`` happen at their seconds, and mail comes until it is told not to."""
    with Laboratory() as lab:
        users = cycle([lab.user() for _ in range(3)])
        probe = lab.probe()
        lab.append(probe.inbox)
        lab.wait_until_quiet()
        recorder = Recorder(installation(lab), SystemClock())
        try:
            for second in ticks(seconds):
                if second in acts:
                    acts[second](lab)
                if second % PROBE_EVERY == 0:
                    beat(lab, probe, on=second % (2 * PROBE_EVERY) == 0)
                if second % MAIL_EVERY == 0 and (mail_until is None or second < mail_until):
                    lab.deliver(next(users))
                recorder.look()
        finally:
            recorder.close()
    return recorder.rows


def ticks(seconds: int) -> Iterator[int]:
    """Count seconds as they pass."""
    begun = time.monotonic()
    for second in range(seconds):
        time.sleep(max(0.0, begun + second - time.monotonic()))
        yield second


def beat(lab: Laboratory, probe: Mailbox, *, on: bool) -> None:
    """Do what bm-core's own probe does: change a flag of a message that nobody sees."""
    (lab.flag if on else lab.unflag)(probe.inbox, [1])


def idle() -> list[Row]:
    """Let mail come for a minute, and then nothing but the probe."""
    return record(480, {}, mail_until=60)


def stopped() -> list[Row]:
    """Stop sync_client for four minutes, and let it go on."""
    return record(420, {WRONG_AT: lambda lab: lab.sync_client.pause(), 360: lambda lab: lab.sync_client.resume()})


def killed() -> list[Row]:
    """Kill sync_client, and start it again after four minutes."""
    return record(420, {WRONG_AT: lambda lab: lab.sync_client.kill(), 360: lambda lab: lab.sync_client.start()})


def blocked() -> list[Row]:
    """Let bm-core answer nothing for four minutes."""
    return record(420, {WRONG_AT: lambda lab: lab.core.block(), 360: lambda lab: lab.core.unblock()})


def cut() -> list[Row]:
    """Cut the connection: sync_client dies of it."""
    return record(420, {WRONG_AT: lambda lab: lab.core.cut(), 360: start_if_dead})


def start_if_dead(lab: Laboratory) -> None:
    """Start sync_client unless it lives."""
    if not lab.sync_client.alive:
        lab.sync_client.start()
