import snapshots
from counted import rows

from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.readings import Reading
from bmrepmon.model.series import sample
from bmrepmon.model.snapshot import BackendFacts, derive
from bmrepmon.model.state import LogAdvanced, State, reduce
from bmrepmon.model.verdict.states import VERDICT_STATES

FACTS = (BackendFacts("bm-master", (), 4),)


def test_an_unknown_value_gives_no_point() -> None:
    """A daemon that has seen nothing has no series."""
    assert sample(derive(State(0.0), FACTS, 1.0)).values == {}


def test_known_values_are_named_with_their_backend() -> None:
    """Backend series carry the backend's name, server series none."""
    state = reduce(State(0.0), Reading("database", "bm-master", 0.0, 0.0, rows(7)))
    advanced = LogAdvanced("log", LogActivity(applied_messages=5), FollowerCounts(), Checkpoint(1, 2, 3, "", 0))
    values = sample(derive(reduce(state, advanced), FACTS, 60.0)).values

    assert values["bodies/bm-master"] == 7
    assert values["applied_messages_total"] == 5
    assert "log_active_sessions" not in values


def test_a_verdict_and_what_arrives_are_series_too() -> None:
    """The place of the state in the order of precedence, uids given out, and the lag of the slowest probe."""
    values = sample(snapshots.full()).values

    assert values["verdict_rank/bm-master"] == VERDICT_STATES.index("catching_up")
    assert values["arrived_messages_total/bm-master"] == 5 * 40
    assert values["missing_messages/bm-master"] == values["lag_messages/bm-master"] + 25
    assert values["heartbeat_lag_seconds/bm-master"] == 6.0
    assert "verdict_rank/mail2.example.net" not in values
