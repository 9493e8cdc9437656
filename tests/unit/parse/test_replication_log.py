import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.log_events import (
    AppliedFolder,
    BodiesMissing,
    Command,
    Continuation,
    Failure,
    LogEvent,
    Malformed,
    MessagesApplied,
    Notice,
    RecordsChanged,
    RecordsIndexed,
    Reply,
    SessionClosed,
    SessionsReported,
    SessionStarted,
    Unknown,
)
from bmrepmon.parse.replication_log import ReplicationLogParser

AT = datetime(2022, 6, 28, 10, 0, 1, 310000, UTC).timestamp()
THREAD = "vert.x-eventloop-thread-1"
TOKEN = base64.b64encode(b"\0admin0\x00b2f7c6de-secret-token")
APPLY = (
    "REPL C: [frame-00000012]: APPLY MAILBOX %(UNIQUEID 5596488a58661ddc MBOXNAME acme.test!user.jean^dupont.Sent"
    " SYNC_CRC 3758469704 SYNC_CRC_ANNOT 0 LAST_UID 7 HIGHESTMODSEQ 25 RECENTUID 7 RECENTTIME 1656410400"
    " LAST_APPENDDATE 1656410390 POP3_LAST_LOGIN 0 POP3_SHOW_AFTER 0 UIDVALIDITY 1479302982"
    ' PARTITION bm-master__acme_test ACL "jean^dupont@acme.test\tlrswipkxtecda\t" OPTIONS PS'
    " RECORD (%(UID 7 MODSEQ 25 LAST_UPDATED 1656410400 FLAGS (\\Seen) INTERNALDATE 1656410390 SIZE 2199"
    " GUID be5be50f875ae0b710469f58aecf2f8b6c01eb56)))"
)
SENT = AppliedFolder(
    unique_id="5596488a58661ddc",
    mailbox="acme.test!user.jean^dupont.Sent",
    partition="bm-master__acme_test",
    last_uid=7,
    highest_modseq=25,
    uid_validity=1479302982,
    probe=False,
)


def parse(message: str, logger: str = "n.b.b.c.r.s.ReplicationSession", level: str = "INFO") -> LogEvent:
    line = f"2022-06-28 10:00:01,310 [{THREAD}] {logger} {level} - {message}"
    return ReplicationLogParser(UTC).parse(line.encode())


def folder(fields: str) -> AppliedFolder | None:
    event = parse(f"REPL C: [frame-00000001]: APPLY MAILBOX %({fields}")
    assert isinstance(event, Command)
    assert event.name == "APPLY MAILBOX"
    return event.folder


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Listening on port 2501", Notice(AT, "core_listening")),
        ("******** Ready to receive Cyrus replication stream *********", Notice(AT, "core_ready")),
        ("Connected 10.11.12.13", Notice(AT, "connected")),
        ("Starting session with /10.11.12.13:41822 (9f0e-aa)", SessionStarted(AT, THREAD, "10.11.12.13:41822", None)),
        ("Starting session 4 with 10.11.12.13:55012", SessionStarted(AT, THREAD, "10.11.12.13:55012", 4)),
        ("Starting session 4 with fd00:0:0:0:0:0:0:1:55012", SessionStarted(AT, THREAD, "fd00:0:0:0:0:0:0:1:55012", 4)),
        ("Socket closed (active: 3) after 38237ms.", SessionClosed(AT, THREAD, 3, 38.237)),
        ("DownLink notification.", Notice(AT, "link_down")),
        ("12 active replication connection(s)", SessionsReported(AT, 12)),
        ("NO active replication connection, consider restarting cyrus ?", SessionsReported(AT, 0)),
        ("NO java.util.concurrent.TimeoutException", Notice(AT, "refusal_announced")),
        ("Finished ApplyMessage 12 in 340ms.", MessagesApplied(AT, 12, 0.34)),
        ("Finished ApplyMessage.", Notice(AT, "messages_applied")),
        ("400 bodies missing out of 500", BodiesMissing(AT, 400, 500)),
        ("[5596488a] Db CRUD op, cr: 1, upd: 2, del: 3 in 9ms", RecordsChanged(AT, 1, 2, 3, 0.009)),
        ("[5596488a] Es CRUD op, idx: 5 in 6ms", RecordsIndexed(AT, 5, 0.006)),
        ("[5596488a] Es CRUD op failed", Failure(AT, "index_failed")),
        ("[5596488a] record update queue full, attempt 3/20", Failure(AT, "queue_full")),
        ("addMessage.create: ClusterBlockException[FORBIDDEN/12/index read-only]", Failure(AT, "body_not_stored")),
        ("Skip ApplyMailbox on 'default' partition", Failure(AT, "default_partition")),
        ("Ignoring timeout of 200 records", Failure(AT, "slice_timeout")),
        ("[RB users local: x, part: y, f: z] not found.", Failure(AT, "folder_unknown")),
        ("Something new under the sun", Unknown(AT)),
    ],
)
def test_messages_become_events(message: str, expected: LogEvent) -> None:
    """Both eras' messages are understood, whoever logs them."""
    assert parse(message) == expected


