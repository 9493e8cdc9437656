"""What is counted without events is what is counted with them, whatever the bytes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.log_tally import LogTally
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.parse.lines import LINE_LIMIT, LineSplitter
from bmrepmon.parse.replication_log import ReplicationLogParser

PARIS = ZoneInfo("Europe/Paris")  # the dates below are of the hour that it repeats
DATES = tuple(f"2022-10-30 02:{when}" for when in ("58:00,000", "58:00,007", "58:01,999", "00:01,010", "00:02,010"))
THREADS = ("vert.x-eventloop-thread-1", "vert.x-eventloop-thread-12", "BM-Core 7")
SESSION = "n.b.b.c.r.s.ReplicationSession INFO -"
RECORDS = "n.b.b.m.r.s.i.DbMailboxRecordsService INFO -"
FIELDS = (
    "%(UNIQUEID {id} MBOXNAME {name} SYNC_CRC 1 SYNC_CRC_ANNOT 0 LAST_UID {uid} HIGHESTMODSEQ 25 RECENTUID 7 "
    "RECENTTIME 1 LAST_APPENDDATE 2 POP3_LAST_LOGIN 0 POP3_SHOW_AFTER 0 {more}UIDVALIDITY 1479302982 "
    'PARTITION {partition} ACL "x@a.test\tlrs\t" OPTIONS P RECORD (%(UID 1 SIZE 9)))'
)
NAMES = ("a.test!user.x", '"a.test!user.x.Deleted Messages"', "a.test!probe_srv__a-test", "{31+}{t7.bin}", '"a\\"b"')
VALUES: Mapping[str, Sequence[str]] = {
    "id": ("5596488a58661ddc", "c4b2-7f", "ü"),
    "name": NAMES,
    "uid": ("7", "4294967296", "1" * 21, "x"),
    "more": ("", "XCONVMODSEQ 3 ", "LAST_UID 9 "),
    "partition": ("srv__a_test", "default", '"p q"', "p\\"),
}
FOLDERS = st.builds(FIELDS.format, **{key: st.sampled_from(values) for key, values in VALUES.items()})
ANSWERS = (
    "OK success",
    "OK Restarting",
    "OK",
    "OK ",
    "NO busy",
    "BAD invalid",
    "* MAILBOX %(",
    "* MISSING (1)\r",
    "OKAY",
)
COMMANDS = (
    "GET MAILBOXES (a)",
    "GET MAILBOXES",
    "GET MAILBOXESX",
    "RESTART",
    "RESTART\r",
    "NOOP",
    "GET USER x",
    "LAST",
)
SIZED = ("%{p " + "ab" * 20 + " 12}{t1.bin}", "%{p " + "0" * 40 + " 900} NIL", "%{p x 3}")
FRAMES = st.sampled_from(["00000000", "00000001", "00000002", "1", "123456789", "0000001x", "+0000001"])
MESSAGES = (
    "Finished ApplyMessage 12 in 34ms.",
    "Finished ApplyMessage 12 in 34s",
    "Finished ApplyMessage 1234567890123456 in 1ms.",
    "[5596] Db CRUD op, cr: 1, upd: 2, del: 3 in 4ms",
    "[a b] Db CRUD op, cr: 1, upd: 2, del: 3 in 4ms",
    "[5596] Es CRUD op, idx: 3 in 7ms",
    "[c4b2-7f] Es CRUD op, idx: 3 in 7ms",
    "[] Es CRUD op, idx: 3 in 7ms",
    "- [5596] Es CRUD op, idx: 3 in 7ms",
    "[5596] Es CRUD op, idx: 3 in 7ms] Es CRUD op, idx: 3 in 7ms",
    "[5596] Es CRUD op failed",
    "Starting session 2 with 10.0.0.1:5",
    "Socket closed (active: 0) after 19ms.",
    "2 active replication connection(s)",
    "something else",
)
FRAMED = st.one_of(
    st.builds("REPL S: [frame-{}]: {}".format, FRAMES, st.sampled_from(ANSWERS)),
    st.builds("REPL C: [frame-{}]: {}".format, FRAMES, st.sampled_from(COMMANDS)),
    st.builds("REPL C: [frame-{}]: APPLY MAILBOX {}".format, FRAMES, FOLDERS),
    st.builds("REPL C: [frame-{}]: APPLY MESSAGE ({} {})".format, FRAMES, *[st.sampled_from(SIZED)] * 2),
)
EVENTS = st.builds(
    "{} [{}] {} {}".format,
    st.sampled_from(DATES),
    st.sampled_from(THREADS),
    st.sampled_from([SESSION, SESSION, SESSION, RECORDS, "n.b.b.c.r.s.ReplicationSession ERROR -", "x -"]),
    FRAMED | FRAMED | FRAMED | st.sampled_from(MESSAGES),
).map(str.encode)
OTHERS = st.sampled_from([b"OK success", b"OK success\r", b"NO busy", b"", b"\tat net.bluemind.X", b"* MAILBOX %("])
LONG = st.builds(lambda line, length: line.ljust(length, b"x"), EVENTS, st.integers(LINE_LIMIT - 2, LINE_LIMIT + 2))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return an event that is cut off somewhere, or in which some bytes are others."""
    line = bytearray(draw(EVENTS))
    for at in draw(st.lists(st.integers(0, len(line) - 1), max_size=3)):
        line[at] = draw(st.sampled_from(b'0 -[]:"(){}\\,\r%AOS*\xff'))
    return bytes(line[: draw(st.integers(0, len(line)))] if draw(st.booleans()) else line)


