"""Counts commands and their answers, and how far the folders are."""

from collections import Counter
from dataclasses import replace

from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import BegunReply, LogActivity, OpenCommand, ProbeApply
from bmrepmon.model.log_events import AppliedFolder, LoggedFolder
from bmrepmon.model.log_pairing import Asked, Folder, OpenCommands, frame_digits, open_command
from bmrepmon.model.positions import PlainPosition
from bmrepmon.model.subjects import (
    APPLY_MAILBOX,
    NEVER,
    CommandTallies,
    CommandTally,
    PartitionTallies,
    PartitionTally,
)
from bmrepmon.model.survey import bytes_key

MAX_PROBES = 1000  # probes whose applies are kept; there is one for each partition
PROBE_APPLIES = 16  # of each: two minutes and a half of them, when bm-core's own probe works


class FrameTally:
    """Counts frames on top of an activity. Everything comes as plain values: most lines of a log are frames."""

    def __init__(self, activity: LogActivity, errors: Counter[str]) -> None:
        """Go on from ``activity``; the reasons of refusals are counted in ``errors``."""
        self._errors = errors
        self._commands, self._partitions = CommandTallies(activity), PartitionTallies(activity)
        self._applying, self._logged = self._commands[APPLY_MAILBOX], self._partitions.logged.get
        self._replies = Counter(activity.replies)
        self._ok = 0  # replies, beside those
        self._sized_messages, self._sized_bytes = activity.sized_messages, activity.sized_bytes
        self._apply_ok_at = NEVER if activity.last_apply_ok_at is None else activity.last_apply_ok_at
        self._refused_in_row = activity.refused_in_row
        self._moved: dict[bytes, Folder] = {}  # by UNIQUEID
        self._probe_applies = dict(activity.probe_applies)
        self._open = OpenCommands()
        for one in activity.open_commands:
            self._open.ask(one.at, one.thread, frame_digits(one.frame), *self._subject(one))
        self._alone = self._open.alone.pop
        self.begun = self._reply_begun(activity.begun_reply)  # an answer whose status is to come; None: any other event

    @property
    def blocked(self) -> bool:
        """Whether a command waits for its answer."""
        return bool(self._open)

    def ask(self, at: float, thread: str, frame: bytes, name: str) -> None:
        """Count a command."""
        self.begun = None
        command = self._commands[name]
        command.asked += 1
        self._open.ask(at, thread, frame, command)

    def send(self, at: float, thread: str, frame: bytes, messages: int, size: int) -> None:
        """Count an APPLY MESSAGE, and the messages whose sizes it told."""
        self.ask(at, thread, frame, "APPLY MESSAGE")
        self._sized_messages += messages
        self._sized_bytes += size

    def apply(self, at: float, thread: str, frame: bytes, folder: AppliedFolder | None) -> None:
        """Count an APPLY MAILBOX."""
        self.begun = None
        self._applying.asked += 1
        partition = self._partitions.named((folder and folder.partition) or "")
        partition.applies += 1
        if folder and folder.probe:
            partition.probe_applied_at = max(partition.probe_applied_at, at)
        else:
            partition.applied_at = max(partition.applied_at, at)
        self._open.ask(at, thread, frame, self._applying, folder, partition)

    def apply_logged(self, at: float, thread: str, frame: bytes, folder: LoggedFolder) -> None:
        """Count an APPLY MAILBOX of a folder as it was logged."""
        self.begun = None
        self._applying.asked += 1
        partition = self._logged(folder[-1]) or self._partitions.as_logged(folder[-1])
        partition.applies += 1
        if at > partition.applied_at:  # noqa: PLR1730
            partition.applied_at = at
        self._open.ask(at, thread, frame, self._applying, folder, partition)

    def ok(self, at: float, thread: str, frame: bytes) -> Asked | None:
        """Count an answer OK; return what was answered, if that is known."""
        self.begun = None
        self._ok += 1
        asked = self._alone(frame, None) or self._open.one_of(thread, frame)
        if asked is not None:
            _, _, _, asked_at, command, folder, partition = asked
            command.took(at - asked_at)
            if command.applies:
                self._accepted(at, command, folder, partition)
        return asked

    def reply(self, at: float, thread: str, frame: bytes, status: str | None, reason: str | None) -> Asked | None:
        """Count an answer; ``status`` None: a line to come will tell it. Return what was answered, if that is known."""
        if status == "ok":
            return self.ok(at, thread, frame)
        asked = self._alone(frame, None) or self._open.one_of(thread, frame)
        if asked is not None:
            asked[4].took(at - asked[3])
        self.begun = None if status else (at, asked)
        if status:
            self._refused(asked, status, reason)
        return asked

    def go_on(self, status: str | None, reason: str | None) -> tuple[float, Asked | None] | None:
        """Take a line that belongs to the one before; return when and to what that was an answer, if it now is one."""
        begun = self.begun
        if begun is None or status is None:
            return None
        self.begun = None
        at, asked = begun
        if status != "ok":
            self._refused(asked, status, reason)
        else:
            self._ok += 1
            if asked is not None and asked[4].applies:
                self._accepted(at, *asked[4:])
        return begun

    def settle(self) -> None:
        """Count the durations that are pending; to be called now and then, or they take more and more memory."""
        self._commands.settle()

    def abandon(self) -> None:
        """Take note that there is no session: nothing that waits will be answered."""
        self._open.abandon()

    def onto(self, activity: LogActivity) -> LogActivity:
        """Return ``activity`` with what is known of frames."""
        positions = {bytes_key(unique_id): _position(folder) for unique_id, folder in self._moved.items()}
        replies = self._replies + Counter(ok=self._ok)
        begun = self.begun
        return replace(
            activity,
            apply_mailbox=frozen(self._partitions.applies()),
            commands=frozen(self._commands.asked()),
            replies=frozen(replies),
            refused=frozen(self._commands.refused()),
            sized_messages=self._sized_messages,
            sized_bytes=self._sized_bytes,
            positions=activity.positions.moved(positions),
            probe_applies=frozen(self._probe_applies),
            durations=frozen(self._commands.histograms()),
            last_apply_at=frozen(self._partitions.applied_at()),
            last_probe_apply_at=frozen(self._partitions.probe_applied_at()),
            last_ok_at=frozen(self._partitions.ok_at()),
            last_apply_ok_at=None if self._apply_ok_at == NEVER else self._apply_ok_at,
            refused_in_row=self._refused_in_row,
            open_commands=self._open.waiting(),
            begun_reply=begun and BegunReply(begun[0], begun[1] and open_command(begun[1])),
        )

    def _refused(self, asked: Asked | None, status: str, reason: str | None) -> None:
        self._replies[status] += 1
        (asked[4] if asked else self._commands[""]).refused += 1
        if reason is not None:
            self._errors[reason] += 1
        if asked and asked[4] is self._applying:
            self._refused_in_row += 1

    def _accepted(
        self, at: float, command: CommandTally, folder: Folder | None, partition: PartitionTally | None
    ) -> None:
        """Note when something was last applied, and how far a folder is now; a command alone may be refused."""
        if at > self._apply_ok_at:  # noqa: PLR1730 - a call of max() takes five times as long, here and below
            self._apply_ok_at = at
        if command is not self._applying:
            return
        self._refused_in_row = 0
        if folder is None or partition is None:
            return
        if at > partition.ok_at:  # noqa: PLR1730
            partition.ok_at = at
        if isinstance(folder, tuple):
            self._moved[folder[0]] = folder
        elif folder.highest_modseq is not None and folder.last_uid is not None:
            self._moved[folder.unique_id.encode()] = folder
            if folder.probe:
                self._probe_arrived(folder.unique_id, ProbeApply(folder.highest_modseq, at))

    def _probe_arrived(self, unique_id: str, apply: ProbeApply) -> None:
        if unique_id in self._probe_applies or len(self._probe_applies) < MAX_PROBES:
            applies = (*self._probe_applies.get(unique_id, ()), apply)
            self._probe_applies[unique_id] = applies[-PROBE_APPLIES:]

    def _reply_begun(self, reply: BegunReply | None) -> tuple[float, Asked | None] | None:
        if reply is None:
            return None
        if (one := reply.command) is None:
            return reply.at, None
        return reply.at, (0, frame_digits(one.frame), one.thread, one.at, *self._subject(one))

    def _subject(self, one: OpenCommand) -> tuple[CommandTally, AppliedFolder | None, PartitionTally | None]:
        """Return what a command that waits is about."""
        partition = self._partitions.named(one.folder.partition or "") if one.folder else None
        return self._commands[one.command], one.folder, partition


def _position(folder: Folder) -> PlainPosition:
    if isinstance(folder, tuple):
        _, _, last_uid, highest_modseq, uid_validity, _ = folder
        return int(highest_modseq), int(last_uid), int(uid_validity)
    return folder.highest_modseq or 0, folder.last_uid or 0, folder.uid_validity or 0
