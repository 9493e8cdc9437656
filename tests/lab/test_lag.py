"""The lag of a real Cyrus, measured as `bmrepmon folders` does, against what was put in."""

from collections.abc import Callable

import pytest
from lab.core import REFUSED
from lab.cyrus import DOMAINS, partition
from lab.laboratory import Laboratory
from lab.observed import EVERYBODY, Seen, compared, observe, place
from lab.process import until
from lab.replication_log import ZONES

from bmrepmon.model.frozen import frozen
from bmrepmon.model.heartbeat import Heartbeat, Heartbeats, beat, pair
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.sources.folders import ProbeSource

WITNESSES = (EVERYBODY, frozenset({"database"}), frozenset({"log"}))
Act = Callable[[Laboratory], None]


def cut(lab: Laboratory) -> None:
    """Break the connection in the middle of a command, which ends sync_client."""
    lab.core.block()
    lab.deliver(lab.user())
    until(lambda: lab.core.open_frames, "a command under way")
    lab.core.refuse_connections()
    lab.core.cut()
    until(lambda: not lab.sync_client.alive, "sync_client to end")


DISTURBANCES: dict[str, tuple[Act, Act]] = {  # how it begins, and what its end needs beside the laboratory's own
    "sync_client stands still": (lambda lab: lab.sync_client.pause(), lambda _: None),
    "bm-core answers nothing": (lambda lab: lab.core.block(), lambda _: None),
    "bm-core refuses": (lambda lab: lab.core.refuse("APPLY MAILBOX", REFUSED, times=10_000), lambda _: None),
    "the connection was cut": (cut, lambda _: None),
    "bm-core is away": (lambda lab: lab.core.stop(), lambda lab: lab.core.start()),
}


def measure(lab: Laboratory, witnesses: frozenset[str]) -> Snapshot:
    return observe(lab, witnesses, "folders")


def behind(lab: Laboratory, witnesses: frozenset[str] = EVERYBODY) -> dict[str, int]:
    """Return the messages that are missing, by where their folder lies."""
    return dict(Seen.of(measure(lab, witnesses)).behind)


def assert_nothing_is_behind(lab: Laboratory) -> None:
    lab.wait_until_quiet()
    for witnesses in WITNESSES:
        snapshot = measure(lab, witnesses)
        found = compared(snapshot)
        assert (found.lag_messages, found.lag_changes, found.lag_folders, found.disputed) == (0, 0, 0, ())
        assert found.unknown == {}
        assert snapshot.backends[0].lag_seconds == 0.0


@pytest.mark.parametrize("name", DISTURBANCES)
def test_the_lag_is_what_was_put_in(lab: Laboratory, name: str) -> None:
    """Every message is missing in its own folder, whichever witness is asked, and none is after recovery."""
    begin, end = DISTURBANCES[name]
    users = [lab.user("Sent", "Old", domain=domain) for domain in DOMAINS for _ in range(4)]
    for user in users:
        lab.append(user.folder("Sent"), 2)
    assert_nothing_is_behind(lab)
    begin(lab)
    try:
        expected = behind(lab)
        lab.deliver(*users, times=2)
        lab.append(users[0].folder("Sent"), 5)
        lab.append(users[1].folder("Old"), 3, age=30 * 86400)
        lab.flag(users[2].folder("Sent"), [1])
        expected |= {place(user.inbox): 2 for user in users}
        expected |= {place(users[0].folder("Sent")): 5, place(users[1].folder("Old")): 3}
        expected |= {place(users[2].folder("Sent")): 0}
        for witnesses in WITNESSES:
            assert behind(lab, witnesses) == expected
        age = measure(lab, EVERYBODY).backends[0].lag_seconds
        assert age is not None
        assert 0 < age < 60
    finally:
        end(lab)
        lab.recover()
    assert_nothing_is_behind(lab)


def test_folders_keep_their_lag_through_everything_that_happens_to_them(lab: Laboratory) -> None:
    """Renamed, expunged, archived, purged: it is found by its id; a deleted one is set apart, a new one passive."""
    tom = lab.user("Work", "Gone", "Old", "Still")
    for name in ("Work", "Gone", "Old", "Still"):
        lab.append(tom.folder(name), 4, age=30 * 86400)
    assert_nothing_is_behind(lab)
    passive = compared(measure(lab, EVERYBODY)).passive_folders or 0
    with lab.paused():
        lab.append(tom.folder("Work"), 3)
        lab.rename(tom.folder("Work"), tom.folder("Été & hiver"))
        lab.append(tom.folder("Été & hiver"), 1)
        lab.append(tom.folder("Gone"), 2)
        lab.delete(tom.folder("Gone"))
        lab.expunge(tom.folder("Old"), [1, 2])
        lab.create(tom.folder("New"))
        lab.append(tom.folder("New"), 2)
        lab.archive()
        lab.purge()
        found = compared(measure(lab, EVERYBODY))

        late = behind(lab)
        assert {path: n for path, n in late.items() if n} == {place(tom.folder("Été & hiver")): 4}
        assert place(tom.folder("Old")) in late
        assert (found.passive_folders or 0) - passive == 1
        assert found.unknown == {}
    assert_nothing_is_behind(lab)


def test_under_load_there_is_no_lag_that_stays(lab: Laboratory) -> None:
    """While mail keeps coming and is replicated at once, nothing waits for longer than a moment."""
    users = [lab.user() for _ in range(3)]
    lab.wait_until_quiet()
    ages = []
    for _ in range(10):
        lab.deliver(*users, times=3)
        snapshot = measure(lab, EVERYBODY)
        ages.append(snapshot.backends[0].lag_seconds)
        assert compared(snapshot).unknown == {}
        assert compared(snapshot).disputed == ()
    assert all(age is not None and age < 5 for age in ages)
    assert_nothing_is_behind(lab)


def test_the_heartbeat_is_true_when_answers_are_late(lab: Laboratory) -> None:
    """It grows while a change of the probe is outstanding, and ends with its own answer."""
    probe = lab.probe()
    lab.wait_until_quiet()
    source = ProbeSource("bm-master", lab.cyrus.store("metapartition"), lambda: 0.0)
    fold = fold_replication_log(ZONES[2022])

    def log() -> LogActivity:
        return fold(LogActivity(), [lab.log.paths[2022].read_bytes().split(b"\n")[:-1]])

    def ours() -> Heartbeat:
        return next(heart for heart in beats.values() if heart.partition == partition(probe.domain))

    beats: Heartbeats = beat(frozen(), source.read(), log())
    lab.flag(probe.inbox, [1])
    lab.wait_until_quiet()
    beats = beat(beats, source.read(), log())
    assert ours().outstanding == ()
    assert (answered := ours().answered) is not None
    assert answered < 5

    with lab.paused():
        lab.unflag(probe.inbox, [1])
        beats = pair(beat(beats, source.read(), log()), log())
        assert len(ours().outstanding) == 1
        assert ours().lag(ours().last.sent_at + 30.0) == pytest.approx(30.0)
    lab.wait_until_quiet()
    beats = pair(beats, log())
    assert ours().outstanding == ()