@pytest.mark.parametrize(
    ("logger", "message", "expected"),
    [
        ("n.b.b.c.r.s.ReplicationSession", "Connection reset by peer", Failure(AT, "socket_error")),
        ("n.b.b.c.r.s.SyncServerConnection", "no storage", Failure(AT, "session_refused")),
        (
            "n.b.b.m.r.s.i.DbMessageBodiesService",
            "java.util.concurrent.TimeoutException",
            Failure(AT, "body_not_stored"),
        ),
        ("n.b.b.c.r.s.s.ReplicationState", "null", Failure(AT, "command_failed")),
        ("n.b.b.m.r.s.i.SomethingElse", "null", Unknown(AT, severe=True)),
    ],
)
def test_a_bare_exception_is_known_by_its_logger(logger: str, message: str, expected: LogEvent) -> None:
    """A text that says nothing gets its meaning from the class; an unlisted ERROR is told apart."""
    assert parse(message, logger, "ERROR") == expected


def test_an_apply_mailbox_keeps_what_stands_before_its_records() -> None:
    """The folder's identity and counters, nothing else."""
    assert parse(APPLY) == Command(AT, THREAD, 12, "APPLY MAILBOX", SENT)


def test_an_apply_message_tells_the_sizes_of_its_messages() -> None:
    """Of those that its line still holds; a message that was cut counts for nothing."""
    begun = f"REPL C: [frame-00000012]: APPLY MESSAGE (%{{p__q {'0a' * 20} 85}}{{t4.bin}} NIL %{{p__q {'ff' * 20} 7}}"
    whole = Command(AT, THREAD, 12, "APPLY MESSAGE", None, sized_messages=2, sized_bytes=92)

    assert parse(f"{begun}{{t5.bin}})") == whole
    assert parse(f"{begun}{{t5.bin}} %{{p__q {'0b' * 20} 12... [truncated]") == replace(whole, truncated=True)


def test_a_truncated_command_is_read_as_far_as_it_goes() -> None:
    """The cut at 2048 characters comes behind the fields that are read."""
    cut = APPLY.replace(" GUID be5be50f875ae0b710469f58aecf2f8b6c01eb56)))", "... [truncated]")

    assert parse(cut) == Command(AT, THREAD, 12, "APPLY MAILBOX", SENT, truncated=True)


def test_fields_are_found_by_key_in_any_order() -> None:
    """New, absent and moved keys change nothing."""
    found = folder(
        "PARTITION p__a_test NEWKEY (a b) HIGHESTMODSEQ 9 CREATEDMODSEQ 1 UNIQUEID u1 MBOXNAME a.test!user.x RECORD ())"
    )

    assert found == AppliedFolder("u1", "a.test!user.x", "p__a_test", None, 9, None, probe=False)


def test_quoted_names_hide_what_looks_like_a_field() -> None:
    """Keys, escaped quotes and the word RECORD inside a name are the name's."""
    found = folder(r'UNIQUEID u1 MBOXNAME "a.test!user.x.LAST_UID 5 \" RECORD (b" LAST_UID 7 PARTITION p RECORD ())')

    assert found == AppliedFolder("u1", 'a.test!user.x.LAST_UID 5 " RECORD (b', "p", 7, None, None, probe=False)


def test_a_name_sent_as_a_literal_is_not_known() -> None:
    """The log holds the name of a temporary file instead; the folder keeps its unique id."""
    found = folder("UNIQUEID u1 MBOXNAME {31+}{t4711.bin} LAST_UID 7 PARTITION p RECORD ())")

    assert found == AppliedFolder("u1", None, "p", 7, None, None, probe=False)


def test_records_and_annotations_do_not_speak_for_the_folder() -> None:
    """The first of equal keys counts, and nothing behind RECORD does."""
    found = folder(
        'UNIQUEID u1 LAST_UID 7 ANNOTATIONS (%(ENTRY /x USERID u VALUE "LAST_UID 9")) RECORD (%(UNIQUEID u2)))'
    )

    assert found == AppliedFolder("u1", None, None, 7, None, None, probe=False)
    assert folder("RECORD (%(UNIQUEID u2)))") is None


