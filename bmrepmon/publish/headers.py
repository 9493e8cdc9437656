"""The headers of every answer, whoever gives it."""

from collections.abc import Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bmrepmon.model.frozen import frozen

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STRICT_TRANSPORT: Mapping[str, str] = {"Strict-Transport-Security": "max-age=31536000"}  # a year; only over TLS


class SecurityHeaders:
    """Adds the headers that keep browsers from doing what nobody asked for; a header already set stays."""

    def __init__(self, app: ASGIApp, own: Callable[[], Mapping[str, str]] = frozen) -> None:
        """Wrap ``app`` from outside, so that its error answers have them too; ``own`` gives the administrator's."""
        self._app, self._own = app, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in expected(scope["scheme"], self._own()).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def expected(scheme: str, own: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers over ``http`` or ``https``; the administrator's replace ours."""
    return {**HEADERS, **(STRICT_TRANSPORT if scheme == "https" else {}), **own}
