"""Which columns the role may not read, of those that deploy/postgresql-grants.sql grants, and what is missing then."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from bmrepmon.offline.doctor.check import Check
from bmrepmon.words.language import Language

ROLE = "bmrepmon"  # that the file makes
GRANTS = "deploy/postgresql-grants.sql"


class Who(NamedTuple):
    """Who asks, and where."""

    role: str
    database: str


class Needed(NamedTuple):
    """The columns of a table, and the key of the text that tells what is lost without them."""

    columns: tuple[str, ...]
    lost: str


NEEDED: Mapping[str, Needed] = {
    "t_message_body": Needed(("guid", "created"), "lost_comparison"),
    "t_mailbox_replica": Needed(("item_id", "unique_id", "last_uid", "highest_mod_seq", "uid_validity"), "lost_lag"),
    "t_container": Needed(("id", "uid"), "lost_comparison"),
    "t_container_item": Needed(("id", "uid", "container_id"), "lost_lag"),
    "t_mailbox_record": Needed(
        ("message_body_guid", "system_flags", "imap_uid", "container_id", "item_id"), "lost_comparison"
    ),
}
# Of the columns that there are, which depends on the version of BlueMind.
LACKING = """
SELECT needed.place, attname::text
FROM unnest(%s::text[], %s::text[]) AS needed (place, field)
JOIN pg_attribute ON attrelid = to_regclass(needed.place) AND attname = needed.field AND NOT attisdropped
WHERE NOT has_column_privilege(attrelid, attnum, 'SELECT')
ORDER BY needed.place, attnum
"""
Lacking = Sequence[tuple[str, str]]  # table and column, by table


def asked() -> tuple[list[str], list[str]]:
    """Return what ``LACKING`` takes: tables, and a column of each."""
    pairs = [(table, field) for table, needed in NEEDED.items() for field in needed.columns]
    return [table for table, _ in pairs], [field for _, field in pairs]


def missing_rights(t: Language, subject: str, about: str, found: Lacking, who: Who) -> Iterator[Check]:
    """Yield one line a table of which a column may not be read, with the way out."""
    for table, rows in groupby(found, key=lambda row: row[0]):
        columns = ", ".join(column for _, column in rows)
        told = t("no_columns", about=about, columns=columns, table=table, lost=t(NEEDED[table].lost))
        yield Check(subject, "failed", told, way_out(t, f"({columns}) ON {table}", who))


def way_out(t: Language, what: str, who: Who) -> tuple[str, ...]:
    """Return what grants a right: the file again for its own role, a command for another."""
    if who.role == ROLE:
        return (f"sudo -u postgres psql -d {shell(who.database)} -f {GRANTS}    # {t('grants_again')}",)
    return (grant(what, who), t("no_right_way"))


def grant(what: str, who: Who) -> str:
    """Return the command that lets a role read, fit for a shell."""
    name = who.role.replace('"', '""').replace("'", "'\\''")
    return f"sudo -u postgres psql -d {shell(who.database)} -c 'GRANT SELECT {what} TO \"{name}\"'"


def shell(name: str) -> str:
    """Return a name in quotes."""
    return "'" + name.replace("'", "'\\''") + "'"
