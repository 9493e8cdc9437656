"""Texts of PostgreSQL and libpq, as they were seen."""

import pytest
from hypothesis import given, strategies as st

from bmrepmon.parse.postgres_failure import failure_reason

AT = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('FATAL:  password authentication failed for user "bj"', "password"),
        ("FATAL:  authentification par mot de passe échouée pour l'utilisateur  « bj »", "password"),
        ("FATAL:  Passwort-Authentifizierung für Benutzer »bj« fehlgeschlagen", "password"),
        ("fe_sendauth: no password supplied", "password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "bj", database "bj-data", no encryption', "password"),
        ("FATAL:  le rôle « bj » n'existe pas", "password"),
        ('FATAL:  role "bj" is not permitted to log in', "password"),
        ('FATAL:  database "bj-data" does not exist', "no_database"),
        ("FATAL:  la base de données « bj-data » n'existe pas", "no_database"),
        ('FATAL:  permission denied for database "bj-data"\nDETAIL:  User does not have CONNECT', "permission"),
        ("FATAL:  droit refusé pour la base de données « bj-data »", "permission"),
        ("FATAL:  sorry, too many clients already", "too_many_connections"),
        ("FATAL:  désolé, trop de clients sont déjà connectés", "too_many_connections"),
        ("FATAL:  remaining connection slots are reserved", "too_many_connections"),
        ("FATAL:  the database system is shutting down", "server_shutdown"),
        ("FATAL:  le système de base de données s'arrête", "server_shutdown"),
        ("FATAL:  the database system is starting up", "server_starting"),
        ("FATAL:  le système de bases de données se lance", "server_starting"),
        ("FATAL:  le système de bases de données n'accepte pas encore de connexions", "server_starting"),
        ("FATAL:  das Datenbanksystem nimmt keine Verbindungen an", "server_starting"),
        ("Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?", "refused"),
        ("No route to host\n\tIs the server running on that host and accepting TCP/IP connections?", "unreachable"),
        ("Connection timed out", "connect_timeout"),
        ("server does not support SSL, but SSL was required", "tls"),
        ("server closed the connection unexpectedly", "disconnected"),
        ("FATAL:  something in a language that is not known", "failed"),
    ],
)  # fmt: skip
def test_what_a_server_says_while_connecting(text: str, reason: str) -> None:
    """Servers speak English, French or German before they know who connects."""
    assert failure_reason(None, AT + text) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("failed to resolve host 'nope.invalid': [Errno -2] Name or service not known", "unknown_host"),
        ('connection is bad: definition of service "nope" not found', "bad_conninfo"),
        ('connection to server on socket "/x/.s.PGSQL.5432" failed: No such file or directory', "refused"),
        ('connection to server on socket "/x/.s.PGSQL.5432" failed: Permission denied', "socket_permission"),
    ],
)
def test_what_fails_before_a_server_says_anything(text: str, reason: str) -> None:
    """Names, sockets and connection strings have reasons of their own."""
    assert failure_reason(None, text) == reason


@pytest.mark.parametrize(
    ("sqlstate", "reason"),
    [
        ("28P01", "password"),
        ("42P01", "no_table"),
        ("42501", "permission"),
        ("57014", "timeout"),
        ("57P01", "server_shutdown"),
        ("57P05", "disconnected"),
        ("08006", "disconnected"),
        ("53100", "server_resources"),
        ("40001", "recovery_conflict"),
        ("XX001", "server_error"),
    ],
)
def test_an_sqlstate_says_it_all(sqlstate: str, reason: str) -> None:
    """Whatever the text says, and in whatever language."""
    assert failure_reason(sqlstate, "password authentication failed") == reason


@given(st.none() | st.text(max_size=5), st.text())
def test_every_failure_has_a_word(sqlstate: str | None, text: str) -> None:
    """No text is too strange."""
    assert failure_reason(sqlstate, text).replace("_", "").isalpha()
