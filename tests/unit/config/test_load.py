import pytest
from hypothesis import given, strategies as st
from psycopg.pq import Conninfo

from bmrepmon.config.checks import CONNINFO_KEYS
from bmrepmon.config.load import ConfigError, override, parse_settings
from bmrepmon.config.settings import KEYS, SECTIONS, Backend, Settings
from bmrepmon.config.types import Address, Secret, Trigger

PLANTED = "hunter2-PLANTED"


def problems(text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_settings(text.encode(), "bmrepmon.toml", environ or {})
    return caught.value.lines


def outcome(raw: bytes, environ: dict[str, str] | None = None) -> Settings | tuple[str, ...]:
    try:
        return parse_settings(raw, "bmrepmon.toml", environ or {})
    except ConfigError as error:
        return error.lines


def test_nothing_written_is_all_defaults() -> None:
    """With no file and no environment, the settings are the defaults."""
    assert parse_settings(b"", "none", {"PATH": "/bin"}) == Settings()


def test_a_file_with_every_kind_of_value() -> None:
    """Lists, paths, secrets, triggers, numbers and switches all arrive as their own types."""
    settings = parse_settings(
        b"""
        [web]
        listen = ["0.0.0.0:9000", "[::1]:9001"]
        [core]
        replication_log = ""
        timezone = "Europe/Paris"
        [[backend]]
        name = "bm-master"
        addresses = ["10.1.2.3", "FE80::0:1"]
        database = "host=localhost dbname=bj-data password='x y'"
        [schedule]
        spool = "2m"
        exact_count = "cron 0 4 * * 0"
        [privacy]
        names_in_metrics = true
        """,
        "bmrepmon.toml",
        {},
    )

    assert settings.web.listen == (Address("0.0.0.0", 9000), Address("::1", 9001))  # noqa: S104
    assert settings.core.replication_log == ""
    assert settings.core.timezone == "Europe/Paris"
    assert settings.backend == (
        Backend(
            name="bm-master",
            addresses=("10.1.2.3", "fe80::1"),
            database=Secret("host=localhost dbname=bj-data password='x y'"),
        ),
    )
    assert settings.schedule.spool == Trigger(120.0, None)
    assert settings.schedule.exact_count == Trigger(None, "0 4 * * sun")
    assert settings.privacy.names_in_metrics is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[cor]\n", "bmrepmon.toml: [cor]: there is no such section - did you mean 'core'?"),
        (
            "[core]\nreplicatoin_log = '/x'\n",
            "bmrepmon.toml: [core] replicatoin_log: there is no such key - did you mean 'replication_log'?",
        ),
        ("[limits]\nsync_port = 1\n", "bmrepmon.toml: [limits] sync_port: there is no such key - it belongs in [core]"),
        ("spool = '/x'\n", "bmrepmon.toml: spool stands before any section - it belongs in [[backend]]"),
        ("web = 1\n", "bmrepmon.toml: web is a section: write [web] on a line, and its keys below"),
        (
            "[backend]\nname = 'a'\n",
            "bmrepmon.toml: [backend] must be written with two brackets, [[backend]], once per backend",
        ),
        ("[core]\nsync_port = '2501'\n", "bmrepmon.toml: [core] sync_port: must be a whole number, not a text"),
        ("[core]\nsync_port = true\n", "bmrepmon.toml: [core] sync_port: must be a whole number, not true or false"),
        ("[core]\nsync_port = 65536\n", "bmrepmon.toml: [core] sync_port: must be a number from 1 to 65535"),
        (
            "[core]\ncore_log = 'bm/core.log'\n",
            "bmrepmon.toml: [core] core_log: 'bm/core.log' is not an absolute path: start it with /",
        ),
        (
            "[core]\ntimezone = 'Europe/Pari'\n",
            "bmrepmon.toml: [core] timezone: 'Europe/Pari' is not a time zone - did you mean 'Europe/Paris'?",
        ),
        (
            "[limits]\ndatabase_timeout = '0s'\n",
            "bmrepmon.toml: [limits] database_timeout: must be longer than nothing and at most a year, for example 30s",
        ),
        (
            "[limits]\ndatabase_quiet_hours = ['8-18']\n",
            (
                "bmrepmon.toml: [limits] database_quiet_hours: '8-18' is no window of time: write 22:00-02:00, "
                "Sat 20:00-06:00, Mon-Fri 01:00-03:00, or once 2026-12-24T20:00/2026-12-25T06:00"
            ),
        ),
        (
            "[schedule]\nspool = '60'\n",
            "bmrepmon.toml: [schedule] spool: '60' is not a duration: write for example 500ms, 30s, 5m or 1h30m",
        ),
        (
            "[schedule]\nspool = '100ms'\n",
            "bmrepmon.toml: [schedule] spool: '100ms' is too often: a source looks at most once a second",
        ),
        (
            "[schedule]\nspool = 'cron 0 0 30 2 *'\n",
            "bmrepmon.toml: [schedule] spool: this cron line never comes: none of its months has such a day",
        ),
        (
            "[web]\nlisten = []\n",
            "bmrepmon.toml: [web] listen: names no address: write at least one, for example 127.0.0.1:10057",
        ),
        (
            "[web]\nlisten = '127.0.0.1:1'\n",
            'bmrepmon.toml: [web] listen: must be a list, in square brackets, for example ["..."], not a text',
        ),
        ("[web]\nlisten = ['a:1', 'a:1']\n", "bmrepmon.toml: [web] listen: names the same thing twice"),
        (
            "[[backend]]\naddresses = ['mail']\n",
            "bmrepmon.toml: [[backend]] number 1 addresses: 'mail' is not an IP address: names are not looked up here",
        ),
        (
            "[[backend]]\nname = 'a'\n[[backend]]\nname = 'a'\n",
            (
                "bmrepmon.toml: [[backend]] number 2 name: the name a is used already by [[backend]] number 1 name: "
                "each needs its own"
            ),
        ),
        (
            "[[backend]]\nspool = '/x'\narchive = '/x/'\n",
            (
                "bmrepmon.toml: [[backend]] number 1 archive: /x is used already by [[backend]] number 1 spool: "
                "each needs its own"
            ),
        ),
        (
            "[[backend]]\nname = 'a'\n[[backend]]\n",
            (
                "bmrepmon.toml: [[backend]] number 2 name: is missing: with several backends each needs one, "
                "its server's uid"
            ),
        ),
        (
            "[web]\nlisten = 127.0.0.1\n",
            (
                "bmrepmon.toml: line 2, column 15: is not TOML: Expected newline or end of document after a statement "
                "(texts stand in quotes, lists in square brackets)"
            ),
        ),
    ],
)
def test_each_mistake_names_its_place_and_the_way_out(text: str, expected: str) -> None:
    """A mistake is told in one line: the file, section, key, what is wrong, and what to write."""
    assert problems(text) == (expected,)


