"""Can the mail database be read: a connection of a few seconds, read-only."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bmrepmon.config.installation import Database
from bmrepmon.offline.doctor.check import Check

PATIENCE = 5  # seconds to connect, and for each statement
LIMITS = f"-c statement_timeout={PATIENCE}s -c lock_timeout=1s -c default_transaction_read_only=on"
OLDEST, NEWEST = 110000, 189999  # versions that BlueMind 4 has come with, and that are tested
FACTS = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_user::text,
       current_database()::text, to_regclass('t_message_body')::text IS NOT NULL,
       CASE WHEN to_regclass('t_message_body') IS NULL THEN false
            ELSE has_any_column_privilege(to_regclass('t_message_body'), 'SELECT') END,
       CASE WHEN to_regclass('t_message_body') IS NULL THEN false
            ELSE has_table_privilege(to_regclass('t_message_body'), 'INSERT, UPDATE, DELETE') END
"""
GRANTS = "deploy/postgresql-grants.sql makes a role that may only read"

# What servers and libpq say, in English and French, and what helps. First match counts.
WAYS_OUT: Sequence[tuple[str, tuple[str, ...]]] = (
    (
        r"password|mot de passe|fe_sendauth|SCRAM",
        (
            "check the password where it comes from:",
            "[[backend]] database_password_file, the systemd credential database_password, or bm.ini",
        ),
    ),
    (
        r"pg_hba",
        (
            "let the server accept this connection: one line in its pg_hba.conf, then reload it:",
            "host  bj-data  bmrepmon  127.0.0.1/32  scram-sha-256   # md5 before PostgreSQL 14",
            "systemctl reload postgresql",
        ),
    ),
    (
        r"database .* does not exist|base de données .* n'existe pas",
        (
            "the mail lies in bj-data, one on each server with the tag bm/pgsql-data; look which databases there are:",
            "sudo -u postgres psql -l",
        ),
    ),
    (r"(role|rôle) .* (does not exist|n'existe pas)", (f"create the role: {GRANTS}",)),
    (
        r"translate host name|Name or service|resolve|Nom ou service",
        ("check the host in [[backend]] database or in bm.ini",),
    ),
    (
        r"",
        (
            "check that PostgreSQL runs and listens there:",
            "systemctl status postgresql",
            "ss -ltn 'sport = :5432'",
        ),
    ),
)


class Facts(NamedTuple):
    """The row that ``FACTS`` gives."""

    version: int
    shown_version: str
    role: str
    database: str
    has_table: bool
    may_read: bool
    may_write: bool


def database_check(subject: str, database: Database) -> Check:
    """Connect, ask for version and rights, and say what is missing."""
    try:
        facts = _facts(database)
    except (psycopg.Error, UnicodeError) as error:
        said = _said(error, database)
        ways_out = next(way for pattern, way in WAYS_OUT if re.search(pattern, said, re.IGNORECASE))
        return Check(subject, "failed", f"{database.shown}: {said}", ways_out)
    return _judged(subject, database.shown, facts)


def _facts(database: Database) -> Facts:
    conninfo = database.conninfo.reveal()
    options = f"{conninfo_to_dict(conninfo).get('options') or ''} {LIMITS}".strip()
    with psycopg.connect(
        conninfo, connect_timeout=PATIENCE, options=options, application_name="bmrepmon doctor", autocommit=True
    ) as connection:
        return Facts(*(connection.execute(FACTS).fetchone() or ()))


def _said(error: psycopg.Error | UnicodeError, database: Database) -> str:
    """Return the first thing that libpq or the server said, without any secret that might be quoted in it."""
    text = str(error).partition("\n")[0].removeprefix("connection failed: ")[:300]
    secrets = (value for key, value in conninfo_to_dict(database.conninfo.reveal()).items() if "pass" in key)
    for secret in secrets:
        text = text.replace(str(secret), "***") if secret else text
    return text


def _judged(subject: str, shown: str, facts: Facts) -> Check:
    about = f"{shown}: PostgreSQL {facts.shown_version}, as {facts.role}"
    if not facts.has_table:
        return Check(
            subject,
            "failed",
            f"{about}: there is no table t_message_body",
            ("the mail lies in the database bj-data, not in bj: write dbname=bj-data in [[backend]] database",),
        )
    if not facts.may_read:
        return Check(subject, "failed", f"{about}: may not read t_message_body", (_grant(facts), f"or: {GRANTS}"))
    if facts.may_write:
        return Check(subject, "note", f"{about}: may also write, which bmrepmon never does", (f"better: {GRANTS}",))
    if not OLDEST <= facts.version <= NEWEST:
        return Check(subject, "note", f"{about}: bmrepmon is tested with PostgreSQL 11 to 18")
    return Check(subject, "ok", f"{about}, t_message_body can be read")


def _grant(facts: Facts) -> str:
    """Return the command that lets the role read, fit for a shell."""
    database, role = (name.replace('"', '""').replace("'", "'\\''") for name in (facts.database, facts.role))
    return f"sudo -u postgres psql -d '{database}' -c 'GRANT SELECT ON t_message_body TO \"{role}\"'"
