import base64
import gzip
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from bmrepmon.offline.replay import ReplayError, ReplayReport, analysis, render_json, render_text
from bmrepmon.words.language import load_language

LOGS = Path(__file__).parents[1] / "fixtures" / "logs"
RECORDED = (LOGS / "replication-2019.log.gz", LOGS / "replication-2022.log.gz")
START = datetime(2022, 6, 28, 10, tzinfo=UTC)
SESSION = "n.b.b.c.r.s.ReplicationSession INFO -"


def replay(paths: Iterable[Path], *options: Any, **named: Any) -> ReplayReport:
    """Replay, with warnings in English."""
    return analysis.replay(paths, load_language("en", "replay"), *options, **named)


def event(seconds: float, message: str, thread: str = "t1") -> str:
    at = START + timedelta(seconds=seconds)
    return f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} [{thread}] {SESSION} {message}\n"


def applied(seconds: float, frame: int = 9, took: float = 0.01) -> str:
    command = (
        f"REPL C: [frame-{frame:08d}]: APPLY MAILBOX %(UNIQUEID u MBOXNAME a.test!user.x PARTITION s__a_test RECORD ())"
    )
    return event(seconds, command) + event(seconds + took, f"REPL S: [frame-{frame:08d}]: OK success")


def log(folder: Path, *events: str, name: str = "replication.log") -> Path:
    path = folder / name
    path.write_text("".join(events), "utf-8")
    os.utime(path, (0, 0))
    return path


def text_of(report: ReplayReport, language: str = "en") -> str:
    screen = io.StringIO()
    render_text(report, Console(file=screen, width=80, highlight=False), load_language(language, "replay"))
    return screen.getvalue()


@pytest.fixture(scope="module", params=RECORDED, ids=lambda path: path.name)
def recorded(request: pytest.FixtureRequest) -> tuple[Path, ReplayReport]:
    """A recorded log, replayed."""
    return request.param, replay([request.param])


def test_totals_equal_what_the_file_holds(recorded: tuple[Path, ReplayReport]) -> None:
    """Counted by plain search: commands, answers, bodies; three applies were refused."""
    path, report = recorded
    raw = gzip.decompress(path.read_bytes())

    assert report.apply_mailbox == raw.count(b"]: APPLY MAILBOX %(") == 120
    assert report.apply_mailbox_refused == raw.count(b"]: NO java") == 3
    assert report.apply_mailbox_ok == 117
    assert report.applied_messages == 124
    assert report.replies.bad == raw.count(b"]: BAD invalid") == 2
    assert report.replies.ok == raw.count(b"]: OK ") + raw.count(b"\nOK success\n")
    assert report.lines == raw.count(b"\n")
    assert report.errors == {"timeout": 3, "protocol_bad": 2}
    assert report.warnings == ()


def test_both_forms_tell_the_same() -> None:
    """2019 in Paris and 2022 in UTC: the same moments, totals, sessions and gaps."""
    old, new = map(replay, ([RECORDED[0]], [RECORDED[1]]))

    assert (old.timezone.name, new.timezone.name) == ("UTC+01:00", "UTC")
    for name in ("first_event", "last_event", "commands", "replies", "refused", "errors", "apply_seconds", "sessions"):
        assert getattr(old, name) == getattr(new, name), name
    assert old.partitions == new.partitions
    assert [(gap.start, gap.end) for gap in old.gaps] == [(gap.start, gap.end) for gap in new.gaps]


def test_sessions_are_put_together(recorded: tuple[Path, ReplayReport]) -> None:
    """Two said EXIT, one was cut, and the last one was when the laboratory stopped."""
    _, report = recorded

    assert [session.closed for session in report.sessions] == ["exit", "exit", "cut", "cut"]
    assert [round(session.seconds) for session in report.sessions] == [507, 19, 21, 241]
    assert report.sessions[0].peer == "127.0.0.1:34836"


def test_no_secret_and_no_mailbox_in_any_output(recorded: tuple[Path, ReplayReport]) -> None:
    """Neither the token, plain or in base64, nor a name of a mailbox."""
    path, report = recorded
    raw = gzip.decompress(path.read_bytes())
    token = raw.partition(b"AUTHENTICATE PLAIN ")[2].partition(b"\n")[0]
    plain = base64.b64decode(token).rpartition(b"\0")[2]
    assert plain in base64.b64decode(token) != b""

    for output in (render_json(report), text_of(report)):
        assert token.decode() not in output
        assert plain.decode() not in output
        assert "user." not in output


def test_the_document_has_its_promised_names(recorded: tuple[Path, ReplayReport]) -> None:
    """Names and forms that others rely on; every time has its offset."""
    document = json.loads(render_json(recorded[1]))

    promised = {
        "files",
        "lines",
        "first_event",
        "last_event",
        "apply_mailbox",
        "applied_messages",
        "replies",
        "sessions",
    }
    assert promised | {"errors", "gaps", "apply_seconds", "partitions"} <= set(document)
    assert set(document["replies"]) == {"ok", "no", "bad"}
    assert {"from", "to", "seconds", "reason"} <= set(document["gaps"][0])
    assert {"p50", "p99", "max"} <= set(document["apply_seconds"])
    assert datetime.fromisoformat(document["first_event"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "120 APPLY MAILBOX: 117 OK, 3 refused"), ("fr", "120 APPLY MAILBOX : 117 OK, 3 refusés")],
)
def test_the_text_fits_eighty_columns(recorded: tuple[Path, ReplayReport], language: str, says: str) -> None:
    """Plain text without a terminal, readable at 80 columns, in the reader's language."""
    text = text_of(recorded[1], language)

    assert says in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_files_are_read_in_the_order_of_their_events(tmp_path: Path) -> None:
    """However they are named and given, plain or compressed; an answer may stand in the next file."""
    first = log(
        tmp_path,
        event(0, "Starting session 1 with 10.0.0.1:5"),
        event(1, "REPL C: [frame-00000007]: RESTART"),
        name="z",
    )
    second = log(tmp_path, event(5, "REPL S: [frame-00000007]: OK Restarting"), applied(6), name="y")
    third = tmp_path / "a.gz"
    third.write_bytes(gzip.compress(applied(20).encode()))
    report = replay([third, second, first])

    assert [Path(file.path).name for file in report.files] == ["z", "y", "a.gz"]
    assert report.replies.ok == 3
    assert report.apply_mailbox == 2
    assert report.warnings == ()


