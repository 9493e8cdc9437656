"""The HTTP application: every answer is rendered from the last snapshot; nothing here waits for anything."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import Key
from bmrepmon.publish.access import Access, Guard
from bmrepmon.publish.exposition import SERIES, Exposition
from bmrepmon.publish.facts import awaited
from bmrepmon.publish.headers import SecurityHeaders
from bmrepmon.publish.page.house import House
from bmrepmon.words.language import choose

if TYPE_CHECKING:
    from bmrepmon.publish.visits import Visits

Answer = Callable[..., Awaitable[Response]]

# Not in a catalogue: those may be what cannot be read.
UNLOADED: Mapping[str, str] = {
    "en": "The pages of bmrepmon cannot be loaded ({error}). Was it updated while it ran? systemctl restart bmrepmon\n",
    "fr": "Les pages de bmrepmon ne peuvent être chargées ({error}). A-t-il été mis à jour en marche ? "
    "systemctl restart bmrepmon\n",
}


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
    answer = visited(snapshot, house)
    app = Starlette(
        routes=[
            *metrics_routes(Exposition(snapshot, limit)),
            *health_routes(snapshot, silent, sources),
            *visitors_routes(answer),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)],
        exception_handlers=dict.fromkeys((HTTPException, Exception), answer("refused")),
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


def health_routes(
    snapshot: Callable[[], Snapshot], silent: Callable[[], tuple[str, ...]], sources: Callable[[], Collection[Key]]
) -> Sequence[Route]:
    """Serve ``/-/healthy`` and ``/-/ready``; neither says anything about replication."""

    async def healthy(_: Request) -> Response:
        return told("no sign of life from: ", silent())

    async def ready(_: Request) -> Response:
        return told("not yet read: ", [" of ".join(filter(None, key)) for key in awaited(snapshot(), sources())])

    return [Route("/-/healthy", healthy), Route("/-/ready", ready)]


def visitors_routes(answer: Callable[[str], Answer]) -> Sequence[Route]:
    """Serve what people, and programs on their behalf, look at now and then."""
    return [
        Route("/", answer("landing")),
        Route("/static/{name}", answer("static")),
        Route("/runbooks", answer("runbooks")),
        Route("/runbooks/{name}", answer("runbook")),
        Route("/api/v1/status", answer("status")),
        Route("/api/v1/folders", answer("folders")),
        Route("/api/v1/history", answer("series")),
    ]


def visited(snapshot: Callable[[], Snapshot], house: Callable[[], House]) -> Callable[[str], Answer]:
    """Return what answers visitors by the name of an answer.

    The first one brings what that takes, three to five mebibytes in a tenth of a second, which a server that is only
    scraped never needs. What cannot be brought is told to each of them, and tried again for the next.
    """

    @cache
    def visits() -> "Visits":
        from bmrepmon.publish.visits import Visits

        return Visits(snapshot, house)

    def answer(name: str) -> Answer:
        async def answered(request: Request, *error: Exception) -> Response:
            try:
                answers = visits()
            except Exception as problem:  # noqa: BLE001 - an update in place mixes old code with new, of whatever kind
                language = choose(request.headers.get("Accept-Language", ""))
                return PlainTextResponse(UNLOADED[language].format(error=type(problem).__name__), 503)
            response: Response = await getattr(answers, name)(request, *error)
            return response

        return answered

    return answer


def told(sentence: str, names: Sequence[str]) -> Response:
    """Answer 200 when there is nobody to name, else 503 with the names."""
    return PlainTextResponse(f"{sentence}{', '.join(names)}\n", 503) if names else PlainTextResponse("ok\n")
