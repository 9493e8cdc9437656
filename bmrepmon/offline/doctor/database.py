"""Can the mail database be read: a connection of a few seconds, read-only."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bmrepmon.config.installation import Database
from bmrepmon.offline.doctor.check import Check
from bmrepmon.words.language import Language

PATIENCE = 5  # seconds to connect, and for each statement
LIMITS = f"-c statement_timeout={PATIENCE}s -c lock_timeout=1s -c default_transaction_read_only=on"
OLDEST, NEWEST = 11, 18  # versions that BlueMind 4 has come with, and that are tested
# What lag, the difference and `audit` are read from; which of these columns there are depends on the version.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "t_message_body": ("guid",),
    "t_mailbox_replica": ("item_id", "unique_id", "last_uid", "highest_mod_seq", "uid_validity"),
    "t_container": ("id", "uid"),
    "t_container_item": ("id", "uid", "container_id"),
    "t_mailbox_record": ("message_body_guid", "system_flags", "imap_uid", "container_id", "item_id"),
}
UNREADABLE = """
SELECT DISTINCT wanted.name
FROM unnest(%s::text[], %s::text[]) AS wanted (name, attname)
JOIN pg_attribute AS a ON a.attrelid = to_regclass(wanted.name) AND a.attname = wanted.attname AND NOT a.attisdropped
WHERE NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY wanted.name
"""
FACTS = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_user::text,
       current_database()::text, to_regclass('t_message_body')::text IS NOT NULL,
       CASE WHEN to_regclass('t_message_body') IS NULL THEN false
            ELSE has_any_column_privilege(to_regclass('t_message_body'), 'SELECT') END,
       CASE WHEN to_regclass('t_message_body') IS NULL THEN false
            ELSE has_table_privilege(to_regclass('t_message_body'), 'INSERT, UPDATE, DELETE') END
"""
GRANT_ALL = "sudo -u postgres psql -d bj-data -f deploy/postgresql-grants.sql"
# What servers and libpq say, in English and French; what helps; and the commands for it. First match counts.
WAYS_OUT: Sequence[tuple[str, str, tuple[str, ...]]] = (
    (r"password|mot de passe|fe_sendauth|SCRAM", "password_way", ()),
    (
        r"pg_hba",
        "pg_hba_way",
        ("host  bj-data  bmrepmon  127.0.0.1/32  scram-sha-256", "systemctl reload postgresql"),
    ),
    (
        r"database .* does not exist|base de données .* n'existe pas",
        "no_database_way",
        ("sudo -u postgres psql -l",),
    ),
    (r"(role|rôle) .* (does not exist|n'existe pas)", "no_role_way", ()),
    (r"translate host name|Name or service|resolve|Nom ou service", "host_way", ()),
    (r"", "not_running_way", ("systemctl status postgresql", "ss -ltn 'sport = :5432'")),
)


class Facts(NamedTuple):
    """What a connection found out."""

    version: int
    shown_version: str
    role: str
    database: str
    has_table: bool
    may_read: bool
    may_write: bool
    unreadable: tuple[str, ...]  # tables of which a column may not be read


def database_check(t: Language, subject: str, database: Database) -> Check:
    """Connect, ask for version and rights, and say what is missing."""
    try:
        facts = _facts(database)
    except (psycopg.Error, UnicodeError) as error:
        said = _said(error, database)
        way, commands = next((w, c) for pattern, w, c in WAYS_OUT if re.search(pattern, said, re.IGNORECASE))
        return Check(subject, "failed", f"{database.shown}: {said}", (t(way), *commands))
    return _judged(t, subject, database.shown, facts)


def _facts(database: Database) -> Facts:
    conninfo = database.conninfo.reveal()
    options = f"{conninfo_to_dict(conninfo).get('options') or ''} {LIMITS}".strip()
    with psycopg.connect(
        conninfo, connect_timeout=PATIENCE, options=options, application_name="bmrepmon doctor", autocommit=True
    ) as connection:
        wanted = [(table, column) for table, columns in COLUMNS.items() for column in columns]
        rows = connection.execute(UNREADABLE, [list(names) for names in zip(*wanted, strict=True)]).fetchall()
        unreadable = tuple(name for (name,) in rows)
        return Facts(*(*(connection.execute(FACTS).fetchone() or ()), unreadable))


def _said(error: psycopg.Error | UnicodeError, database: Database) -> str:
    """Return the first thing that libpq or the server said, without any secret that might be quoted in it."""
    text = str(error).partition("\n")[0].removeprefix("connection failed: ")[:300]
    secrets = (value for key, value in conninfo_to_dict(database.conninfo.reveal()).items() if "pass" in key)
    for secret in secrets:
        text = text.replace(str(secret), "***") if secret else text
    return text


def _judged(t: Language, subject: str, shown: str, facts: Facts) -> Check:
    about = t("about_database", shown=shown, version=facts.shown_version, role=facts.role)
    if not facts.has_table:
        return Check(subject, "failed", t("no_message_table", about=about), (t("no_message_table_way"),))
    if not facts.may_read:
        return Check(subject, "failed", t("no_right", about=about), (_grant(facts), t("no_right_way")))
    if facts.unreadable:
        missing = t("columns_missing", about=about, tables=", ".join(facts.unreadable))
        return Check(subject, "failed", missing, (GRANT_ALL, t("columns_missing_way")))
    if facts.may_write:
        return Check(subject, "note", t("may_write", about=about), (t("may_write_way"),))
    if not OLDEST <= facts.version // 10_000 <= NEWEST:
        return Check(subject, "note", t("untested_version", about=about, oldest=OLDEST, newest=NEWEST))
    return Check(subject, "ok", t("table_readable", about=about))


def _grant(facts: Facts) -> str:
    """Return the command that lets the role read, fit for a shell."""
    database, role = (name.replace('"', '""').replace("'", "'\\''") for name in (facts.database, facts.role))
    return f"sudo -u postgres psql -d '{database}' -c 'GRANT SELECT ON t_message_body TO \"{role}\"'"
