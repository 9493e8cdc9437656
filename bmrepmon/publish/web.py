"""The HTTP application: every answer is rendered from the last snapshot; nothing here waits for anything."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import Key
from bmrepmon.publish.access import Access, Guard
from bmrepmon.publish.document import Failure, SeriesNames
from bmrepmon.publish.exposition import SERIES, Exposition
from bmrepmon.publish.facts import awaited
from bmrepmon.publish.folders import LIMIT, MOST, SORTS, STATES, encode_folders, list_folders
from bmrepmon.publish.headers import SecurityHeaders
from bmrepmon.publish.page import House, load_pages, look
from bmrepmon.publish.status import encode_status, history
from bmrepmon.words.language import choose

STATIC: Mapping[str, str] = {
    "style.css": "text/css",
    "page.css": "text/css",
    "chart.css": "text/css",
    "page.js": "text/javascript",
    "morph.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
ERROR_TEXTS: Mapping[int, str] = {404: "not_found", 405: "not_allowed"}  # anything else is ours: "broken"
API_ERRORS: Mapping[int, str] = {404: "there is no such path", 405: "only GET and HEAD are answered"}


def build_web(
    snapshot: Callable[[], Snapshot],
    silent: Callable[[], tuple[str, ...]],
    sources: Callable[[], Collection[Key]] = tuple,
    limit: int = SERIES,
    access: Access | None = None,
    *,
    house: Callable[[], House] = House,
) -> ASGIApp:
    """Build the application.

    ``snapshot`` returns the last one, ``silent`` the names of the daemon's threads that do not beat; ``sources``
    returns those that must have had a round before the daemon is ready, and ``limit`` is the most series of a scrape.
    ``access`` tells who may read; without it, everybody. ``house`` returns what the installation wants of its page.
    """
    app = Starlette(
        routes=[
            *metrics_routes(Exposition(snapshot, limit)),
            *api_routes(snapshot),
            *health_routes(snapshot, silent, sources),
            *page_routes(snapshot, house),
            *runbook_routes(),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)],
        exception_handlers=error_answers(),
    )
    app.router.redirect_slashes = False  # a redirect would repeat the path
    return SecurityHeaders(Guard(app, access), lambda: access.rules.headers) if access else SecurityHeaders(app)


def metrics_routes(exposition: Exposition) -> Sequence[Route]:
    """Serve ``/metrics``, in the format that Accept prefers."""

    async def metrics(request: Request) -> Response:
        names = request.query_params.getlist("name[]")
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        text, content_type = exposition.render(request.headers.get("Accept", ""), names, packed=packed)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        return Response(text, headers=headers | ({"Content-Encoding": "gzip"} if packed else {}))

    return [Route("/metrics", metrics)]


def api_routes(snapshot: Callable[[], Snapshot]) -> Sequence[Route]:
    """Serve ``/api/v1``."""

    async def status(_: Request) -> Response:
        return json(encode_status(snapshot()))

    async def series(request: Request) -> Response:
        windows = snapshot().state.durable.history
        name = request.query_params.get("series")
        if name is None:
            return json(msgspec.json.encode(SeriesNames(tuple(sorted(windows)))))
        if name not in windows:
            return json_error(404, "there is no such series; /api/v1/history without series lists those there are")
        since = unix_time(request.query_params.get("since", "0"))
        if since is None:
            return json_error(400, "since is neither Unix seconds nor a time in ISO 8601 with its offset")
        return json(msgspec.json.encode(history(name, windows[name], since)))

    async def folders(request: Request) -> Response:
        asked = request.query_params
        state, sort = asked.get("state", "lagging"), asked.get("sort", "lag")
        limit = whole_number(asked.get("limit", str(LIMIT)))
        if state not in STATES:
            return json_error(400, f"state is none of {', '.join(STATES)}")
        if sort not in SORTS:
            return json_error(400, f"sort is none of {', '.join(SORTS)}")
        if limit is None or not 0 <= limit <= MOST:
            return json_error(400, f"limit is no number from 0 to {MOST}")
        return json(encode_folders(list_folders(snapshot(), state, sort, limit)))

    return [
        Route("/api/v1/status", status),
        Route("/api/v1/folders", folders),
        Route("/api/v1/history", series),
    ]


def health_routes(
    snapshot: Callable[[], Snapshot], silent: Callable[[], tuple[str, ...]], sources: Callable[[], Collection[Key]]
) -> Sequence[Route]:
    """Serve ``/-/healthy`` and ``/-/ready``; neither says anything about replication."""

    async def healthy(_: Request) -> Response:
        return told("no sign of life from: ", silent())

    async def ready(_: Request) -> Response:
        return told("not yet read: ", [" of ".join(filter(None, key)) for key in awaited(snapshot(), sources())])

    return [Route("/-/healthy", healthy), Route("/-/ready", ready)]


def page_routes(snapshot: Callable[[], Snapshot], house: Callable[[], House]) -> Sequence[Route]:
    """Serve ``/`` and what it is drawn with, which is read here, once."""
    folder = files("bmrepmon.publish").joinpath("static")
    assets = {name: folder.joinpath(name).read_bytes() for name in STATIC}

    async def landing(request: Request) -> Response:
        language = wanted(request)
        sight = look(snapshot(), request.query_params.get("backend", ""), house())
        return page(load_pages().landing(sight, language), language)

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in assets:
            raise HTTPException(404)
        return Response(assets[name], media_type=STATIC[name], headers={"Cache-Control": "public, max-age=3600"})

    return [Route("/", landing), Route("/static/{name}", static)]


def runbook_routes() -> Sequence[Route]:
    """Serve what each alert's ``runbook_url`` leads to."""

    async def runbook(request: Request) -> Response:
        language = wanted(request)
        text = load_pages().runbook(request.path_params["name"], language)
        if text is None:
            raise HTTPException(404)
        return page(text, language)

    async def index(request: Request) -> Response:
        language = wanted(request)
        return page(load_pages().runbooks(language), language)

    return [Route("/runbooks", index), Route("/runbooks/{name}", runbook)]


