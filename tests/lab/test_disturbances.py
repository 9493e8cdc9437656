"""That the laboratory fails as BlueMind's servers do, and recovers as they do."""

import contextlib
import socket
from collections import Counter
from collections.abc import Iterator

import pytest
from lab.core import REFUSED
from lab.laboratory import Laboratory
from lab.process import until

from bmrepmon.parse.sync_log import SyncLogTally


@contextlib.contextmanager
def disturbed(lab: Laboratory) -> Iterator[None]:
    """Notice that something is to be recovered from."""
    yield
    lab.recover()
    assert lab.behind() == {}
    assert lab.unequal() == []


def test_a_stopped_sync_client_leaves_exactly_what_came_in_meanwhile(lab: Laboratory) -> None:
    """While it is stopped, each folder is behind by the messages that it got; afterwards by none."""
    tom, ann = lab.user("Sent"), lab.user(domain="second.example")
    lab.wait_until_quiet()
    with lab.paused():
        lab.deliver(tom, times=3)
        lab.deliver(tom, ann, times=2)
        lab.append(tom.folder("Sent"), 4)
        assert lab.sync_client.alive
        assert lab.behind() == {tom.inbox.cyrus: 5, ann.inbox.cyrus: 2, tom.folder("Sent").cyrus: 4}
        waiting = SyncLogTally(names=100)
        waiting.feed((lab.cyrus.sync_folder / "log").read_bytes())
        assert waiting.folders >= {name.encode() for name in lab.behind()}
        assert waiting.unknown == 0
    lab.wait_until_quiet()
    assert lab.behind() == {}
    assert len(lab.records(tom.inbox)) == 5


def test_refused_commands_heal(lab: Laboratory) -> None:
    """After a NO or a BAD sync_client comes again by itself, with the same process."""
    tom, process = lab.user(), lab.sync_client.pid
    lab.wait_until_quiet()
    before = lab.truth().answers
    lab.core.refuse("APPLY MAILBOX", REFUSED, times=2, containing=tom.inbox.cyrus)
    lab.core.refuse("APPLY MESSAGE", "BAD invalid")
    lab.deliver(tom)
    until(lambda: lab.truth().answers["NO"] == before["NO"] + 2, "both refusals")
    lab.wait_until_quiet()
    assert lab.truth().answers["BAD"] == before["BAD"] + 1
    assert lab.behind() == {}
    assert lab.sync_client.pid == process
    assert lab.sync_client.alive


def test_a_user_is_compared_as_a_whole_after_an_error(lab: Laboratory) -> None:
    """When a folder fails, sync_client asks for all of the user, and finds nothing but that folder to send."""
    tom = lab.user("Sent", "Été & hiver")
    lab.limit(tom, 500_000)
    lab.subscribe(tom, "Sent")
    lab.append(tom.folder("Sent"), 2)
    lab.wait_until_quiet()
    before = lab.truth()
    lab.core.refuse("APPLY MAILBOX", REFUSED, containing=tom.inbox.cyrus)
    lab.deliver(tom)
    until(lambda: lab.truth().answers["NO"] > before.answers["NO"], "the refusal")
    lab.wait_until_quiet()
    sent = Counter(lab.truth().frames) - Counter(before.frames)
    assert sent["GET USER"] == 1
    assert (sent["APPLY MAILBOX"], sent["APPLY MESSAGE"]) == (2, 1)
    assert sent.keys().isdisjoint({"APPLY SUB", "APPLY QUOTA", "APPLY UNMAILBOX", "GET FULLMAILBOX"})
    assert lab.behind() == {}


def test_a_blocked_core_keeps_a_command_open(lab: Laboratory) -> None:
    """A core that takes commands and answers none leaves log-run behind, and a connection that looks well."""
    tom = lab.user()
    lab.wait_until_quiet()
    with disturbed(lab):
        lab.core.block()
        lab.deliver(tom)
        until(lambda: lab.core.open_frames, "a command without its answer")
        lab.deliver(tom, times=2)
        assert lab.behind() == {tom.inbox.cyrus: 3}
        assert (lab.cyrus.sync_folder / "log-run").exists()
        assert (lab.sync_client.alive, lab.core.sessions) == (True, 1)


