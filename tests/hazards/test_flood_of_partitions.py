"""Whatever names come, memory and series stay bounded."""

import tracemalloc

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.log_events import AppliedFolder, Command, Reply
from bmrepmon.model.log_tally import LogTally
from bmrepmon.model.subjects import MAX_PARTITIONS

FLOOD = 100_000


def flood(tally: LogTally, first: int) -> None:
    """Give it so many commands, each with names of its own, and nobody to answer them."""
    for n in range(first, first + FLOOD):
        folder = AppliedFolder(f"id-{n % 1000}", f"user.u{n}", f"server__domain{n}", n, n, 1, probe=False)
        tally.add(Command(1e9 + n, f"thread-{n}", n, "APPLY MAILBOX", folder))
        tally.add(Reply(1e9 + n, f"other-{n}", n, "no", "refused"))


def test_partitions_beyond_the_limit_are_counted_together() -> None:
    """Nothing is lost: the rest stands under the empty name."""
    tally = LogTally(LogActivity())
    flood(tally, 0)
    applied = tally.activity().apply_mailbox

    assert len(applied) == MAX_PARTITIONS + 1
    assert sum(applied.values()) == FLOOD
    assert applied[""] == FLOOD - MAX_PARTITIONS


def test_a_flood_of_names_is_kept_in_bounded_memory() -> None:
    """A second flood of other names costs nothing that stays."""
    tally = LogTally(LogActivity())
    flood(tally, 0)
    tracemalloc.start()
    flood(tally, FLOOD)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert grown < 2_000_000
