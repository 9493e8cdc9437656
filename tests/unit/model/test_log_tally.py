from collections.abc import Iterable
from dataclasses import fields, replace
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.frame_tally import PROBE_APPLIES
from bmrepmon.model.log_activity import Histogram, LogActivity, ProbeApply
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
from bmrepmon.model.log_pairing import MAX_OPEN
from bmrepmon.model.log_tally import LogTally
from bmrepmon.model.positions import Position
from bmrepmon.model.subjects import MAX_PARTITIONS

SENT = AppliedFolder("u1", "a.test!user.x", "srv__a_test", 7, 25, 1, probe=False)
PROBE = AppliedFolder("u2", "a.test!probe_srv__a-test", "srv__a_test", 1, 1, 1, probe=True)


def tally(*events: LogEvent, start: LogActivity | None = None) -> LogActivity:
    counting = LogTally(start or LogActivity())
    for event in events:
        counting.add(event)
    return counting.activity()


def ask(
    at: float, frame: int, name: str = "GET USER", thread: str = "t1", folder: AppliedFolder | None = None
) -> Command:
    return Command(at, thread, frame, name, folder)


def test_an_answer_ends_its_command() -> None:
    """Counted by command, with the time it took."""
    activity = tally(ask(1.0, 5, "APPLY MAILBOX", folder=SENT), Reply(1.25, "t1", 5, "ok"))

    assert dict(activity.apply_mailbox) == {"srv__a_test": 1}
    assert dict(activity.replies) == {"ok": 1}
    assert activity.durations["APPLY MAILBOX"].sum == pytest.approx(0.25)
    assert activity.durations["APPLY MAILBOX"].count == 1
    assert activity.open_commands == ()
    assert dict(activity.last_apply_at) == {"srv__a_test": 1.0}


def applied(at: float, folder: AppliedFolder, status: str | None = "ok") -> tuple[LogEvent, LogEvent]:
    return ask(at, 5, "APPLY MAILBOX", folder=folder), Reply(at + 0.5, "t1", 5, status)


def test_a_folder_is_where_its_last_apply_that_was_answered_ok_put_it() -> None:
    """A command without its answer, or with a refusal, moves nothing; an answer of several lines does at its end."""
    further = replace(SENT, last_uid=9, highest_modseq=30)
    assert tally(ask(1.0, 5, "APPLY MAILBOX", folder=SENT)).positions.get("u1") is None
    first = tally(*applied(1.0, SENT))
    assert first.positions.get("u1") == Position(25, 7, 1)

    refused = tally(*applied(2.0, further, "no"), *applied(3.0, further, "bad"), start=first)
    assert refused.positions is first.positions
    begun = tally(*applied(4.0, further, None), start=first)
    assert begun.positions is first.positions
    assert tally(Continuation("ok"), start=begun).positions.get("u1") == Position(30, 9, 1)


def test_an_apply_that_lacks_a_number_tells_no_position() -> None:
    """Half a position would be a guess; only the UIDVALIDITY may be missing."""
    for half in (replace(SENT, last_uid=None), replace(SENT, highest_modseq=None)):
        assert len(tally(*applied(1.0, half)).positions) == 0

    assert tally(*applied(1.0, replace(SENT, uid_validity=None))).positions.get("u1") == Position(25, 7, 0)


def test_the_last_applies_of_a_probe_are_kept_with_their_times() -> None:
    """A few of them, so that each step of the probe finds its own."""
    activity = LogActivity()
    for n in range(PROBE_APPLIES + 3):
        activity = tally(*applied(float(n), replace(PROBE, highest_modseq=n)), *applied(n + 0.1, SENT), start=activity)
    (applies,) = activity.probe_applies.values()

    assert activity.probe_applies.keys() == {"u2"}
    assert applies == tuple(ProbeApply(n, n + 0.5) for n in range(3, PROBE_APPLIES + 3))


def test_an_unanswered_command_stays_open() -> None:
    """It keeps its folder, for whoever asks what is blocked."""
    (waiting,) = tally(ask(1.0, 5, "APPLY MAILBOX", folder=SENT)).open_commands

    assert (waiting.thread, waiting.frame, waiting.command, waiting.at, waiting.folder) == (
        "t1",
        5,
        "APPLY MAILBOX",
        1.0,
        SENT,
    )


def test_a_refusal_is_counted_by_command_and_reason() -> None:
    """One NO is one refusal and one error; a NO without its command is a refusal of nobody."""
    activity = tally(ask(1.0, 5), Reply(1.0, "t1", 5, "no", "busy"), Reply(2.0, "t1", 6, "bad", "protocol_bad"))

    assert dict(activity.refused) == {"GET USER": 1, "": 1}
    assert dict(activity.errors) == {"busy": 1, "protocol_bad": 1}
    assert dict(activity.replies) == {"no": 1, "bad": 1}