def test_a_file_given_twice_is_noticed(tmp_path: Path) -> None:
    """Its events count twice, and the report says why that may be wrong."""
    path = log(tmp_path, applied(0), applied(50))
    (warning,) = replay([path, Path(shutil.copy(path, tmp_path / "copy"))]).warnings

    assert "given twice" in warning


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        (
            (event(1, "Socket closed (active: 0) after 1000ms."), event(290, "Starting session 1 with 10.0.0.1:5")),
            "disconnected",
        ),
        (
            (
                event(1, "REPL C: [frame-00000010]: GET USER x@a.test"),
                event(299, "REPL S: [frame-00000010]: OK success"),
            ),
            "blocked",
        ),
        (tuple(event(second, "1 active replication connection(s)") for second in range(10, 300, 10)), "idle"),
        ((), "silent_log"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_gaps_have_the_reason_that_the_log_shows(tmp_path: Path, between: tuple[str, ...], reason: str) -> None:
    """Five minutes without an apply, told by what the lines in between say, or do not."""
    events = (event(0, "Starting session 1 with 10.0.0.1:5"), applied(0.5), *between, applied(300), applied(330))
    (gap,) = replay([log(tmp_path, *events)], UTC).gaps

    assert gap.reason == reason
    assert (gap.start, gap.end) == (START + timedelta(seconds=0.51), START + timedelta(seconds=300.01))
    assert gap.seconds == 299.5
    assert sum(gap.parts.values()) == pytest.approx(299.5)


def test_short_gaps_are_not_told(tmp_path: Path) -> None:
    """The minimum is the caller's."""
    path = log(tmp_path, applied(0), applied(50))

    assert replay([path]).gaps == ()
    assert [gap.seconds for gap in replay([path], min_gap=10.0).gaps] == [50.0]


def test_the_zone_is_the_one_asked_for(tmp_path: Path) -> None:
    """Times come with the offset of the zone; without one, and with nothing to infer it from, UTC is assumed."""
    path = log(tmp_path, applied(0))
    asked, assumed = replay([path], ZoneInfo("Europe/Paris")), replay([path])

    assert asked.first_event == START - timedelta(hours=2)
    assert (asked.timezone.name, asked.timezone.source) == ("Europe/Paris", "option")
    assert (assumed.timezone.name, assumed.timezone.source) == ("UTC", "assumed")


def test_durations_are_exact(tmp_path: Path) -> None:
    """Nearest-rank percentiles of what the log says in milliseconds."""
    report = replay([log(tmp_path, *(applied(n, took=n / 1000) for n in range(1, 101)))])

    seconds = report.apply_seconds
    assert (seconds.count, seconds.p50, seconds.p99, seconds.max) == (100, 0.05, 0.099, 0.1)


def test_a_truncated_archive_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    """What is there counts, and the report says that something is missing."""
    path = tmp_path / "replication.log.2022-06-28.gz"
    whole = RECORDED[1].read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    report = replay([path])

    assert 0 < report.apply_mailbox < 120
    (warning,) = report.warnings
    assert str(path) in warning
    assert "damaged" in warning


def test_progress_reaches_the_whole(tmp_path: Path) -> None:
    """Bytes as they lie on disk, over all files, never backwards."""
    paths = [RECORDED[1], log(tmp_path, applied(0))]
    steps: list[tuple[int, int]] = []
    replay(paths, UTC, lambda done, total: steps.append((done, total)))

    size = sum(path.stat().st_size for path in paths)
    assert steps == sorted(steps)
    assert steps[-1] == (size, size)


def unusable(folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder / "missing.log", "no such file"
    yield folder, "is a directory"
    (folder / "empty.log").touch()
    yield folder / "empty.log", "is empty"
    (folder / "other.log").write_text("nothing of ours\n")
    yield folder / "other.log", "no event"
    (folder / "broken.gz").write_bytes(b"\x1f\x8b\x08garbage that is no archive")
    yield folder / "broken.gz", "no event"
    (folder / "short.gz").write_bytes(b"\x1f\x8b")
    yield folder / "short.gz", "no event"
    os.mkfifo(folder / "pipe")
    yield folder / "pipe", "not a regular file"


def test_unusable_files_are_each_named_with_a_way_out(tmp_path: Path) -> None:
    """One line for each, all at once, and nothing is analysed."""
    cases = list(unusable(tmp_path))
    with pytest.raises(ReplayError) as failure:
        replay([RECORDED[1], *(path for path, _ in cases)])

    assert len(failure.value.lines) == len(cases)
    for line, (path, complaint) in zip(failure.value.lines, cases, strict=True):
        assert line.startswith(f"{path}: ")
        assert complaint in line
