"""An audit of many messages beside a local database: how many a second."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from bench.measure import Differs, Result
from bmrepmon.app.audit import CyrusSide, DatabaseSide
from bmrepmon.demo.postgres import PASSWORD, Postgres
from bmrepmon.demo.server import Plan, SimulatedServer
from bmrepmon.offline.audit.run import Backend, Course, Wanted, audit
from bmrepmon.sources.database import Connection
from bmrepmon.sources.folders import FolderTree

MAILBOXES = 100
LOSE = "DELETE FROM t_mailbox_record WHERE imap_uid %% 97 = 5 AND system_flags >= 0"


def audits(root: Path, messages: int, runs: int) -> Sequence[Result]:
    """Make a server, lose one record in a hundred, and audit it, warm; nobody else does such a thing.

    Raises:
        Differs: something else was found than what was lost.
    """
    root.mkdir()
    with SimulatedServer(root, Plan(mailboxes=MAILBOXES, messages=messages)) as server:
        server.build()
        if server.postgres is None:
            raise Differs("audit: there is no PostgreSQL to audit")
        with server.postgres.connect("bj-data") as connection:
            lost = connection.execute(LOSE, ()).rowcount
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
        meta = root / "var/spool/cyrus/meta"
        speeds = [speed(meta, server.postgres, lost) for _ in range(runs + 1)][1:]
    return [Result("audit_messages", "messages/s", tuple(speeds))]


def speed(meta: Path, postgres: Postgres, lost: int) -> float:
    """Audit once; return messages a second."""
    conninfo = f"{postgres.conninfo('bj-data')} password={PASSWORD}"
    with closing(Connection("bm-master", lambda: conninfo, 300.0)) as connection:
        backend = Backend("bm-master", CyrusSide(FolderTree("bm-master", meta)), DatabaseSide(connection))
        course = Course(Wanted())
        begun = perf_counter()
        kinds = [difference.kind for difference in audit([backend], course)]
        seconds = perf_counter() - begun
    if kinds != ["missing"] * lost or course.problems:
        raise Differs(f"audit: {len(kinds)} differences were found, {lost} records are lost; {course.problems}")
    return course.messages / seconds
