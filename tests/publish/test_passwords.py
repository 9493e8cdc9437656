import asyncio
import threading

import bcrypt
import pytest

from bmrepmon.publish.access.passwords import REMEMBERED, WAITING, Busy, Passwords

USERS = {"me": bcrypt.hashpw(b"right", bcrypt.gensalt(4))}


def test_only_so_many_checks_wait_and_those_known_go_on() -> None:
    """A flood of passwords fills no memory and keeps no scrape out that was let in before."""
    passwords, let_go = Passwords(), threading.Event()

    async def flood() -> tuple[bool, int, list[bool]]:
        assert await passwords.right(USERS, "me", b"right")
        passwords._thread.submit(let_go.wait)  # the one before them takes long
        waiting = [asyncio.ensure_future(passwords.right(USERS, "me", b"wrong")) for _ in range(WAITING + 5)]
        await asyncio.sleep(0)
        refused = sum(1 for one in waiting if one.done() and isinstance(one.exception(), Busy))
        known = await passwords.right(USERS, "me", b"right")
        let_go.set()
        answers = [await one for one in waiting if not one.done() or one.exception() is None]
        return known, refused, answers

    known, refused, answers = asyncio.run(flood())
    passwords.stop()
    passwords._thread.shutdown()

    assert (known, refused, answers) == (True, 5, [False] * WAITING)


def test_what_was_right_is_remembered_in_bounded_room() -> None:
    """The oldest is forgotten first, and checked anew."""
    passwords = Passwords()
    for number in range(REMEMBERED + 10):
        passwords._remember(number.to_bytes(4, "big"))
    passwords.stop()

    assert len(passwords._right) == REMEMBERED
    assert (0).to_bytes(4, "big") not in passwords._right


@pytest.mark.parametrize("name", ["me", "nobody"])
def test_nobody_is_let_in_by_a_wrong_password(name: str) -> None:
    """Whether the user exists or not."""
    passwords = Passwords()
    right = asyncio.run(passwords.right(USERS, name, b"wrong"))
    passwords.stop()
    passwords._thread.shutdown()

    assert right is False
