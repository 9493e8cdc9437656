"""What becomes of folders while nothing is replicated: one thing at a time, found by their ids under any name."""

from lab.core import FOR_EVER, REFUSED
from lab.laboratory import Laboratory
from lab.observed import See, place
from lab.process import until


def test_a_folder_is_renamed(sound: Laboratory, see: See) -> None:
    """What it lacked under the old name it lacks under the new one, with what came since; nothing more."""
    tom = sound.user("Work")
    sound.append(tom.folder("Work"), 4)
    sound.wait_until_quiet()
    with sound.paused():
        sound.append(tom.folder("Work"), 2)
        sound.rename(tom.folder("Work"), tom.folder("Été & hiver"))
        sound.append(tom.folder("Été & hiver"))
        seen = see()

        assert seen.behind == {place(tom.folder("Été & hiver")): 3}
        assert (seen.passive, seen.unexplained) == ({}, 0)


def test_a_folder_is_renamed_with_those_below_it(sound: Laboratory, see: See) -> None:
    """Each keeps its own lag."""
    tom = sound.user("Work", "Work/2023", "Work/2024")
    sound.append(tom.folder("Work/2023"), 3)
    sound.wait_until_quiet()
    with sound.paused():
        sound.append(tom.folder("Work/2024"), 2)
        sound.rename(tom.folder("Work"), tom.folder("Done"))
        sound.append(tom.folder("Done"))
        seen = see()

        assert {path: n for path, n in seen.behind.items() if n} == {
            place(tom.folder("Done")): 1,
            place(tom.folder("Done/2024")): 2,
        }
        assert (seen.passive, seen.unexplained) == ({}, 0)


def test_a_folder_is_renamed_and_replicated_at_once(sound: Laboratory, see: See) -> None:
    """A name that changes on both sides leaves nothing behind."""
    tom = sound.user("Work")
    sound.append(tom.folder("Work"), 4)
    sound.rename(tom.folder("Work"), tom.folder("Done"))
    sound.wait_until_quiet()

    assert (see().behind, see().passive) == ({}, {})


def test_a_folder_is_deleted(sound: Laboratory, see: See) -> None:
    """What it lacked nobody will ever ask for; the others keep their lag."""
    tom = sound.user("Gone")
    sound.append(tom.folder("Gone"), 2)
    sound.wait_until_quiet()
    with sound.paused():
        sound.append(tom.folder("Gone"), 3)
        sound.append(tom.inbox)
        assert see().behind == {place(tom.folder("Gone")): 3, place(tom.inbox): 1}
        sound.delete(tom.folder("Gone"))
        seen = see()

        assert seen.behind == {place(tom.inbox): 1}
        assert (seen.passive, seen.unexplained) == ({}, 0)


def test_a_folder_is_deleted_and_another_one_gets_its_name(sound: Laboratory, see: See) -> None:
    """With its own UIDVALIDITY it begins anew: never replicated, rather than behind or ahead of the dead one."""
    tom = sound.user("Work")
    sound.append(tom.folder("Work"), 5)
    sound.wait_until_quiet()
    before = sound.imap.status(tom.folder("Work"))["UIDVALIDITY"]
    with sound.paused():
        sound.delete(tom.folder("Work"))
        sound.create(tom.folder("Work"))
        sound.append(tom.folder("Work"), 2)
        assert sound.imap.status(tom.folder("Work"))["UIDVALIDITY"] != before
        seen = see()

        assert (seen.behind, seen.passive) == ({}, {place(tom.folder("Work")): 2})
        assert (seen.explained["passive"], seen.unexplained) == (2, 0)
    sound.wait_until_quiet()
    sound.core.block()
    sound.append(tom.folder("Work"), 3)

    assert see().behind == {place(tom.folder("Work")): 3}


def test_a_folder_was_never_replicated(sound: Laboratory, see: See) -> None:
    """bm-core refuses it from its first day: it is passive, with its messages, and is not called behind."""
    tom = sound.user()
    sound.wait_until_quiet()
    sound.core.refuse("APPLY MAILBOX", REFUSED, FOR_EVER, containing=tom.folder("New").cyrus)
    sound.create(tom.folder("New"))
    sound.append(tom.folder("New"), 3)
    sound.append(tom.inbox, 2)
    until(lambda: sound.behind() == {tom.folder("New").cyrus: 3}, "all but the new folder")
    seen = see()

    assert (seen.behind, seen.passive) == ({}, {place(tom.folder("New")): 3})
    assert (seen.explained["passive"], seen.explained["lagging"], seen.unexplained) == (3, 0, 0)


def test_a_user_is_new(sound: Laboratory, see: See) -> None:
    """All of his folders are passive until the first of them arrives, the empty ones too."""
    with sound.paused():
        tom = sound.user("Sent", "Sent/2024")
        sound.append(tom.folder("Sent"), 2)
        seen = see()

        folders = {place(tom.inbox): 0, place(tom.folder("Sent")): 2, place(tom.folder("Sent/2024")): 0}
        assert (seen.behind, seen.passive) == ({}, folders)
        assert seen.unexplained == 0
