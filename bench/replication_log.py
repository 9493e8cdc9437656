"""A replication.log of any size: sessions side by side, each command with its answer, always the same text.

Cycles, answers and fields are those of a Cyrus 3.6 laboratory, what bm-core adds is BlueMind 4.9's; the sizes of APPLY
MAILBOX are those of a server that catches up, where its records fill most of the log's bytes.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

SESSIONS = 8
MOST_FOLDERS = 5  # that change between two looks of a sync_client
FAILURES = 0.001  # of the commands
MAILBOXES = 2000
FOLDERS = ("", ".Sent", ".Trash", ".Drafts", ".Outbox", ".Junk", ".Projects 2022", ".Archives.2021")
DOMAINS = ("acme.test", "example.net", "ville.example", "bm.lan", "ex2016.vmw")
BEGIN = datetime(2022, 6, 23, 10, 12, 33, tzinfo=UTC)
LONGEST = 2048  # characters of a command that bm-core logs
LONGEST_ANSWER, CUT_ANSWER = 500, 200
TRUNCATED = "... [truncated]"
SESSION = "n.b.b.c.r.s.ReplicationSession INFO - "
RECORDS_SERVICE = "n.b.b.m.r.s.i.DbMailboxRecordsService INFO - "
RECORD = (
    "%(UID {uid} MODSEQ {modseq} LAST_UPDATED 1655979100 FLAGS (\\Seen) INTERNALDATE 1655979000 "
    "SIZE {size} GUID {guid})"
)
FIELDS = (
    "%(UNIQUEID {unique_id} MBOXNAME {name} SYNC_CRC 2950253899 SYNC_CRC_ANNOT 0 LAST_UID {uid} HIGHESTMODSEQ {modseq} "
    "RECENTUID 7 RECENTTIME 1655970000 LAST_APPENDDATE 1655979000 POP3_LAST_LOGIN 0 POP3_SHOW_AFTER 0 "
    'UIDVALIDITY 1479302982 PARTITION {partition} ACL "{user}@{domain}\tlrswipkxtecda\tadmin0\tlrswipkxtecda\t" '
    "OPTIONS P RECORD ("
)


class Folders:
    """Folders of very unequal activity; each message that arrives makes one go further."""

    def __init__(self, dice: random.Random) -> None:
        """Begin with empty folders."""
        self._dice = dice
        self._uids = [0] * (MAILBOXES * len(FOLDERS))
        self._records = [
            RECORD.format(uid=n, modseq=3 * n, size=900 + 17 * n, guid=f"{dice.getrandbits(160):040x}")
            for n in range(400)
        ]

    def pick(self) -> tuple[str, str, str]:
        """Return the partition, the quoted name and the fields of a folder in which something arrived."""
        number = int(len(self._uids) * self._dice.random() ** 3)
        self._uids[number] += self._dice.randint(1, 3)
        user, domain = f"user{number // len(FOLDERS)}", DOMAINS[number % len(DOMAINS)]
        partition = f"bm-master__{domain.replace('.', '_')}"
        name = f"{domain}!user.{user}{FOLDERS[number % len(FOLDERS)]}"
        name = f'"{name}"' if " " in name else name
        uid = self._uids[number]
        unique_id = f"{number * 7919:016x}"
        fields = FIELDS.format(
            unique_id=unique_id, name=name, uid=uid, modseq=3 * uid, partition=partition, user=user, domain=domain
        )
        return partition, name, fields

    def records(self) -> str:
        """Return the records of an APPLY MAILBOX: a few, or so many that the line is cut."""
        number = int(1 + 20 * self._dice.random() ** 2) if self._dice.random() < 0.7 else 40
        first = self._dice.randrange(len(self._records) - number)
        return " ".join(self._records[first : first + number])


def cut(text: str, longest: int, kept: int) -> str:
    """Cut a frame as bm-core does."""
    return text if len(text) <= longest else text[:kept] + TRUNCATED


class Session:
    """One endless session; what it yields are messages, logger first."""

    def __init__(self, dice: random.Random, folders: Folders) -> None:
        """Begin at frame 0."""
        self._dice = dice
        self._folders = folders
        self._frames = count()

    def messages(self) -> Iterator[str]:
        """Yield what is logged, one cycle of the synchronisation after the other."""
        yield from self._ask("AUTHENTICATE PLAIN AGFkbWluMABzZWNyZXQ=", "OK success")
        while True:
            changed = [self._folders.pick() for _ in range(self._dice.randint(1, MOST_FOLDERS))]
            partition, names = changed[0][0], " ".join(name for _, name, _ in changed)
            known = (f"* MAILBOX {fields.rpartition(' RECORD')[0]})" for *_, fields in changed)
            yield from self._ask(f"GET MAILBOXES ({names})", *known, "OK success")
            yield from self._bodies(partition, names)
            for *_, fields in changed:
                yield from self._records(fields)
            if self._dice.random() < FAILURES:
                yield stack_trace()
            yield from self._ask("RESTART", "OK Restarting")

    def _bodies(self, partition: str, names: str) -> Iterator[str]:
        guids = [f"{self._dice.getrandbits(160):040x}" for _ in range(self._dice.randint(1, MOST_FOLDERS))]
        missing = " ".join(guids)
        command = f"APPLY RESERVE %(PARTITION {partition} MBOXNAME ({names}) GUID ({missing}))"
        yield from self._ask(command, f"* MISSING ({missing})", "OK success")
        files = (f"%{{{partition} {guid} {self._dice.randint(900, 90000)}}}{{t{guid[:3]}.bin}}" for guid in guids)
        command, answer = self._ask(f"APPLY MESSAGE ({' '.join(files)})", "OK success")
        millis = int(5 + 400 * self._dice.random() ** 4)
        yield command
        yield f"n.b.b.c.r.s.c.ApplyMessage INFO - Finished ApplyMessage {len(guids)} in {millis}ms.\n"
        yield answer

    def _records(self, fields: str) -> Iterator[str]:
        refused = self._dice.random() < FAILURES
        answer = "NO java.util.concurrent.TimeoutException" if refused else "OK success"
        command, answer = self._ask(f"APPLY MAILBOX {fields}{self._folders.records()})))", answer)
        yield command
        if not refused:
            unique_id = fields.split(" ", 2)[1]
            yield f"{RECORDS_SERVICE}[{unique_id}] Db CRUD op, cr: 1, upd: 2, del: 0 in {self._dice.randint(3, 90)}ms\n"
            yield f"{RECORDS_SERVICE}[{unique_id}] Es CRUD op, idx: 3 in {self._dice.randint(3, 90)}ms\n"
        yield answer

    def _ask(self, command: str, *answer: str) -> tuple[str, str]:
        frame = f"frame-{next(self._frames):08d}"
        answered = cut("\r\n".join(answer), LONGEST_ANSWER, CUT_ANSWER)
        return (
            f"{SESSION}REPL C: [{frame}]: {cut(command, LONGEST, LONGEST)}\n",
            f"{SESSION}REPL S: [{frame}]: {answered}\n",
        )


def stack_trace() -> str:
    """Return an error of twenty lines."""
    calls = (
        f"\tat net.bluemind.backend.cyrus.replication.server.cmd.Cmd{n}.handle(Cmd{n}.java:{n})\n" for n in range(20)
    )
    return "n.b.b.c.r.s.ReplicationSession ERROR - session 4: Connection reset by peer\n" + "".join(calls)


def messages(dice: random.Random) -> Iterator[str]:
    """Yield events of several sessions, from the thread on: all but the date."""
    folders = Folders(dice)
    sessions = [(n, Session(dice, folders).messages()) for n in range(SESSIONS)]
    for n in range(SESSIONS):
        yield f"[vert.x-eventloop-thread-{n}] {SESSION}Starting session {n + 1} with 10.11.12.13:{55000 + n}\n"
    while True:
        number, talk = dice.choice(sessions)
        yield f"[vert.x-eventloop-thread-{number}] {next(talk)}"


def write_log(path: Path, size: int) -> None:
    """Write events until the log has ``size`` bytes."""
    dice = random.Random(7)
    millis, written, second = 0, 0, f"{BEGIN:%Y-%m-%d %H:%M:%S}"
    seconds = count(1)
    with path.open("w", encoding="ascii", newline="") as log:
        for text in messages(dice):
            millis += dice.randint(1, 9)
            if millis >= 1000:
                millis -= 1000
                second = f"{BEGIN + timedelta(seconds=next(seconds)):%Y-%m-%d %H:%M:%S}"
            written += log.write(f"{second},{millis:03d} {text}")
            if written >= size:
                return