def test_the_probe_is_marked() -> None:
    """An APPLY MAILBOX of bm-core's own latency probe is no sign of users' mail."""
    found = folder(
        "UNIQUEID u1 MBOXNAME acme.test!probe_bm-master__acme-test PARTITION bm-master__acme_test RECORD ())"
    )

    assert found is not None
    assert found.probe


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NOOP", "NOOP"),
        ("RESTART", "RESTART"),
        ("EXIT\r", "EXIT"),
        ("GET MAILBOXES (a b)", "GET MAILBOXES"),
        ("GET FETCH %(X y)", "GET FETCH"),
        ("APPLY SIEVE %(CONTENT {265+}{t2.bin})", "APPLY SIEVE"),
        ("APPLY ACTIVATE_SIEVE %(X y)", "APPLY ACTIVATE_SIEVE"),
        ("APPLY FROB x", "other"),
        ("FROB", "other"),
        ("", "other"),
    ],
)
def test_commands_have_names_of_a_fixed_list(text: str, name: str) -> None:
    """What the protocol does not know is counted under one word."""
    assert parse(f"REPL C: [frame-00000003]: {text}") == Command(AT, THREAD, 3, name)


def test_the_token_is_nowhere() -> None:
    """Nothing of AUTHENTICATE but its name leaves the parser."""
    event = parse(f"REPL C: [frame-00000000]: AUTHENTICATE PLAIN {TOKEN.decode()}")

    assert event == Command(AT, THREAD, 0, "AUTHENTICATE")
    assert TOKEN.decode() not in repr(event)


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("OK success", "ok", None),
        ("OK", "ok", None),
        ("NO IMAP_PROTOCOL_BAD_PARAMETERS", "no", "protocol_bad"),
        ("NO net.bluemind.core.api.fault.ServerFault: Owner g@a.test(a_test) does not exist", "no", "owner_unknown"),
        ("BAD invalid", "bad", "protocol_bad"),
        ("* MISSING (be5be50f875ae0b710469f58aecf2f8b6c01eb56)\r", None, None),
        ("* MAILBOX %(UNIQUEID u1 MBOXNAME a.test!user.x... [truncated]", None, None),
    ],
)
def test_replies_tell_their_status(text: str, status: str | None, reason: str | None) -> None:
    """One that goes on in the next line, or was cut, has none yet."""
    assert parse(f"REPL S: [frame-00000012]: {text}") == Reply(AT, THREAD, 12, status, reason)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"OK success", Continuation("ok")),
        (b"OK success\r", Continuation("ok")),
        (b"NO java.lang.RuntimeException: busy", Continuation("no", "busy")),
        (b"* MAILBOX %(UNIQUEID u1)\r", Continuation()),
        (b"\tat java.base/java.lang.Thread.run(Thread.java:829)", Continuation()),
        (b"Bodies of a stack trace", Continuation()),
        (b"", Continuation()),
        (b"2022-06-28 10:00", Continuation()),
    ],
)
def test_other_lines_continue_the_event_before(line: bytes, expected: Continuation) -> None:
    """Only a whole status line says more than that."""
    assert ReplicationLogParser(UTC).parse(line) == expected


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b"2022-06-28 10:00:01,310 [vert.x-eventl", AT),
        (b"2022-06-28 10:00:01,310 [vert.x-eventloop-thread-1] n.b.b.c.r.s.Replic", AT),
        (b"2022-06-31 10:00:01,310 [main] a.B INFO - Draining...", None),
    ],
)
def test_broken_events_are_malformed(line: bytes, at: float | None) -> None:
    """A half-written line and an impossible date are neither events nor continuations."""
    assert ReplicationLogParser(UTC).parse(line) == Malformed(at)


@pytest.mark.parametrize(
    "text", ["[frame-0000001", "[frame-x]: NOOP", "[frame-]: NOOP", "", "[frame-" + "1" * 40 + "]: NOOP"]
)
def test_a_broken_frame_is_unknown(text: str) -> None:
    """A frame without its number says nothing."""
    assert parse(f"REPL C: {text}") == Unknown(AT)


PREFIX = b"2022-06-28 10:00:01,310 [t] a.ReplicationSession "


@given(
    st.binary()
    | st.binary().map(PREFIX.__add__)
    | st.binary().map((PREFIX + b"INFO - ").__add__)
    | st.binary().map((PREFIX + b"INFO - REPL C: [frame-00000001]: APPLY MAILBOX %(").__add__)
    | st.binary().map((PREFIX + b"INFO - REPL S: [frame-00000001]: ").__add__)
)
def test_no_bytes_raise(line: bytes) -> None:
    """Any bytes are some event."""
    assert isinstance(ReplicationLogParser(UTC).parse(line), LogEvent)
