from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.parse.fold import LINE_LIMIT, fold_replication_log

PARIS = ZoneInfo("Europe/Paris")
SESSION = "[vert.x-eventloop-thread-1] n.b.b.c.r.s.ReplicationSession INFO -"
# The hour that Paris repeats: the second half is an hour after the first, and only the order tells.
LINES = tuple(
    line.encode()
    for line in (
        f"2022-10-30 02:58:00,000 {SESSION} Starting session 1 with 10.0.0.1:5",
        f"2022-10-30 02:58:00,001 {SESSION} REPL C: [frame-00000000]: AUTHENTICATE PLAIN AGFkbWluMABzZWNyZXQ=",
        f"2022-10-30 02:58:00,002 {SESSION} REPL S: [frame-00000000]: OK success",
        f"2022-10-30 02:59:59,000 {SESSION} REPL C: [frame-00000001]: GET MAILBOXES (a.test!user.x)",
        f"2022-10-30 02:00:01,000 {SESSION} REPL S: [frame-00000001]: * MAILBOX %(UNIQUEID u1 LAST_UID 3)\r",
        "OK success",
        f"2022-10-30 02:00:02,000 {SESSION} REPL C: [frame-2]: APPLY MAILBOX %(UNIQUEID u PARTITION p RECORD ())",
        f"2022-10-30 02:00:02,500 {SESSION} REPL S: [frame-2]: NO java.util.concurrent.TimeoutException",
        f"2022-10-30 02:30:00,000 {SESSION} Socket closed (active: 0) after 1920000ms.",
    )
)


@given(st.sets(st.integers(0, len(LINES))))
def test_batches_do_not_matter(cuts: set[int]) -> None:
    """Between a command and its answer, inside an answer, in the repeated hour: the same activity."""
    fold = fold_replication_log(PARIS)
    activity = LogActivity()
    for begin, end in pairwise(sorted({0, len(LINES), *cuts})):
        activity = fold(activity, [LINES[begin:end]])

    assert activity == fold(LogActivity(), [LINES])
    assert activity.durations["GET MAILBOXES"].sum == 2.0
    assert dict(activity.replies) == {"ok": 2, "no": 1}
    assert dict(activity.errors) == {"timeout": 1}
    assert activity.last_event_at is not None
    assert activity.first_event_at is not None
    assert activity.last_event_at - activity.first_event_at == 1920.0


def test_a_line_cut_by_the_reader_is_counted_beside_its_event() -> None:
    """An oversized line is still the event that its beginning tells."""
    line = LINES[6].replace(b"())", b"(") + b"x" * LINE_LIMIT
    activity = fold_replication_log(UTC)(LogActivity(), [[line[:LINE_LIMIT], LINES[7]]])

    assert dict(activity.lines) == {"event": 2, "oversized": 1}
    assert dict(activity.apply_mailbox) == {"p": 1}


@given(st.lists(st.binary() | st.sampled_from(LINES)))
def test_every_line_is_counted_once(lines: list[bytes]) -> None:
    """Whatever comes, the outcomes add up to the lines."""
    activity = fold_replication_log(PARIS)(LogActivity(), [lines])

    assert sum(activity.lines.values()) == len(lines)