def test_bytes_that_are_not_utf8_name_their_line() -> None:
    """A file in Latin-1 is told by the line of the first bad byte."""
    with pytest.raises(ConfigError) as caught:
        parse_settings("[core]\n# café\n".encode("latin-1"), "bmrepmon.toml", {})

    assert caught.value.lines == ("bmrepmon.toml: line 2: is not UTF-8: save the file in that encoding",)


def test_all_problems_are_told_at_once() -> None:
    """One run of check-config shows everything that is wrong, in file and environment."""
    found = problems("[web]\nlisten = 1\nx = 2\n[core]\nsync_port = 0\n[nope]\n", {"BMREPMON_STATE__DIRECTORY": "x"})

    assert len(found) == 5


def test_the_environment_beats_the_file() -> None:
    """A variable replaces what the file says; lists are separated by commas."""
    settings = parse_settings(
        b"[core]\nsync_port = 1\ntimezone = 'UTC'\n[[backend]]\nname = 'a'\n[[backend]]\nname = 'b'\n",
        "bmrepmon.toml",
        {
            "BMREPMON_CORE__SYNC_PORT": "2502",
            "BMREPMON_WEB__LISTEN": "127.0.0.1:1, [::1]:2",
            "BMREPMON_PRIVACY__NAMES_IN_METRICS": "yes",
            "BMREPMON_BACKEND__EXPECTED_SESSIONS": "1",
            "BMREPMON_BACKEND__2__NAME": "c",
            "BMREPMON_BACKEND__3__NAME": "d",
        },
    )

    assert settings.core.sync_port == 2502
    assert settings.core.timezone == "UTC"
    assert settings.web.listen == (Address("127.0.0.1", 1), Address("::1", 2))
    assert settings.privacy.names_in_metrics is True
    assert settings.backend == (Backend(name="a", expected_sessions=1), Backend(name="c"), Backend(name="d"))


