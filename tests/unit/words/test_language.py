from datetime import UTC, datetime, timedelta

import pytest

from bmrepmon.words.language import choose, load_language, spoken

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7", "fr"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("de, fr-CA;q=0.9, en;q=0.8", "fr"),
        ("de", "en"),
        ("*", "en"),
        ("*;q=0.1, fr;q=0.5", "fr"),
        ("FR", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("fr;q=nonsense, en;q=0.1", "en"),
        (";;;,,,q=", "en"),
    ],
)
def test_the_reader_gets_the_language_liked_best(header: str, expected: str) -> None:
    """Weights count, regions do not, and nonsense is English."""
    assert choose(header) == expected


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (None, "\u2013", "\u2013"),
        (0.0, "0\u00a0s", "0\u00a0s"),
        (0.0004, "1\u00a0ms", "1\u00a0ms"),
        (0.25, "250\u00a0ms", "250\u00a0ms"),
        (1.5, "1.5\u00a0s", "1,5\u00a0s"),
        (12.3, "12\u00a0s", "12\u00a0s"),
        (119.0, "119\u00a0s", "119\u00a0s"),
        (120.0, "2\u00a0min", "2\u00a0min"),
        (7200.0, "2\u00a0h", "2\u00a0h"),
        (5 * 86400.0, "5\u00a0d", "5\u00a0j"),
    ],
)
def test_stretches_of_time_are_short(value: float | None, english: str, french: str) -> None:
    """A reader sees the size, not the digits."""
    assert load_language("en", "status").seconds(value) == english
    assert load_language("fr", "status").seconds(value) == french


def test_numbers_are_written_in_the_reader_s_form() -> None:
    """Thousands are apart, and what is not known is a dash."""
    assert load_language("en", "status").number(1_234_567) == "1,234,567"
    assert load_language("fr", "status").number(1_234_567) == "1\u202f234\u202f567"
    assert load_language("en", "status").number(None) == "\u2013"
    assert load_language("en", "status").signed(5) == "+5"
    assert load_language("en", "status").signed(0) == "0"
    assert load_language("en", "status").signed(-5) == "-5"


def test_ages_never_lie_in_the_future() -> None:
    """A clock that was set back shows now, not minus something."""
    assert load_language("fr", "status").age(NOW - timedelta(seconds=12), NOW) == "il y a 12\u00a0s"
    assert load_language("en", "status").age(NOW + timedelta(hours=1), NOW) == "0\u00a0s ago"
    assert load_language("en", "status").age(None, NOW) == "\u2013"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "fr_CH@euro", "LC_MESSAGES": ""}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "C", "LC_ALL": "fr_CA"}, "fr"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_a_terminal_gets_the_language_of_its_locale(environ: dict[str, str], expected: str) -> None:
    """The first variable that is set decides, as POSIX says, and what we do not speak is English."""
    assert spoken(environ) == expected


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (None, "\u2013", "\u2013"),
        (0.0, "0 s", "0 s"),
        (0.25, "250 ms", "250 ms"),
        (4.23, "4.2 s", "4,2 s"),
        (59.0, "59 s", "59 s"),
        (60.0, "1 min", "1 min"),
        (200.0, "3 min 20 s", "3 min 20 s"),
        (7500.0, "2 h 5 min", "2 h 5 min"),
        (273_600.0, "3 d 4 h", "3 j 4 h"),
    ],
)
def test_lengths_have_the_two_units_that_matter(value: float | None, english: str, french: str) -> None:
    """Nobody wants the seconds of three days."""
    assert load_language("en", "replay").length(value).replace("\u00a0", " ") == english
    assert load_language("fr", "replay").length(value).replace("\u00a0", " ") == french


def test_times_are_written_in_the_reader_s_form() -> None:
    """The year comes last in French."""
    assert load_language("en", "status").moment(NOW) == "2026-01-02 03:04:05 UTC"
    assert load_language("fr", "status").moment(NOW) == "02/01/2026 03:04:05 UTC"
    assert load_language("fr", "status").date(None) == "\u2013"
