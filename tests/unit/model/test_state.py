from counted import rows

from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.frozen import frozen
from bmrepmon.model.history import Point
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.observations import PartitionCount, PeerSessions, RowCounts, SessionCounts, Store, StoreCount
from bmrepmon.model.readings import Reading, RoundStarted
from bmrepmon.model.snapshot import BackendFacts, assign_sessions, derive
from bmrepmon.model.state import Event, Judged, LogAdvanced, Reconfigured, Sampled, State, reduce
from bmrepmon.model.verdict.states import Trail

FACTS = (BackendFacts("bm-master", (), 4),)


def walk(store: Store, messages: int, unique: int | None) -> StoreCount:
    partition = PartitionCount("bm-master__acme_test", messages + 1, messages, 1)
    return StoreCount(store, (partition,), unique, 0, ())


def good(source: str, observation: StoreCount | RowCounts | SessionCounts, backend: str = "bm-master") -> Reading:
    return Reading(source, backend, 100.0, 2.0, observation)


def after(*events: Event) -> State:
    state = State(started_at=0.0)
    for event in events:
        state = reduce(state, event)
    return state


def test_a_good_round_is_kept_with_its_health() -> None:
    """The observation becomes the last good one, the health tells when and how long."""
    state = after(RoundStarted("database", "bm-master", 100.0), good("database", rows(7)))
    health = state.health["database", "bm-master"]

    assert state.rows("bm-master") == rows(7)
    assert (health.success, health.last_success_at, health.last_duration) == (True, 102.0, 2.0)
    assert health.running_since is None


def test_a_failed_round_keeps_the_last_good_observation() -> None:
    """A failure is told, and what was known stays known, with its age."""
    failure = Reading("database", "bm-master", 200.0, 1.0, None, "refused", "PostgreSQL refuses connections")
    state = after(good("database", rows(7)), failure, failure)
    health = state.health["database", "bm-master"]

    assert state.rows("bm-master") == rows(7)
    assert (health.success, health.reason, health.failures) == (False, "refused", 2)
    assert health.last_success_at == 102.0


def test_a_running_round_shows_since_when() -> None:
    """A source that hangs is seen while it hangs."""
    assert after(RoundStarted("spool", "bm-master", 50.0)).health["spool", "bm-master"].running_since == 50.0


def test_nothing_to_read_is_no_failure() -> None:
    """No data is its own outcome."""
    state = after(Reading("archive", "bm-master", 1.0, 0.0, None, "no_data", "no archive here"))

    assert state.health["archive", "bm-master"].success is True


def test_a_round_that_goes_on_in_the_next_is_no_failure_and_no_answer() -> None:
    """What was known stays known, and as old as it is."""
    state = after(
        good("database", rows(7)),
        Reading("database", "bm-master", 200.0, 30.0, None, "partial", "goes on"),
    )
    health = state.health["database", "bm-master"]

    assert (health.success, health.reason, health.failures) == (True, "partial", 0)
    assert (health.last_round_at, health.last_success_at) == (230.0, 102.0)


def test_a_log_advance_moves_activity_and_position_together() -> None:
    """Position and counters change in one step, each log apart."""
    checkpoint = Checkpoint(1, 2, 30, "ab", 10)
    state = after(
        LogAdvanced("log", LogActivity(applied_messages=5), FollowerCounts(rotations=1), checkpoint),
        LogAdvanced("core_log", CoreActivity(probe_latency=0.2), FollowerCounts(), None),
        LogAdvanced("log", None, FollowerCounts(rotations=2), None),
    )

    assert state.durable.log.applied_messages == 5
    assert state.durable.core.probe_latency == 0.2
    assert state.durable.checkpoints == {"log": checkpoint}
    assert state.durable.followers["log"].rotations == 2


def test_samples_grow_their_windows() -> None:
    """Each series has its own window."""
    state = after(Sampled(0.0, frozen({"bodies/a": 1.0})), Sampled(60.0, frozen({"bodies/a": 2.0, "x": 3.0})))

    assert state.durable.history["bodies/a"].points == (Point(0.0, 1.0), Point(60.0, 2.0))
    assert state.durable.history["x"].points == (Point(60.0, 3.0),)


def test_the_delta_is_files_minus_rows_signed() -> None:
    """Spool and archive message files minus bodies, as the official procedure computes it."""
    state = after(
        good("spool", walk("spool", 3, None)),
        good("archive", walk("archive", 2, 4)),
        good("database", rows(9)),
    )
    backend = derive(state, FACTS, 1.0).backends[0]

    assert (backend.delta_messages, backend.unique_messages) == (-4, 4)


def test_the_delta_waits_for_every_store_that_is_observed() -> None:
    """While the archive was never walked to its end, neither delta nor unique messages are known."""
    state = after(
        good("spool", walk("spool", 3, 3)),
        good("database", rows(9)),
        RoundStarted("archive", "bm-master", 5.0),
    )
    backend = derive(state, FACTS, 1.0).backends[0]

    assert (backend.delta_messages, backend.unique_messages) == (None, None)


def test_without_rows_there_is_no_delta() -> None:
    """An unknown side makes an unknown delta, never zero."""
    backend = derive(after(good("spool", walk("spool", 3, 1))), FACTS, 1.0).backends[0]

    assert backend.delta_messages is None


def test_sessions_belong_to_the_backend_of_their_address() -> None:
    """Each backend has the sessions of its own addresses; the rest is told apart."""
    sessions = SessionCounts((PeerSessions("10.0.0.1", 4), PeerSessions("10.0.0.9", 1)))
    facts = (BackendFacts("a", ("10.0.0.1",), 4), BackendFacts("b", ("10.0.0.2",), 4))
    snapshot = derive(after(good("sessions", sessions, "")), facts, 1.0)

    assert [backend.active_sessions for backend in snapshot.backends] == [4, 0]
    assert snapshot.other_sessions == 1


def test_a_single_backend_owns_all_sessions() -> None:
    """On a single server every session is its own, whatever address it shows."""
    assert assign_sessions(SessionCounts((PeerSessions("127.0.0.1", 3), PeerSessions("::1", 1))), FACTS) == {
        "bm-master": 4
    }


def test_unseen_sessions_are_unknown() -> None:
    """Before the first look nothing is said, not even zero."""
    snapshot = derive(State(0.0), FACTS, 1.0)

    assert (snapshot.backends[0].active_sessions, snapshot.other_sessions) == (None, None)


def test_what_is_observed_no_longer_is_forgotten() -> None:
    """Series of a source or backend that was taken out of the configuration are absent; what the logs told stays."""
    kept, gone = ("spool", "bm-master"), ("database", "old")
    state = after(
        good("spool", walk("spool", 3, 3)),
        good("database", rows(7), "old"),
        LogAdvanced("log", LogActivity(applied_messages=5), FollowerCounts(), None),
        Judged(frozen({"bm-master": Trail(), "old": Trail()})),
        Reconfigured(frozenset({kept})),
    )

    assert (gone in state.health, gone in state.observations) == (False, False)
    assert state.store_count(*kept) is not None
    assert set(state.durable.trails) == {"bm-master"}
    assert state.durable.log.applied_messages == 5