def error_answers() -> Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    """Answer errors with a page, or in JSON below ``/api``; neither repeats the path or tells details."""

    async def refused(request: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        if request.url.path.startswith("/api/"):
            return json_error(code, API_ERRORS.get(code, "an error in bmrepmon, told in its log"), headers)
        text = load_pages().error(code, ERROR_TEXTS.get(code, "broken"), wanted(request))
        return HTMLResponse(text, code, headers)

    return {HTTPException: refused, Exception: refused}


def told(sentence: str, names: Sequence[str]) -> Response:
    """Answer 200 when there is nobody to name, else 503 with the names."""
    return PlainTextResponse(f"{sentence}{', '.join(names)}\n", 503) if names else PlainTextResponse("ok\n")


def page(text: str, language: str) -> Response:
    """Answer with a page in one of our languages."""
    return HTMLResponse(text, headers={"Content-Language": language, "Vary": "Accept-Language"})


def json(body: bytes, code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(body, code, headers, "application/json")


def json_error(code: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with one sentence, in JSON."""
    return json(msgspec.json.encode(Failure(sentence)), code, headers)


def wanted(request: Request) -> str:
    """Return the language of the reader."""
    return choose(request.headers.get("Accept-Language", ""))


def whole_number(text: str) -> int | None:
    """Read a number of a few digits, or nothing.

    >>> whole_number("100"), whole_number("1e3")
    (100, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def unix_time(text: str) -> float | None:
    """Read Unix seconds, or a time in ISO 8601 with its offset (whose ``+`` is a blank in a URL), or neither.

    >>> unix_time("1970-01-01T01:00:10 01:00")
    10.0
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(re.sub(r" (?=\d\d:\d\d$)", "+", text))
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo else None
