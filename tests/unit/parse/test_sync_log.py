"""The sync log: every type of line, quoting, and counting block by block."""

import random

import pytest
from hypothesis import given, strategies as st

from bmrepmon.parse.sync_log import LINE_BYTES, SyncItem, SyncLogTally, parse_sync_line

QUOTED = b'\\"{}'


def written_name(name: bytes) -> bytes:
    """Quote a name as Cyrus does."""
    escaped = b"".join(b"\\" + bytes([c]) if c in QUOTED else bytes([c]) for c in name)
    return b'"' + escaped + b'"' if not name or escaped != name or any(c in b" \t()" for c in name) else name


def tallied(log: bytes, *, names: int = 1000, block: int = 1 << 20) -> SyncLogTally:
    tally = SyncLogTally(names)
    for begin in range(0, len(log), block):
        tally.feed(log[begin : begin + block])
    tally.end()
    return tally


TOM, SENT = b"a.test!user.tom", b"a.test!user.tom.Sent"


@pytest.mark.parametrize(
    ("line", "folders", "users"),
    [
        (b"APPEND a.test!user.tom", (TOM,), ()),
        (b"MAILBOX a.test!user.tom", (TOM,), ()),
        (b"UNMAILBOX a.test!user.tom", (TOM,), ()),
        (b"ANNOTATION a.test!user.tom", (TOM,), ()),
        (b"DOUBLEMAILBOX a.test!user.tom a.test!user.tom.Sent", (TOM, SENT), ()),
        (b"RENAME a.test!user.tom a.test!user.tom.Sent", (TOM, SENT), ()),
        (b"USER tom@a.test", (), (b"tom@a.test",)),
        (b"UNUSER tom@a.test", (), (b"tom@a.test",)),
        (b"META tom@a.test", (), ()),
        (b"SIEVE tom@a.test", (), ()),
        (b"QUOTA a.test!user.tom", (), ()),
        (b"SEEN tom@a.test a.test!user.tom", (), ()),
        (b"SUB tom@a.test a.test!user.tom", (), ()),
        (b"mailbox a.test!user.tom\r", (TOM,), ()),
    ],
)
def test_each_type_names_what_it_leaves_behind(line: bytes, folders: tuple[bytes], users: tuple[bytes]) -> None:
    """Folders for changes of messages, users for whole comparisons, neither for what travels by itself."""
    item = parse_sync_line(line)

    assert item is not None
    assert (item.folders, item.users) == (folders, users)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"MAILBOX",
        b"MAILBOX ",
        b"MAILBOX  a.test!user.tom",
        b"MAILBOX a.test!user.tom extra",
        b"RENAME a.test!user.tom",
        b"SEEN tom@a.test",
        b"TELEPORT a.test!user.tom",
        b'MAILBOX "a.test!user.tom',
        b'MAILBOX a.test!user."tom"',
        b"MAILBOX {3+}",
        b" MAILBOX a.test!user.tom",
        bytes(40),
    ],
)
def test_what_is_not_known_is_none(line: bytes) -> None:
    """Unknown types, wrong numbers of names and broken quotes are not interpreted."""
    assert parse_sync_line(line) is None


NAMES = st.binary(max_size=60).map(lambda name: name.translate(None, b"\r\n"))


@given(NAMES, NAMES)
def test_every_name_survives_its_quoting(old: bytes, new: bytes) -> None:
    """Whatever bytes a name has, it is read as Cyrus wrote it."""
    line = b"RENAME " + written_name(old) + b" " + written_name(new)

    assert parse_sync_line(line) == SyncItem(b"RENAME", (old, new))


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_counted(log: bytes, block: int) -> None:
    """Whatever the file holds, each line that is not blank is one entry, and blocks make no difference."""
    tally, whole = tallied(log, block=block), tallied(log)

    assert tally.entries == sum(1 for line in log.split(b"\n")[:-1] if line.strip())
    assert (tally.entries, tally.unknown, tally.folders) == (whole.entries, whole.unknown, whole.folders)


def test_entries_repeat_and_names_do_not() -> None:
    """The log grows by about three lines a message; the folders behind are the distinct names."""
    log = b"APPEND a.test!user.tom\nMAILBOX a.test!user.tom\n" * 100 + b'MAILBOX "a.test!user.tom.Old Mail"\nQUOTA q\n'
    tally = tallied(log + b"USER tom@a.test\nTELEPORT x\n\nMAILBOX a.test!unfinis", block=77)

    assert (tally.entries, tally.unknown) == (204, 1)
    assert tally.folders == {TOM, b"a.test!user.tom.Old Mail"}
    assert tally.users == {b"tom@a.test"}
    assert tally.complete


def test_files_do_not_run_into_each_other() -> None:
    """An unfinished last line is dropped, as Cyrus does, and not glued to the next file."""
    tally = SyncLogTally(10)
    tally.feed(b"MAILBOX a\nMAILBOX b")
    tally.end()
    tally.feed(b"MAILBOX c\n")

    assert tally.folders == {b"a", b"c"}
    assert tally.entries == 2


def test_beyond_the_bound_names_are_a_lower_bound() -> None:
    """Memory is bounded, and what is left out is told."""
    log = b"".join(b"MAILBOX a.test!user.u%d\n" % number for number in range(11))

    assert (len(tallied(log, names=10).folders), tallied(log, names=10).complete) == (10, False)
    assert (len(tallied(log, names=11).folders), tallied(log, names=11).complete) == (11, True)


def test_a_line_without_end_is_one_unknown_entry() -> None:
    """A foreign file of megabytes without a newline is neither kept nor read as a name."""
    tally = SyncLogTally(10)
    for block in (b"MAILBOX ", *[b"x" * 65536] * 50):
        tally.feed(block)
    kept = len(tally._begun)
    tally.feed(b"\nMAILBOX a\n")

    assert kept <= LINE_BYTES + 1
    assert (tally.entries, tally.unknown, tally.folders) == (2, 1, {b"a"})


def test_blocks_of_any_size_count_alike() -> None:
    """Ten thousand lines, cut anywhere."""
    chance = random.Random(7)  # noqa: S311
    log = b"".join(b"MAILBOX a.test!user.u%d\n" % chance.randrange(50) for _ in range(10_000))

    assert {(tallied(log, block=size).entries, len(tallied(log, block=size).folders)) for size in (7, 999, 65536)} == {
        (10_000, 50)
    }