LINES = st.lists(st.one_of(EVENTS, EVENTS, EVENTS, EVENTS, OTHERS, mutated(), st.binary(max_size=40)), max_size=60)


def one_by_one(lines: Iterable[bytes], zone: tzinfo) -> LogActivity:
    """Fold with an event for every line."""
    tally, parser = LogTally(LogActivity()), ReplicationLogParser(zone)
    for line in lines:
        tally.add(parser.parse(line))
        if len(line) >= LINE_LIMIT:
            tally.oversized()
    return tally.activity()


@pytest.mark.parametrize("zone", [UTC, PARIS], ids=str)
@given(lines=LINES, cuts=st.sets(st.integers(0, 60)))
def test_the_same_is_counted(zone: tzinfo, lines: list[bytes], cuts: set[int]) -> None:
    """However the lines come, in whatever batches: the same activity as event by event."""
    batches = [lines[begin:end] for begin, end in pairwise(sorted({0, *cuts, 60}))]

    assert fold_replication_log(zone)(LogActivity(), batches) == one_by_one(lines, zone)


@given(lines=LINES, cuts=st.sets(st.integers(0, 60)))
def test_the_same_is_counted_in_steps(lines: list[bytes], cuts: set[int]) -> None:
    """What is frozen between two steps is enough to go on from."""
    fold, activity = fold_replication_log(PARIS), LogActivity()
    for begin, end in pairwise(sorted({0, *cuts, 60})):
        activity = fold(activity, [lines[begin:end]])

    assert activity == one_by_one(lines, PARIS)


@given(lines=LINES, size=st.integers(1, 400))
def test_the_same_is_counted_whatever_the_blocks(lines: list[bytes], size: int) -> None:
    """A block may end in the middle of anything."""
    text = b"\n".join([*lines, b""])
    splitter = LineSplitter()
    blocks: Sequence[bytes] = [text[at : at + size] for at in range(0, len(text), size)]

    found = fold_replication_log(UTC)(LogActivity(), map(splitter.feed, blocks))

    assert found == one_by_one(text.split(b"\n")[:-1], UTC)


def test_every_form_of_a_folder_is_read_the_same() -> None:
    """Names, numbers and fields that may be plain, quoted, literal, out of range or twice: of each, what it tells."""
    lines = []
    for values in product(*VALUES.values()):
        folder = FIELDS.format(**dict(zip(VALUES, values, strict=True)))
        lines += [
            f"{DATES[0]} [t] {SESSION} REPL C: [frame-00000001]: APPLY MAILBOX {folder}".encode(),
            f"{DATES[1]} [t] {SESSION} REPL S: [frame-00000001]: OK success".encode(),
        ]
        activity = fold_replication_log(UTC)(LogActivity(), [lines])
        assert activity == one_by_one(lines, UTC), folder
        lines = lines[:2]  # from which the form of the thread's frames is known

    assert activity.last_ok_at


@given(lines=st.lists(EVENTS | LONG, max_size=8))
def test_a_long_line_is_counted_as_such(lines: list[bytes]) -> None:
    """A line that was cut at the limit is told, whatever its form."""
    kept = [line[:LINE_LIMIT] for line in lines]

    assert fold_replication_log(UTC)(LogActivity(), [kept]) == one_by_one(kept, UTC)


def test_any_number_of_threads_is_told_apart() -> None:
    """More threads than are remembered at a time cost time, and nothing else."""
    lines = [
        f"2022-11-08 10:00:00,000 [t{n}] {SESSION} REPL {side}: [frame-00000001]: {text}".encode()
        for n in range(1500)
        for side, text in (("C", "RESTART"), ("S", "OK Restarting"), ("C", "NOOP"), ("S", "OK Noop completed"))
    ]
    activity = fold_replication_log(UTC)(LogActivity(), [lines])

    assert activity == one_by_one(lines, UTC)
    assert activity.durations["RESTART"].count == activity.durations["NOOP"].count == 1500
