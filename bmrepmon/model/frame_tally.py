"""Counts commands and their answers, and how far the folders are."""

from collections import Counter, defaultdict
from dataclasses import replace

from bmrepmon.model.durations import Durations
from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import BegunReply, Histogram, LogActivity, ProbeApply
from bmrepmon.model.log_events import COMMANDS, AppliedFolder, LoggedFolder
from bmrepmon.model.log_pairing import Asked, OpenCommands, frame_digits
from bmrepmon.model.positions import Position
from bmrepmon.model.survey import bytes_key

MAX_PARTITIONS = 1000  # names that are kept apart; every further one is counted under the empty name
MAX_PROBES = 1000  # probes whose applies are kept; there is one for each partition
PROBE_APPLIES = 16  # of each: two minutes and a half of them, when bm-core's own probe works

_new = tuple.__new__  # a NamedTuple's own constructor takes three times as long

_APPLYING = frozenset(name for name in COMMANDS if name.startswith("APPLY"))


class FrameTally:
    """Counts frames on top of an activity. Everything comes as plain values: most lines of a log are frames."""

    def __init__(self, activity: LogActivity, errors: Counter[str]) -> None:
        """Go on from ``activity``; the reasons of refusals are counted in ``errors``."""
        self._errors = errors
        self._commands, self._apply_mailbox = Counter(activity.commands), Counter(activity.apply_mailbox)
        self._replies, self._refused = Counter(activity.replies), Counter(activity.refused)
        self._sized_messages, self._sized_bytes = activity.sized_messages, activity.sized_bytes
        self._durations: defaultdict[str, Durations] = defaultdict(lambda: Durations(Histogram()))
        self._durations.update((name, Durations(histogram)) for name, histogram in activity.durations.items())
        self._applied_at, self._probe_applied_at = dict(activity.last_apply_at), dict(activity.last_probe_apply_at)
        self._ok_at, self._apply_ok_at = dict(activity.last_ok_at), activity.last_apply_ok_at
        self._refused_in_row = activity.refused_in_row
        self._moved: dict[bytes, AppliedFolder | LoggedFolder] = {}  # by UNIQUEID
        self._probe_applies = dict(activity.probe_applies)
        self._open = OpenCommands(activity.open_commands)
        self._alone = self._open.alone.pop
        self._begun = _begun(activity.begun_reply)

    @property
    def blocked(self) -> bool:
        """Whether a command waits for its answer."""
        return bool(self._open)

    def ask(self, at: float, thread: str, frame: bytes, name: str) -> None:
        """Count a command."""
        self._begun = None
        self._commands[name] += 1
        self._open.ask(at, thread, frame, name)

    def send(self, at: float, thread: str, frame: bytes, messages: int, size: int) -> None:
        """Count an APPLY MESSAGE, and the messages whose sizes it told."""
        self.ask(at, thread, frame, "APPLY MESSAGE")
        self._sized_messages += messages
        self._sized_bytes += size

    def apply(self, at: float, thread: str, frame: bytes, folder: AppliedFolder | LoggedFolder | None) -> None:
        """Count an APPLY MAILBOX."""
        self._begun = None
        self._commands["APPLY MAILBOX"] += 1
        self._open.ask(at, thread, frame, "APPLY MAILBOX", folder)
        partition = (folder.partition if folder else None) or ""
        if partition not in self._apply_mailbox and len(self._apply_mailbox) >= MAX_PARTITIONS:
            partition = ""
        self._apply_mailbox[partition] += 1
        latest = self._probe_applied_at if type(folder) is AppliedFolder and folder.probe else self._applied_at
        if at >= latest.get(partition, at):
            latest[partition] = at

    def reply(self, at: float, thread: str, frame: bytes, status: str | None, reason: str | None) -> Asked | None:
        """Count an answer; ``status`` None: a line to come will tell it. Return what was answered, if that is known."""
        asked = self._alone(frame, None) or self._open.one_of(thread, frame)
        self._begun = None
        if asked is not None:
            name = asked.name
            self._durations[name].pending.append(at - asked.at)
            if status == "ok" and name not in _APPLYING:
                self._replies["ok"] += 1
                return asked
        if status is None:
            self._begun = (at, asked)
        else:
            self._answered(at, asked, status, reason)
        return asked

    def go_on(self, status: str | None, reason: str | None) -> tuple[float, Asked | None] | None:
        """Take a line that belongs to the one before; return when and to what that was an answer, if it now is one."""
        begun = self._begun
        if begun is None or status is None:
            return None
        self._begun = None
        self._answered(*begun, status, reason)
        return begun

    def interrupt(self) -> None:
        """Take note of any other event: an answer that was begun stays without a status."""
        self._begun = None

    def settle(self) -> None:
        """Count the durations that are pending; to be called now and then, or they take more and more memory."""
        for durations in self._durations.values():
            durations.settle()

    def abandon(self) -> None:
        """Take note that there is no session: nothing that waits will be answered."""
        self._open.abandon()

    def onto(self, activity: LogActivity) -> LogActivity:
        """Return ``activity`` with what is known of frames."""
        positions = {bytes_key(unique_id): _position(folder) for unique_id, folder in self._moved.items()}
        begun = self._begun
        return replace(
            activity,
            apply_mailbox=frozen(self._apply_mailbox),
            commands=frozen(self._commands),
            replies=frozen(self._replies),
            refused=frozen(self._refused),
            sized_messages=self._sized_messages,
            sized_bytes=self._sized_bytes,
            positions=activity.positions.moved(positions),
            probe_applies=frozen(self._probe_applies),
            durations=frozen({name: durations.histogram() for name, durations in self._durations.items()}),
            last_apply_at=frozen(self._applied_at),
            last_probe_apply_at=frozen(self._probe_applied_at),
            last_ok_at=frozen(self._ok_at),
            last_apply_ok_at=self._apply_ok_at,
            refused_in_row=self._refused_in_row,
            open_commands=self._open.waiting(),
            begun_reply=begun and BegunReply(begun[0], begun[1] and begun[1].command()),
        )

    def _answered(self, at: float, asked: Asked | None, status: str, reason: str | None) -> None:
        self._replies[status] += 1
        if status != "ok":
            self._refused[asked.name if asked else ""] += 1
        if reason is not None:
            self._errors[reason] += 1
        elif asked and asked.name in _APPLYING and (self._apply_ok_at is None or at > self._apply_ok_at):
            self._apply_ok_at = at
        if asked and asked.name == "APPLY MAILBOX":
            self._refused_in_row = 0 if status == "ok" else self._refused_in_row + 1
            if status == "ok" and asked.folder:
                self._accepted(at, asked.folder)

    def _accepted(self, at: float, folder: AppliedFolder | LoggedFolder) -> None:
        """Note how far a folder is now; a command alone does not mean that: it may be refused."""
        partition = folder.partition or ""
        if at >= self._ok_at.get(partition, at) and (partition in self._ok_at or len(self._ok_at) < MAX_PARTITIONS):
            self._ok_at[partition] = at
        if type(folder) is LoggedFolder:
            self._moved[folder.unique_id] = folder
        elif type(folder) is AppliedFolder and folder.highest_modseq is not None and folder.last_uid is not None:
            self._moved[folder.unique_id.encode()] = folder
            if folder.probe:
                self._probe_arrived(folder.unique_id, ProbeApply(folder.highest_modseq, at))

    def _probe_arrived(self, unique_id: str, apply: ProbeApply) -> None:
        if unique_id in self._probe_applies or len(self._probe_applies) < MAX_PROBES:
            applies = (*self._probe_applies.get(unique_id, ()), apply)
            self._probe_applies[unique_id] = applies[-PROBE_APPLIES:]


def _begun(reply: BegunReply | None) -> tuple[float, Asked | None] | None:
    if reply is None:
        return None
    if (one := reply.command) is None:
        return reply.at, None
    return reply.at, Asked(0, frame_digits(one.frame), one.thread, one.command, one.at, one.folder)


def _position(folder: AppliedFolder | LoggedFolder) -> Position:
    if type(folder) is LoggedFolder:
        return _new(Position, (int(folder.highest_modseq), int(folder.last_uid), int(folder.uid_validity)))
    return Position(int(folder.highest_modseq or 0), int(folder.last_uid or 0), int(folder.uid_validity or 0))
