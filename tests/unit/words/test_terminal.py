import io

import pytest

from bmrepmon.words.terminal import settle


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "1\u202f234 \u2013 à côté ✓ …"),
        ("iso-8859-1", "1 234 - à côté + ..."),
        ("ascii", "1 234 - a cote + ..."),
    ],
)
def test_a_terminal_shows_the_nearest_that_it_can(encoding: str, expected: str) -> None:
    """Nothing that is printed ends in a UnicodeEncodeError."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding)
    settle(stream)

    stream.write("1\u202f234 \u2013 à côté ✓ …")
    stream.flush()

    assert raw.getvalue().decode(encoding) == expected


def test_what_no_letter_resembles_is_a_question_mark() -> None:
    """Half a character of a file name, and a sign of another script."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    settle(stream)

    stream.write("a\udcff漢")
    stream.flush()

    assert raw.getvalue() == b"a??"
