from itertools import pairwise

from hypothesis import given, strategies as st

from bmrepmon.parse.lines import LINE_LIMIT, LineSplitter, event_date

TEXTS = st.lists(st.sampled_from([b"\n", b"a", b"\r", b"\x00\xff", b"2022-11-08 ", b"long " * 9]), max_size=60).map(
    b"".join
)


@given(TEXTS, st.lists(st.integers(0, 400)), st.sampled_from([1, 7, 64, LINE_LIMIT]))
def test_blocks_give_the_lines_of_the_whole(text: bytes, borders: list[int], limit: int) -> None:
    """Wherever the blocks are cut, the lines are those of bytes.split, each cut to the limit."""
    splitter = LineSplitter(limit)
    edges = sorted({0, len(text), *(border for border in borders if border < len(text))})

    lines = [line for start, end in pairwise(edges) for line in splitter.feed(text[start:end])]

    *whole, rest = text.split(b"\n")
    assert lines == [line[:limit] for line in whole]
    assert splitter.fed == len(text)
    assert splitter.consumed == len(text) - len(rest)
    assert splitter.finish() == ([rest[:limit]] if rest else [])
    assert splitter.consumed == len(text)


def test_what_is_kept_of_an_endless_line_is_bounded() -> None:
    """A line without end costs its first bytes, not its length."""
    splitter = LineSplitter(100)
    for _ in range(1000):
        assert splitter.feed(b"x" * 1000) == []

    assert splitter.consumed == 0
    assert splitter.feed(b"y\nnext\n") == [b"x" * 100, b"next"]
    assert splitter.consumed == splitter.fed == 1_000_007


def test_the_first_event_of_a_text_has_a_date() -> None:
    """Continuation lines before the first event are passed over."""
    assert event_date(b"\tat x\n2022-11-08 10:00:00,123 [main] x") == b"2022-11-08 10:00:00,123"


def test_a_text_without_an_event_has_no_date() -> None:
    """A date in the middle of a line, or without its time, begins no event."""
    assert event_date(b"of 2022-11-08 10:00:00,123 [x]\n2022-11-08\n") is None
