from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from bmrepmon.publish.language import LANGUAGES, choose, load_language

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


def test_every_language_has_the_same_texts() -> None:
    """No text is missing in a language, and none forgets a value."""
    texts = {code: load_language(code).texts for code in LANGUAGES}
    values = {
        code: {key: sorted(name for _, name, _, _ in Formatter().parse(text) if name) for key, text in found.items()}
        for code, found in texts.items()
    }

    assert values["fr"] == values["en"]


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
    assert load_language("en").seconds(value) == english
    assert load_language("fr").seconds(value) == french


def test_numbers_are_written_in_the_reader_s_form() -> None:
    """Thousands are apart, and what is not known is a dash."""
    assert load_language("en").number(1_234_567) == "1,234,567"
    assert load_language("fr").number(1_234_567) == "1\u202f234\u202f567"
    assert load_language("en").number(None) == "\u2013"
    assert load_language("en").signed(5) == "+5"
    assert load_language("en").signed(0) == "0"
    assert load_language("en").signed(-5) == "-5"


def test_ages_never_lie_in_the_future() -> None:
    """A clock that was set back shows now, not minus something."""
    assert load_language("fr").age(NOW - timedelta(seconds=12), NOW) == "il y a 12\u00a0s"
    assert load_language("en").age(NOW + timedelta(hours=1), NOW) == "0\u00a0s ago"
    assert load_language("en").age(None, NOW) == "\u2013"
