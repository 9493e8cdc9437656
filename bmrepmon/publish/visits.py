"""What people look at, and programs on their behalf: the pages and ``/api/v1``. It comes with the first visitor."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.document import Failure, SeriesNames
from bmrepmon.publish.folders import LIMIT, MOST, SORTS, STATES, encode_folders, list_folders
from bmrepmon.publish.page.house import House
from bmrepmon.publish.page.pages import Pages
from bmrepmon.publish.page.sight import look
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


class Visits:
    """Answers visitors; every method is one path."""

    def __init__(self, snapshot: Callable[[], Snapshot], house: Callable[[], House]) -> None:
        """Read the pages and what they are drawn with, once."""
        self._snapshot, self._house = snapshot, house
        self._pages = Pages()
        folder = files("bmrepmon.publish").joinpath("static")
        self._assets = {name: folder.joinpath(name).read_bytes() for name in STATIC}

    async def landing(self, request: Request) -> Response:
        """Answer with the page at ``/``."""
        language = wanted(request)
        sight = look(self._snapshot(), request.query_params.get("backend", ""), self._house())
        return page(self._pages.landing(sight, language), language)

    async def static(self, request: Request) -> Response:
        """Answer with what a page is drawn with."""
        name = request.path_params["name"]
        if name not in self._assets:
            raise HTTPException(404)
        return Response(self._assets[name], media_type=STATIC[name], headers={"Cache-Control": "public, max-age=3600"})

    async def runbooks(self, request: Request) -> Response:
        """Answer with the list of the runbooks."""
        language = wanted(request)
        return page(self._pages.runbooks(language), language)

    async def runbook(self, request: Request) -> Response:
        """Answer with what an alert's ``runbook_url`` leads to."""
        language = wanted(request)
        text = self._pages.runbook(request.path_params["name"], language)
        if text is None:
            raise HTTPException(404)
        return page(text, language)

    async def status(self, _: Request) -> Response:
        """Answer with the status document."""
        return json(encode_status(self._snapshot()))

    async def series(self, request: Request) -> Response:
        """Answer with the past of one series, or with the names of all."""
        windows = self._snapshot().state.durable.history
        name = request.query_params.get("series")
        if name is None:
            return json(msgspec.json.encode(SeriesNames(tuple(sorted(windows)))))
        if name not in windows:
            return json_error(404, "there is no such series; /api/v1/history without series lists those there are")
        since = unix_time(request.query_params.get("since", "0"))
        if since is None:
            return json_error(400, "since is neither Unix seconds nor a time in ISO 8601 with its offset")
        return json(msgspec.json.encode(history(name, windows[name], since)))

    async def folders(self, request: Request) -> Response:
        """Answer with the folders of a state."""
        asked = request.query_params
        state, sort = asked.get("state", "lagging"), asked.get("sort", "lag")
        limit = whole_number(asked.get("limit", str(LIMIT)))
        if state not in STATES:
            return json_error(400, f"state is none of {', '.join(STATES)}")
        if sort not in SORTS:
            return json_error(400, f"sort is none of {', '.join(SORTS)}")
        if limit is None or not 0 <= limit <= MOST:
            return json_error(400, f"limit is no number from 0 to {MOST}")
        return json(encode_folders(list_folders(self._snapshot(), state, sort, limit)))

    async def refused(self, request: Request, error: Exception) -> Response:
        """Answer an error with a page, or in JSON below ``/api``; neither repeats the path or tells details."""
        code = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        if request.url.path.startswith("/api/"):
            return json_error(code, API_ERRORS.get(code, "an error in bmrepmon, told in its log"), headers)
        text = self._pages.error(code, ERROR_TEXTS.get(code, "broken"), wanted(request))
        return HTMLResponse(text, code, headers)


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