def test_the_probe_is_kept_apart() -> None:
    """It counts as a command, and does not make users' mail look fresh."""
    activity = tally(ask(1.0, 5, "APPLY MAILBOX", folder=SENT), ask(9.0, 6, "APPLY MAILBOX", folder=PROBE))

    assert dict(activity.apply_mailbox) == {"srv__a_test": 2}
    assert dict(activity.last_apply_at) == {"srv__a_test": 1.0}
    assert dict(activity.last_probe_apply_at) == {"srv__a_test": 9.0}


def test_an_answer_of_several_lines_gets_its_status_from_the_last() -> None:
    """Lines in between say nothing."""
    answer = (Reply(1.5, "t1", 5, None), Continuation(), Continuation("no", "refused"))
    activity = tally(ask(1.0, 5), *answer)

    assert dict(activity.replies) == {"no": 1}
    assert dict(activity.refused) == {"GET USER": 1}
    assert activity.durations["GET USER"].sum == pytest.approx(0.5)
    assert activity.begun_reply is None


def test_the_status_line_of_another_event_is_none() -> None:
    """A truncated answer stays without status, and a stack trace that says OK answers nothing."""
    activity = tally(ask(1.0, 5), Reply(1.5, "t1", 5, None), Failure(1.6, "busy"), Continuation("ok"))

    assert dict(activity.replies) == {}


def test_equal_frames_of_two_threads_do_not_mix() -> None:
    """Sessions share frame numbers; the thread tells them apart."""
    activity = tally(
        ask(1.0, 5, "GET USER", "t1"),
        ask(2.0, 5, "GET META", "t2"),
        Reply(3.0, "t2", 5, "ok"),
        Reply(9.0, "t1", 5, "ok"),
    )

    assert activity.durations["GET META"].max == 1.0
    assert activity.durations["GET USER"].max == 8.0


def test_equal_frames_of_one_thread_are_answered_in_order() -> None:
    """Where two sessions share a thread, the older command is taken to be answered first."""
    activity = tally(ask(1.0, 5, "GET USER"), ask(2.0, 5, "GET META"), Reply(3.0, "t1", 5, "ok"))

    assert activity.durations["GET USER"].max == 2.0
    assert [waiting.command for waiting in activity.open_commands] == ["GET META"]


def test_an_answer_on_another_thread_finds_the_only_command() -> None:
    """Asynchronous commands answer from a worker's thread."""
    activity = tally(ask(1.0, 5), Reply(1.5, "worker", 5, "ok"))

    assert activity.durations["GET USER"].max == 0.5


def test_an_ambiguous_answer_is_nobodys() -> None:
    """Two commands of one frame, an answer on a third thread: neither is measured, none stays open for ever."""
    activity = tally(ask(1.0, 5, "GET USER", "t1"), ask(1.0, 5, "GET META", "t2"), Reply(2.0, "t3", 5, "ok"))

    assert dict(activity.durations) == {}
    assert activity.open_commands == ()
    assert dict(activity.replies) == {"ok": 1}


def test_a_new_session_closes_what_its_thread_left_open() -> None:
    """Frame 0 begins a session; other threads are not touched."""
    activity = tally(ask(1.0, 5, thread="t1"), ask(1.0, 7, thread="t2"), ask(2.0, 0, "AUTHENTICATE", "t1"))

    assert [(waiting.thread, waiting.frame) for waiting in activity.open_commands] == [("t2", 7), ("t1", 0)]


@pytest.mark.parametrize(
    "end", [SessionClosed(3.0, "t1", 0, 2.0), SessionsReported(3.0, 0), Notice(3.0, "core_listening")], ids=repr
)
def test_without_sessions_no_command_is_open(end: LogEvent) -> None:
    """What waits for an answer that nobody can give waits no longer."""
    activity = tally(ask(1.0, 5), end)

    assert activity.open_commands == ()
    assert (activity.active_sessions, activity.active_sessions_at) == (0, 3.0)


def test_open_commands_are_bounded() -> None:
    """A log of questions without answers costs no more than its newest ones."""
    activity = tally(*(ask(float(frame), frame) for frame in range(1, 1000)))

    assert len(activity.open_commands) == MAX_OPEN
    assert activity.open_commands[-1].frame == 999


def test_partitions_are_bounded() -> None:
    """A flood of names is counted under none."""
    folders = (AppliedFolder("u", None, f"p{n}", None, None, None, probe=False) for n in range(MAX_PARTITIONS + 50))
    activity = tally(*(ask(1.0, n + 1, "APPLY MAILBOX", folder=folder) for n, folder in enumerate(folders)))

    assert len(activity.apply_mailbox) == MAX_PARTITIONS + 1
    assert activity.apply_mailbox[""] == 50
    assert activity.commands["APPLY MAILBOX"] == MAX_PARTITIONS + 50


