"""What it costs to know the number of bodies: one look at PostgreSQL's counters, against a count of all rows.

The scratch server is the demo's: no fsync, and the table is unlogged, so that five million rows of 400 bytes are there
within two minutes and 3 GB. Reading does not depend on that. The count is warm, and the planner's own choice: over the
primary key alone, for the table was vacuumed, and by several processes; the best that count(*) can do.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from bench.measure import Differs, Result, timed
from bmrepmon.demo.postgres import PASSWORD, Postgres
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.sources.database import Connection, DatabaseSource

TABLE = "CREATE UNLOGGED TABLE t_message_body (guid bytea, preview text, created timestamp DEFAULT now())"
ROWS = (
    "INSERT INTO t_message_body (guid, preview) SELECT decode(md5(n::text) || left(md5((-n)::text), 8), 'hex'), "
    "rpad(n::text, %s, 'mail ') FROM generate_series(%s::int, %s::int) n"
)
AROUND = 85  # bytes of a row beside its preview
WRITTEN = 1000  # rows that come between two looks
ACCURACY = 0.001  # of the rows
PATIENCE = 300.0  # seconds


def samples(rows: int, width: int, runs: int) -> Sequence[Result]:
    """Make so many rows of ``width`` bytes; look and count in turn, while rows come.

    Raises:
        Differs: a look was further from the count than a thousandth, or than it said itself.
    """
    with scratch(rows, width) as (server, admin):
        conninfo = f"{server.conninfo('bj-data')} password={PASSWORD}"
        connection = Connection("bm-master", lambda: conninfo, PATIENCE)
        with closing(DatabaseSource("bm-master", connection, SystemClock())) as source:
            source.read()
            turns = [turn(source, admin, rows + WRITTEN * n, width) for n in range(runs + 1)][1:]
    ours, peer = zip(*turns, strict=True)
    return [Result("bodies_sample", "s", ours, peer, "count(*), warm")]


@contextmanager
def scratch(rows: int, width: int) -> Iterator[tuple[Postgres, psycopg.Connection[Any]]]:
    """Make a server with a table of bodies, and take it away."""
    server = Postgres()
    try:
        server.create()
        server.start()
        with server.connect("postgres") as admin:
            admin.execute('CREATE DATABASE "bj-data"')
        with server.connect("bj-data") as admin:
            admin.execute(TABLE)
            write(admin, 1, rows, width)
            admin.execute("ALTER TABLE t_message_body ADD PRIMARY KEY (guid)")
            admin.execute("VACUUM (ANALYZE) t_message_body")
            yield server, admin
    finally:
        server.remove()


def write(admin: psycopg.Connection[Any], first: int, last: int, width: int) -> None:
    """Add rows, and let the statistics know at once where PostgreSQL can be asked to."""
    admin.execute(ROWS, (max(1, width - AROUND), first, last))
    if admin.info.server_version >= 150000:
        admin.execute("SELECT pg_stat_force_next_flush()")


def turn(source: DatabaseSource, admin: psycopg.Connection[Any], rows: int, width: int) -> tuple[float, float]:
    """Write, look, and count; return the seconds of the latter two."""
    write(admin, rows + 1, rows + WRITTEN, width)
    ours, found = timed(source.read)
    peer, [(exact,)] = timed(lambda: admin.execute("SELECT count(*) FROM t_message_body").fetchall())
    wrong = None if found.bodies is None else abs(found.bodies - exact)
    if wrong is None or wrong > min(ACCURACY * exact, found.carried.error or 0):
        raise Differs(f"bodies_sample: ours says {found.bodies}, count(*) says {exact}")
    return ours, peer
