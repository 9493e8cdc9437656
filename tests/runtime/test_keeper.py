from bmrepmon.model.readings import RoundStarted
from bmrepmon.model.state import State
from bmrepmon.runtime.keeper import Keeper


def test_a_lease_lets_events_through_until_it_ends() -> None:
    """What comes later is dropped; others are not concerned."""
    keeper = Keeper(State(started_at=0.0))
    lease = keeper.lease()
    lease.apply(RoundStarted("spool", "a", 1.0))
    lease.end()
    state = lease.apply(RoundStarted("spool", "a", 2.0))
    keeper.apply(RoundStarted("spool", "b", 3.0))

    assert state.health["spool", "a"].running_since == 1.0
    assert sorted(keeper.state.health) == [("spool", "a"), ("spool", "b")]