def test_the_environment_alone_makes_a_backend() -> None:
    """Without a file, BMREPMON_BACKEND__ describes the only backend."""
    settings = parse_settings(b"", "none", {"BMREPMON_BACKEND__NAME": "bm", "BMREPMON_BACKEND__SPOOL": "/s"})

    assert settings.backend == (Backend(name="bm", spool="/s"),)


def test_variables_of_an_orchestrator_are_not_ours() -> None:
    """Kubernetes describes a service called bmrepmon by variables that begin like ours."""
    environ = {"BMREPMON_SERVICE_HOST": "10.0.0.1", "BMREPMON_PORT": "tcp://x", "BMREPMON_PORT_10057_TCP": "tcp://x"}

    assert parse_settings(b"", "none", environ) == Settings()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"BMREPMON_WEB__LISTN": "x"},
            "BMREPMON_WEB__LISTN: no key is set by this variable - did you mean 'BMREPMON_WEB__LISTEN'?",
        ),
        ({"BMREPMON_CORE__SYNC_PORT": "abc"}, "BMREPMON_CORE__SYNC_PORT: must be a whole number, not a text"),
        (
            {"BMREPMON_PRIVACY__NAMES_IN_METRICS": "perhaps"},
            "BMREPMON_PRIVACY__NAMES_IN_METRICS: must be true or false, not a text",
        ),
        (
            {"BMREPMON_BACKEND__2__NAME": "x"},
            "BMREPMON_BACKEND__2__NAME: there is no backend number 1: number them from 1, leaving none out",
        ),
        (
            {"BMREPMON_BACKEND__1__NAME": "x", "BMREPMON_BACKEND__NAME": "y"},
            "BMREPMON_BACKEND__NAME: sets the same key as BMREPMON_BACKEND__1__NAME: keep one of them",
        ),
    ],
)
def test_a_wrong_variable_is_named(environ: dict[str, str], expected: str) -> None:
    """A mistake in the environment names the variable."""
    assert problems("", environ) == (expected,)


@pytest.mark.parametrize(
    "written",
    [
        f"host=localhost pasword={PLANTED}",
        f"host=localhost password=my {PLANTED}",
        f"host=localhost password=my {PLANTED}=x",
        f"password='{PLANTED}",
        f"postgresql://bj:{PLANTED}@host:99999/bj-data",
        f"postgresql://bj:{PLANTED}@[host/bj-data",
        f"host=localhost password={PLANTED}\\u0000",
        PLANTED,
    ],
)
@pytest.mark.parametrize("by_environment", [False, True])
def test_a_wrong_connection_string_is_described_without_its_value(written: str, *, by_environment: bool) -> None:
    """No part of a connection string is in the error, in its repr, or in the chain of exceptions behind it."""
    text, environ = f'[[backend]]\ndatabase = "{written}"\n', {}
    if by_environment:
        text, environ = "", {"BMREPMON_BACKEND__DATABASE": written.replace("\\u0000", "\0")}

    with pytest.raises(ConfigError) as caught:
        parse_settings(text.encode(), "bmrepmon.toml", environ)

    error: BaseException | None = caught.value
    assert "database" in str(error).lower()
    while error is not None:
        assert PLANTED not in f"{error} {error!r} {error.args}"
        error = error.__cause__ or error.__context__


