"""Why PostgreSQL refused: one fixed word from an SQLSTATE or, while connecting, from a text.

libpq tells no SQLSTATE of a failed connection, only a text, which the server writes in its own language. BlueMind's
servers often speak French, so French and German are known beside English (source: PostgreSQL 15, src/backend/po).
"""

import re

SQLSTATES = (  # the first that the SQLSTATE begins with (PostgreSQL 18, appendix A)
    ("28", "password"),
    ("3D000", "no_database"),
    ("42P01", "no_table"),
    ("3F000", "no_table"),
    ("42501", "permission"),
    ("55P03", "lock"),
    ("57014", "timeout"),
    ("57P01", "server_shutdown"),
    ("57P02", "server_shutdown"),
    ("57P03", "server_starting"),
    ("57P", "disconnected"),
    ("25P03", "disconnected"),
    ("08", "disconnected"),
    ("53300", "too_many_connections"),
    ("53", "server_resources"),
    ("40", "recovery_conflict"),
)

TEXTS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), reason)
    for pattern, reason in (  # the first that is found
        (r"definition of service|service file|connection info string|invalid .* value:", "bad_conninfo"),
        (r"failed to resolve host|translate host name", "unknown_host"),
        (r"connection refused|failed: no such file", "refused"),
        (r"on socket .* failed: permission denied", "socket_permission"),
        (r"no route to host|network is unreachable", "unreachable"),
        (r"timeout expired|timed out", "connect_timeout"),
        (r"pg_hba\.conf|no password supplied|authentication failed|authentification|authentifizierung", "password"),
        (r"role .* does not exist|permitted to log in|le rôle |rolle ", "password"),
        (r"permission denied for database|droit refusé pour la base|berechtigung für datenbank", "permission"),
        (r"database .* does not exist|base de données .* n'existe pas|datenbank .* existiert nicht", "no_database"),
        (
            r"too many|connection slots|trop de |emplacements de connexions|zu viele|verbleibenden",
            "too_many_connections",
        ),
        (r"shutting down|s'arrête|fährt herunter", "server_shutdown"),
        (r"starting up|accepting connections|recovery mode", "server_starting"),
        (r"se lance|n'accepte p|en cours de restauration", "server_starting"),
        (r"datenbanksystem startet|keine verbindungen an|wiederherstellungsmodus", "server_starting"),
        (r"\bssl\b|\btls\b|certificate", "tls"),
        (r"closed|reset by peer|broken pipe|connection is lost|could not (?:receive|send)", "disconnected"),
    )
)


def failure_reason(sqlstate: str | None, text: str) -> str:
    """Return the word for a failure; ``text`` is not kept, because it may hold parts of the connection string.

    >>> failure_reason("55P03", "")
    'lock'
    >>> failure_reason(None, "FATAL:  désolé, trop de clients sont déjà connectés")
    'too_many_connections'
    """
    if sqlstate is not None:
        return next((reason for start, reason in SQLSTATES if sqlstate.startswith(start)), "server_error")
    return next((reason for pattern, reason in TEXTS if pattern.search(text)), "failed")
