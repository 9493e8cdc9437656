"""What becomes of messages while nothing is replicated, one thing at a time: what is missing, and what is not."""

from lab.laboratory import Laboratory
from lab.observed import See, place

LATER = 30 * 86400.0  # seconds


def test_only_flags_change(sound: Laboratory, see: See) -> None:
    """The folder is behind by changes, and by no message."""
    tom = sound.user("Sent")
    sound.append(tom.inbox, 3)
    sound.append(tom.folder("Sent"), 3)
    sound.wait_until_quiet()
    with sound.paused():
        sound.flag(tom.inbox, [1, 3])
        seen = see()

        assert seen.behind == {place(tom.inbox): 0}
        assert seen.changes[place(tom.inbox)] > 0
        assert (seen.explained["lagging"], seen.unexplained) == (0, 0)


def test_messages_are_expunged(sound: Laboratory, see: See) -> None:
    """No message is missing because one is gone; those that came and went meanwhile had their uids."""
    tom = sound.user("Sent")
    sound.append(tom.inbox, 4)
    sound.wait_until_quiet()
    with sound.paused():
        sound.expunge(tom.inbox, [1, 2])
        sound.append(tom.folder("Sent"), 3)
        sound.expunge(tom.folder("Sent"), [3])
        seen = see()

        assert seen.behind == {place(tom.inbox): 0, place(tom.folder("Sent")): 3}
        assert (seen.explained["lagging"], seen.unexplained) == (2, 0)


def test_expunged_messages_are_purged(sound: Laboratory, see: See) -> None:
    """Their files go, their records go, and neither is lag."""
    tom = sound.user()
    sound.append(tom.inbox, 4)
    sound.expunge(tom.inbox, [2, 3])
    sound.wait_until_quiet()
    with sound.paused():
        sound.purge()
        seen = see()

        assert {path: n for path, n in seen.behind.items() if n} == {}
        assert seen.unexplained == 0


def test_messages_are_archived(sound: Laboratory, see: See) -> None:
    """Their files move to the archives, which changes no number of what is missing."""
    tom = sound.user("Sent")
    sound.append(tom.inbox, 4, size=2000)
    sound.wait_until_quiet()
    (spool,) = sound.cyrus.store("partition").glob(f"*/{tom.inbox.directory}")
    with sound.paused():
        sound.append(tom.inbox, 2)
        before = see()
        sound.archive(days=0)
        after = see()

        assert [*spool.glob("[0-9]*.")] == []
        assert before.behind[place(tom.inbox)] == after.behind[place(tom.inbox)] == 2
        assert {path: n for path, n in after.behind.items() if n} == {place(tom.inbox): 2}
        assert (before.delta, before.explained) == (after.delta, after.explained)


def test_one_message_is_delivered_to_eight_users(sound: Laboratory, see: See) -> None:
    """It is missing in eight folders, and is one body that is missing, with seven copies."""
    users = [sound.user() for _ in range(8)]
    sound.wait_until_quiet()
    before = see()
    with sound.paused():
        sound.deliver(*users)
        seen = see()

        assert seen.behind == {place(user.inbox): 1 for user in users}
        assert (seen.explained["lagging"], seen.unexplained) == (1, 0)
        assert (seen.explained["duplicate"] or 0) - (before.explained["duplicate"] or 0) == 7


def test_messages_are_copied(sound: Laboratory, see: See) -> None:
    """A copy of what has arrived is missing where it is copied to, and brings no further body."""
    tom = sound.user("Kept")
    sound.append(tom.inbox, 3)
    sound.wait_until_quiet()
    before = see()
    with sound.paused():
        sound.copy(tom.inbox, [1, 3], tom.folder("Kept"))
        seen = see()

        assert seen.behind == {place(tom.folder("Kept")): 2}
        assert (seen.explained["lagging"], seen.unexplained) == (0, 0)
        assert (seen.delta or 0) - (before.delta or 0) == 2


def test_old_messages_go_to_the_archives_at_once(sound: Laboratory, see: See) -> None:
    """Cyrus puts them there as they come: they are missing like all others."""
    tom = sound.user("Old")
    sound.wait_until_quiet()
    with sound.paused():
        sound.append(tom.folder("Old"), 3, age=LATER)
        seen = see()

        assert seen.behind == {place(tom.folder("Old")): 3}
        assert (seen.explained["lagging"], seen.unexplained) == (3, 0)