def test_a_slow_core_falls_behind_and_catches_up(lab: Laboratory) -> None:
    """A core that takes its time is behind for a while, and by nothing in the end."""
    tom = lab.user()
    lab.wait_until_quiet()
    with disturbed(lab):
        lab.core.delay = 0.1
        lab.deliver(tom, times=2)
        assert sum(lab.behind().values()) in (1, 2)
        lab.wait_until_quiet()
        assert lab.behind() == {}


def test_a_cut_connection_ends_sync_client(lab: Laboratory) -> None:
    """A connection that breaks in mid-command ends sync_client and leaves log-run; the next one starts with it."""
    tom = lab.user()
    lab.wait_until_quiet()
    with disturbed(lab):
        lab.core.block()
        lab.deliver(tom)
        until(lambda: lab.core.open_frames, "a command without its answer")
        lab.core.cut()
        until(lambda: not lab.sync_client.alive, "the end of sync_client")
        lab.deliver(tom)
        assert {p.name for p in lab.cyrus.sync_folder.iterdir()} == {"log", "log-run"}
        assert lab.behind() == {tom.inbox.cyrus: 2}
    assert len(lab.records(tom.inbox)) == 2


def test_sync_client_waits_for_a_core_that_is_away(lab: Laboratory) -> None:
    """While nobody listens, sync_client lives without a session; once core is back, it connects."""
    tom = lab.user()
    lab.wait_until_quiet()
    with disturbed(lab):
        lab.sync_client.kill()
        lab.core.stop()
        lab.sync_client.start()
        lab.deliver(tom, times=2)
        assert (lab.sync_client.alive, lab.core.sessions) == (True, 0)
        assert lab.behind() == {tom.inbox.cyrus: 2}
        lab.core.start()
    assert lab.core.sessions == 1


def test_sessions_outlive_a_closed_port(lab: Laboratory) -> None:
    """A core that refuses connections goes on with the session that it has."""
    tom = lab.user()
    lab.wait_until_quiet()
    with disturbed(lab):
        lab.core.refuse_connections()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", lab.core.port), timeout=5)
        lab.deliver(tom)
        lab.wait_until_quiet()
        assert lab.core.sessions == 1


def test_a_restarted_core_loses_its_sessions(lab: Laboratory) -> None:
    """sync_client finds out that core is another one when it has something to send, and ends."""
    tom = lab.user()
    lab.wait_until_quiet()
    with disturbed(lab):
        lab.core.restart()
        lab.deliver(tom)
        until(lambda: not lab.sync_client.alive, "the end of sync_client")
        assert lab.behind() == {tom.inbox.cyrus: 1}


def test_a_lost_database_is_an_error_of_every_command(lab: Laboratory) -> None:
    """While PostgreSQL is away core answers NO, and catches up once it is back."""
    tom = lab.user()
    lab.wait_until_quiet()
    before = lab.truth().answers["NO"]
    with disturbed(lab):
        lab.postgres.stop()
        try:
            lab.deliver(tom)
            until(lambda: lab.truth().answers["NO"] > before, "a refusal")
        finally:
            lab.postgres.start()
    assert len(lab.records(tom.inbox)) == 1


def test_cyrus_comes_back_with_all_its_mail(lab: Laboratory) -> None:
    """Cyrus can be stopped and started in the middle of a test."""
    tom = lab.user()
    lab.deliver(tom)
    lab.wait_until_quiet()
    lab.restart_cyrus()
    lab.deliver(tom)
    lab.wait_until_quiet()
    assert len(lab.records(tom.inbox)) == 2
    assert lab.behind() == {}
