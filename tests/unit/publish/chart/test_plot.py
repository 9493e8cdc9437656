from xml.etree import ElementTree as ET

from hypothesis import given, strategies as st

from bmrepmon.publish.chart import TIME, Band, Chart, Frame, Limit, Line, bands, bar, draw, pile

FRAME = Frame(86_400.0, 86_400.0, 8)
Values = tuple[float | None, ...]


def chart(*values: Values, **more: object) -> ET.Element:
    """Draw lines named a, b, ... and read the drawing as XML."""
    lines = tuple(Line(name, name.upper(), line) for name, line in zip("ab", values, strict=False))
    given = {"label": "Lag", "frame": FRAME, "lines": lines, "tell": lambda value: f"{value:g} s", **more}
    return ET.fromstring(draw(Chart(**given)))  # type: ignore[arg-type]  # noqa: S314 - our own text


def words(drawn: ET.Element, tag: str) -> list[str]:
    return [found.text or "" for found in drawn.iter(tag)]


def paths(drawn: ET.Element, name: str) -> list[str]:
    return [path.get("d", "") for path in drawn.iter("path") if path.get("class") == name]


def test_a_chart_tells_its_values_without_a_script() -> None:
    """Each time with a value has a title: when, what of which line, and the state of then."""
    drawn = chart((None, 1, 2, *[None] * 5), (None, None, 7, *[None] * 5), bands=(Band(2, 4, "stalled"),))

    assert words(drawn, "title") == ["03:00 · A 1 s", "06:00 · A 2 s · B 7 s · stalled"]


def test_axes_have_units_and_times() -> None:
    """The grid is labelled in the unit of the values, the day by its hours."""
    drawn = chart((0, 50, 100, 250, 90, 0, 0, 0))

    assert words(drawn, "text") == ["0 s", "100 s", "200 s", "300 s", "04:00", "08:00", "12:00", "16:00", "20:00"]


def test_a_gap_is_a_gap() -> None:
    """A line does not go on over what nobody knows, and a single value is a dot."""
    (line,) = paths(chart((1, 1, None, None, None, 3, None, None)), "line a")

    assert line.count("M") == 2
    assert line.endswith("h3")


def test_limits_are_drawn_only_where_they_matter() -> None:
    """A limit far above everything would flatten the line."""
    limits = (Limit(60, "late"), Limit(1800, "too late"))

    assert len(paths(chart((40,) * 8, limits=limits, step=TIME), "limit")) == 1
    assert len(paths(chart((500, 2000, *[700] * 6), limits=(limits[1], Limit(900, "")), step=TIME), "limit")) == 2
    assert len(paths(chart((2000,) * 8, limits=limits, step=TIME), "limit")) == 1  # the lower one is lost in the ground
    assert paths(chart((1,) * 8, limits=limits, step=TIME), "limit") == []


def test_a_mirrored_line_goes_down_and_is_told_without_a_sign() -> None:
    """What is drawn below zero is not negative."""
    lines = (Line("a", "in", (4.0,) * 8), Line("b", "out", (3.0,) * 8, below=True))
    drawn = ET.fromstring(draw(Chart("Rates", FRAME, lines, "{:g}".format)))  # noqa: S314

    assert "-" not in "".join(words(drawn, "text") + words(drawn, "title"))
    assert float(paths(drawn, "line b")[0].split(",")[1].split(" ")[0]) > float(
        paths(drawn, "base")[0][3:].split("H")[0]
    )


def test_bands_are_stretches_of_one_state() -> None:
    """Unknown ranks, and such as no state has, make no band."""
    assert bands((None, 1.0, 1.0, 0.0, 9.0), ("x", "y")) == (Band(1, 3, "y"), Band(3, 4, "x"))


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1e12)), min_size=8, max_size=8).map(tuple),
    st.text(st.sampled_from("<>&\"'é x/=")),
)
def test_any_values_and_any_words_make_xml(values: Values, word: str) -> None:
    """Nothing breaks out of the drawing, and no value is not a number."""
    drawn = chart(values, label=word, bands=(Band(0, 8, "idle"),), state=lambda _: word)

    assert drawn.get("aria-label", "").split() == word.split()
    assert {found.tag.rpartition("}")[2] for found in drawn.iter()} <= {"svg", "rect", "title", "path", "text"}
    assert "nan" not in ET.tostring(drawn, "unicode").replace(word, "")


@given(st.lists(st.integers(-(10**7), 10**7), max_size=8))
def test_a_waterfall_ends_where_its_sum_is(parts: list[int]) -> None:
    """Every step begins where the one before it ended, and the last goes from nothing to the sum."""
    *steps, total = pile(parts)

    assert [step.start for step in steps[1:]] == [step.end for step in steps[:-1]]
    assert total.start == total.zero
    assert not steps or steps[-1].end == total.end
    assert all(0 <= place <= 1 for step in (*steps, total) for place in (step.start, step.end))
    assert "preserveAspectRatio" in bar(total, "total")
