"""Basic authentication (RFC 7617) before everything that is published."""

import base64
import binascii
from collections.abc import Mapping

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bmrepmon.publish.access.access import Access
from bmrepmon.publish.access.passwords import Busy

ASK: Mapping[str, str] = {"WWW-Authenticate": 'Basic realm="bmrepmon", charset="UTF-8"'}


class Guard:
    """Lets in those whom the web configuration names; without users, everybody."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """Stand before ``app``."""
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer 401; 503 while too many passwords wait to be checked."""
        users = self._access.rules.users
        answer = await self._refusal(users, scope) if users else None
        await (answer or self._app)(scope, receive, send)

    async def _refusal(self, users: Mapping[str, bytes], scope: Scope) -> Response | None:
        given = credentials([value for name, value in scope["headers"] if name == b"authorization"])
        try:
            if given and await self._access.passwords.right(users, *given):
                return None
        except Busy:
            return PlainTextResponse("busy\n", 503, {"Retry-After": "5"})
        return PlainTextResponse("unauthorized\n", 401, ASK)


def credentials(headers: list[bytes]) -> tuple[str, bytes] | None:
    """Take name and password out of the one Authorization header.

    >>> credentials([b"Basic bWU6cHc="])
    ('me', b'pw')
    """
    if len(headers) != 1:
        return None
    scheme, _, encoded = headers[0].partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (name.decode(), password) if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None
