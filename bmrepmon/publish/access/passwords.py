"""Passwords against bcrypt hashes: one at a time in a thread, and those found right remembered for a while."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

REMEMBERED = 256  # right passwords, as keyed digests
WAITING = 16  # checks that wait at once; bcrypt is slow on purpose
COST = 10
LONGEST = 72  # bytes that bcrypt looks at


class Busy(Exception):  # noqa: N818 - no error of anybody's program
    """Too many passwords are being checked; those known already go on."""


class Passwords:
    """Tells whether a user's password is right, in the same time for users that do not exist."""

    def __init__(self) -> None:
        """Begin with nothing remembered."""
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(32)
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0

    async def right(self, users: Mapping[str, bytes], name: str, password: bytes) -> bool:
        """Check against the hash of ``name``. Raises Busy when too many wait."""
        hashed = users.get(name)
        digest = hmac.digest(self._salt, (hashed or b"") + hashlib.sha256(password).digest(), "sha256")
        if hashed and digest in self._right:
            self._right.move_to_end(digest)
            return True
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            good = await loop.run_in_executor(self._thread, matches, password, hashed or nobody(users))
        finally:
            self._waiting -= 1
        if good and hashed:
            self._remember(digest)
        return good and hashed is not None

    def stop(self) -> None:
        """End the thread after the check that runs."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _remember(self, digest: bytes) -> None:
        self._right[digest] = None
        while len(self._right) > REMEMBERED:
            self._right.popitem(last=False)


def nobody(users: Mapping[str, bytes]) -> bytes:
    """Return a hash that takes as long as the dearest of ``users`` and that no password is known for."""
    cost = max((int(hashed[4:6]) for hashed in users.values()), default=COST)
    return b"$2b$%02d$" % cost + b"." * 53


def matches(password: bytes, hashed: bytes) -> bool:
    """Run bcrypt; what it cannot take is no match."""
    import bcrypt  # few daemons have users

    try:
        return bcrypt.checkpw(password[:LONGEST], hashed)
    except ValueError:
        return False