def test_every_keyword_of_libpq_is_known() -> None:
    """A connection string that libpq takes is not refused for a keyword that we forgot."""
    assert {option.keyword.decode() for option in Conninfo.get_defaults()} <= set(CONNINFO_KEYS)


def test_a_good_secret_shows_nowhere_in_the_settings() -> None:
    """Printing, formatting or describing the settings does not show the password."""
    settings = parse_settings(b"", "none", {"BMREPMON_BACKEND__DATABASE": f"host=h password={PLANTED}"})

    assert PLANTED not in f"{settings} {settings!r} {settings.backend[0].database}"
    assert settings.backend[0].database == Secret(f"host=h password={PLANTED}")


@pytest.mark.parametrize("key", sorted({key for keys in KEYS.values() for key in keys}))
def test_a_password_in_the_wrong_key_is_not_told(key: str) -> None:
    """Wherever somebody pastes a connection string by mistake, it is not repeated."""
    section = next(section for section, keys in KEYS.items() if key in keys)
    header = f"[[{section}]]" if section == "backend" else f"[{section}]"
    for value in (f'"host=h password={PLANTED} x x"', f'["password={PLANTED}"]', f'{{x = "{PLANTED}"}}'):
        result = outcome(f"{header}\n{key} = {value}\n".encode())
        assert key == "name" or PLANTED not in repr(result)


NAMES = st.sampled_from([*SECTIONS, *(key for keys in KEYS.values() for key in keys), "x", '"é\\n"'])
VALUES = st.one_of(
    st.sampled_from(
        ["true", "[]", "{}", "[1, 'a']", "1979-05-27", "nan", "-inf", "0x" + "f" * 5000, "'cron * * * * *'"]
    ),
    st.integers().map(str),
    st.text(max_size=12).map(lambda text: "'''" + text + "'''"),
    st.from_regex(r"'[0-9]{1,12}(ms|s|m|h|d)'", fullmatch=True),
    st.from_regex(r"'cron( [0-9*/,-]{1,5}){5}'", fullmatch=True),
)
LINES = st.one_of(
    NAMES.map(lambda name: f"[{name}]"),
    NAMES.map(lambda name: f"[[{name}]]"),
    st.tuples(NAMES, VALUES).map(" = ".join),
    st.text(max_size=20),
)


@given(
    st.lists(LINES, max_size=8).map("\n".join),
    st.dictionaries(
        st.sampled_from(["BMREPMON_X", "BMREPMON_WEB__LISTEN", "BMREPMON_BACKEND__2__NAME", "BMREPMON_LIMITS__SERIES"]),
        st.text(max_size=12),
    ),
)
def test_any_text_gives_settings_or_problems(text: str, environ: dict[str, str]) -> None:
    """Whatever is in the file, the outcome is settings, or a list of one-line problems."""
    result = outcome(text.encode("utf-8", "surrogatepass"), environ)

    assert result
    assert isinstance(result, Settings) or all(problem.isprintable() and len(problem) < 300 for problem in result)


@given(st.binary(max_size=60))
def test_any_bytes_give_settings_or_problems(raw: bytes) -> None:
    """Not even a file that is no text raises anything but ConfigError."""
    assert outcome(raw)


def test_the_command_line_beats_both() -> None:
    """Options are checked like keys of the file, and put on top."""
    settings = override(Settings(), {"web.listen": ("[::1]:0",), "state.directory": "/s"})

    assert settings.web.listen == (Address("::1", 0),)
    assert settings.state.directory == "/s"
    assert settings.core == Settings().core


def test_wrong_options_are_told_like_wrong_keys() -> None:
    """Each wrong option is one line."""
    with pytest.raises(ConfigError) as caught:
        override(Settings(), {"web.listen": ("x",), "state.directory": "s"})

    assert [problem.split(":")[:2] for problem in caught.value.lines] == [
        ["the command line", " [web] listen"],
        ["the command line", " [state] directory"],
    ]
