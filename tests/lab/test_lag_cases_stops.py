"""What keeps replication from going on, one thing at a time: exactly what was put in is behind, until it goes on."""

import pytest
from lab.core import FOR_EVER, REFUSED
from lab.cyrus import DOMAINS, partition
from lab.laboratory import Laboratory
from lab.observed import See, Seen, compared, observe, place
from lab.process import until


def test_sync_client_stands_still(sound: Laboratory, see: See) -> None:
    """Three, two and four messages are missing where they were put, and the age is that of the oldest."""
    tom, ann = sound.user("Sent"), sound.user(domain=DOMAINS[1])
    sound.wait_until_quiet()
    with sound.paused():
        sound.deliver(tom, times=3)
        sound.deliver(ann, times=2)
        sound.append(tom.folder("Sent"), 4)
        seen = see()

        assert seen.behind == {place(tom.inbox): 3, place(ann.inbox): 2, place(tom.folder("Sent")): 4}
        assert (seen.explained["lagging"], seen.unexplained) == (9, 0)
        assert 0 < (seen.lag_seconds or 0) < 60


def test_one_folder_is_refused(sound: Laboratory, see: See) -> None:
    """Only it stays behind; its bodies have arrived before, and are nobody's yet."""
    tom = sound.user("Sent", "Drafts")
    sound.wait_until_quiet()
    sound.core.refuse("APPLY MAILBOX", REFUSED, FOR_EVER, containing=tom.folder("Sent").cyrus)
    sound.append(tom.folder("Sent"), 4)
    sound.append(tom.folder("Drafts"), 2)  # which sync_client does before Sent
    until(lambda: sound.behind() == {tom.folder("Sent").cyrus: 4}, "all but what is refused")
    seen = see()

    assert seen.behind == {place(tom.folder("Sent")): 4}
    assert (seen.explained["lagging"], seen.unexplained) == (4, 0)


def test_bodies_are_refused(sound: Laboratory, see: See) -> None:
    """Neither they nor their records arrive; only the domain whose bodies are refused is behind."""
    tom, ann = sound.user(), sound.user(domain=DOMAINS[1])
    sound.core.refuse("APPLY MESSAGE", REFUSED, FOR_EVER, containing=partition(DOMAINS[1]))
    sound.deliver(tom, times=2)
    sound.wait_until_quiet()  # sync_client gives up what it does together with something that is refused
    sound.deliver(ann, times=3)
    refused = sound.truth().answers["NO"]
    until(lambda: sound.truth().answers["NO"] > refused + 1, "refusals")
    seen = see()

    assert seen.behind == {place(ann.inbox): 3}
    assert (seen.explained["lagging"], seen.unexplained) == (3, 0)


def test_bm_core_takes_commands_and_answers_none(sound: Laboratory, see: See) -> None:
    """What came before it hung and what comes later is missing alike."""
    tom = sound.user("Sent")
    sound.wait_until_quiet()
    sound.core.block()
    sound.deliver(tom)
    until(lambda: sound.core.open_frames, "a command without its answer")
    sound.append(tom.folder("Sent"), 5)
    seen = see()

    assert seen.behind == {place(tom.inbox): 1, place(tom.folder("Sent")): 5}
    assert (seen.explained["lagging"], seen.unexplained) == (6, 0)


def test_the_connection_is_cut_in_the_middle_of_a_command(sound: Laboratory, see: See) -> None:
    """sync_client ends; what it had taken on is missing, and what nobody has taken on since."""
    tom = sound.user()
    sound.wait_until_quiet()
    sound.core.block()
    sound.deliver(tom, times=2)
    until(lambda: sound.core.open_frames, "a command without its answer")
    sound.core.cut()
    until(lambda: not sound.sync_client.alive, "sync_client to end")
    sound.deliver(tom, times=3)
    seen = see()

    assert seen.behind == {place(tom.inbox): 5}
    assert (seen.explained["lagging"], seen.unexplained) == (5, 0)


@pytest.mark.usefixtures("see")
def test_the_database_is_away_when_it_is_asked(sound: Laboratory) -> None:
    """The log alone tells what is behind, as exactly; what only a database can tell is unknown, and why is told."""
    tom = sound.user()
    sound.append(tom.inbox, 2)
    sound.wait_until_quiet()
    with sound.paused():
        sound.append(tom.inbox, 3)
        sound.postgres.stop()
        try:
            snapshot = observe(sound)
        finally:
            sound.postgres.start()
    seen, comparison = Seen.of(snapshot), compared(snapshot)

    assert (seen.behind, seen.unknown) == ({place(tom.inbox): 3}, {})
    assert (comparison.passive_folders, seen.delta, seen.unexplained) == (None, None, None)
    assert "nobody listens there" in (comparison.problem or "")
