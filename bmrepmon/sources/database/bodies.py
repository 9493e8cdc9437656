"""The message bodies that bm-core has stored: counted seldom, and carried forward by the counters in between."""

from collections.abc import Callable
from typing import Any, Protocol

import psycopg

from bmrepmon.model.carried import REST, Carried, Counters, carry, counted, worth_counting
from bmrepmon.model.observations import RowCounts
from bmrepmon.model.readings import NoData, SourceError
from bmrepmon.sources.database.connection import Connection
from bmrepmon.sources.database.query import load_query

TABLE = "t_message_body"
QUIET = "database of {backend}: the bodies are not counted in the hours of database_quiet_hours, but after them"


class Clock(Protocol):
    """Both kinds of time."""

    def now(self) -> float:
        """Return Unix seconds."""

    def steady(self) -> float:
        """Return seconds that never go backwards."""


class DatabaseSource:
    """Tells how many bodies one backend's database has: one short question a round, and now and then a count."""

    name = "database"

    def __init__(
        self,
        backend: str,
        connection: Connection,
        clock: Clock,
        *,
        known: Carried | None = None,
        due: Callable[[float, float], bool] = lambda _since, _now: False,
        quiet: Callable[[float], bool] = lambda _now: False,
    ) -> None:
        """Ask over ``connection``, which others may ask too, and go on from what is ``known`` of an earlier process.

        ``due`` tells whether a count was scheduled between two moments, ``quiet`` whether none may be made (Unix s).
        """
        self.backend = backend
        self._connection = connection
        self._clock = clock
        self._known = known
        self._due = due
        self._quiet = quiet
        self._not_before = float("-inf")  # steady seconds
        self._refusal: SourceError | None = None  # why there was no count when one was wanted
        self._counters_query = load_query("body_counters")
        self._query = load_query("count_bodies")

    def read(self) -> RowCounts:
        """Look once, and count where that is worth its price.

        Raises:
            NoData: nothing is known, and this is no time to count.
            SourceError: as ``Connection.ask``.
        """
        version = self._connection.glance(self._carry_on, TABLE)
        if self._wanted():
            self._refusal = self._recount()
        if self._known is None:
            raise (self._refusal or self._quiet_hours()).with_traceback(None)
        return RowCounts(self._known, version, str(self._refusal) if self._refusal else None)

    def close(self) -> None:
        """End a count that runs, and the connection."""
        self._connection.close()

    def _wanted(self) -> bool:
        now, known = self._clock.now(), self._known
        due = known is not None and self._due(known.exact.at, now)
        return self._clock.steady() >= self._not_before and worth_counting(known, now, due=due)

    def _recount(self) -> SourceError | None:
        """Count, where that may be; return why it was not done."""
        if self._quiet(self._clock.now()):
            return self._quiet_hours()
        begun = self._clock.steady()
        try:
            self._connection.ask(self._count, TABLE)
        except SourceError as error:
            ended = self._clock.steady()
            self._not_before = ended + REST * (ended - begun)
            return error
        return None

    def _quiet_hours(self) -> NoData:
        return NoData(QUIET.format(backend=self.backend))

    def _carry_on(self, connection: psycopg.Connection[Any]) -> int:
        counters = self._counters(connection)
        self._known = carry(self._known, counters) if self._known else None
        return connection.info.server_version

    def _count(self, connection: psycopg.Connection[Any]) -> None:
        """Count with one process, so that BlueMind keeps the others; first the counters, for nothing may be missed."""
        connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        counters = self._counters(connection)
        begun = self._clock.steady()
        [(bodies,)] = connection.execute(self._query).fetchall()
        before = carry(self._known, counters) if self._known else None
        self._known = counted(bodies, counters, self._clock.steady() - begun, before)

    def _counters(self, connection: psycopg.Connection[Any]) -> Counters:
        [row] = connection.execute(
            self._counters_query, prepare=True
        ).fetchall()  # planning takes longer than answering
        return Counters(self._clock.now(), *row)