def test_sessions_of_2019_are_counted_from_a_known_number() -> None:
    """The old form tells only that one more began: unknown plus one is unknown."""
    began = SessionStarted(1.0, "t1", "10.0.0.1:5", None)

    assert tally(began).active_sessions is None
    assert tally(SessionsReported(0.0, 2), began).active_sessions == 3
    assert tally(began, began, SessionClosed(2.0, "t1", 1, 1.0)).active_sessions == 1
    assert tally(SessionStarted(1.0, "t1", None, 4)).active_sessions == 4


def test_sums_and_outcomes() -> None:
    """Bodies, records, index, missing bodies, and every line by what became of it."""
    activity = tally(
        MessagesApplied(1.0, 12, 0.1),
        RecordsChanged(1.0, 1, 2, 3, 0.1),
        RecordsChanged(1.0, 1, 0, 0, 0.1),
        RecordsIndexed(1.0, 5, 0.1),
        BodiesMissing(1.0, 400, 500),
        Unknown(1.0),
        Unknown(2.0, severe=True),
        Continuation(),
        Malformed(),
    )

    assert (activity.applied_messages, activity.indexed_records, activity.missing_bodies) == (12, 5, 400)
    assert dict(activity.record_changes) == {"create": 2, "update": 2, "delete": 3}
    assert dict(activity.errors) == {"unlisted_error": 1}
    assert dict(activity.lines) == {"event": 5, "unknown": 2, "continuation": 1, "malformed": 1}
    assert (activity.first_event_at, activity.last_event_at) == (1.0, 2.0)


TIMES = st.floats(0.0, 1e6)
THREADS = st.sampled_from(["t1", "t2", "w"])
FRAMES = st.integers(0, 3)
NAMES = st.sampled_from(["APPLY MAILBOX", "GET USER", "EXIT"])
STATUSES = st.sampled_from([("ok", None), ("no", "busy"), ("bad", "protocol_bad"), (None, None)])
SMALL = st.integers(0, 9)
EVENTS: st.SearchStrategy[list[LogEvent]] = st.lists(
    st.one_of(
        st.builds(Command, TIMES, THREADS, FRAMES, NAMES, st.sampled_from([SENT, PROBE, None])),
        st.builds(lambda at, thread, frame, end: Reply(at, thread, frame, *end), TIMES, THREADS, FRAMES, STATUSES),
        st.builds(lambda end: Continuation(*end), STATUSES),
        st.builds(SessionStarted, TIMES, THREADS, st.none(), st.none() | SMALL),
        st.builds(SessionClosed, TIMES, THREADS, SMALL, TIMES),
        st.builds(SessionsReported, TIMES, SMALL),
        st.builds(MessagesApplied, TIMES, SMALL, TIMES),
        st.builds(RecordsChanged, TIMES, SMALL, SMALL, SMALL, TIMES),
        st.builds(Failure, TIMES, st.just("busy")),
        st.builds(Notice, TIMES, st.sampled_from(["core_listening", "link_down"])),
        st.builds(Unknown, TIMES, st.booleans()),
        st.builds(Malformed, st.none() | TIMES),
    ),
    max_size=40,
)
GAUGES = {
    "positions",
    "probe_applies",
    "active_sessions",
    "active_sessions_at",
    "open_commands",
    "begun_reply",
    "first_event_at",
    "refused_in_row",
    "core_ready_at",
    "session_started_at",
}


@given(EVENTS, st.sets(st.integers(0, 40)))
def test_batches_do_not_matter(events: list[LogEvent], cuts: set[int]) -> None:
    """Cut anywhere and go on from the frozen activity: the last one is the same."""
    whole = tally(*events)
    activity = LogActivity()
    for begin, end in pairwise(sorted({0, len(events), *cuts})):
        activity = tally(*events[begin:end], start=activity)

    assert activity == whole


@given(EVENTS)
def test_counters_never_go_down(events: list[LogEvent]) -> None:
    """Whatever the log says, in whatever order of time."""
    counting = LogTally(LogActivity())
    before = dict(counters(counting.activity()))
    for event in events:
        counting.add(event)
        after = dict(counters(counting.activity()))
        assert all(after[name] >= value for name, value in before.items())
        before = after


def counters(activity: LogActivity) -> Iterable[tuple[tuple[str, str], float]]:
    """Every number that may only grow."""
    for name in (field.name for field in fields(activity) if field.name not in GAUGES):
        value = getattr(activity, name)
        if isinstance(value, float | int):
            yield (name, ""), value
        elif value is not None:
            for label, number in value.items():
                yield (name, label), number.count if isinstance(number, Histogram) else number
