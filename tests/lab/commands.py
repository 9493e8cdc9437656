"""What each command of the sync protocol does, what it is answered, and what bm-core logs about it.

Source: BlueMind 4.1 and 4.9, net.bluemind.backend.cyrus.replication.server.cmd, and DbMailboxRecordsService of
net.bluemind.backend.mail.replica.service.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import psycopg
from lab.protocol import Body, Fields, Frame, Value, mapping, number, render, text, words
from lab.replica import Changes, Replica
from lab.replication_log import REPLICA, SERVER, ReplicationLog, Year

from bmrepmon.parse.mailbox_name import parse_mailbox_name

OK = "OK success"
NONEXISTENT = "NO IMAP_MAILBOX_NONEXISTENT No Such Mailbox"
RESERVE_SLICE = 500  # GUIDs that are looked up at once
WORKERS = 20
DATABASE_DOWN = (
    "net.bluemind.core.api.fault.ServerFault: java.sql.SQLTransientConnectionException: "
    "HikariPool-2 - Connection is not available, request timed out after 30000ms."
)
FIXED = {
    "NOOP": "OK Noop completed",
    "RESTART": "OK Restarting",
    "EXIT": "OK finished",
    "STARTTLS": "NO TLS",
    "C01": "BAD invalid",
    "GET ANNOTATION": OK,
    "APPLY ANNOTATION": OK,
    "APPLY ACTIVATE_SIEVE": OK,
}
KEYS = {  # what is only kept and told again: its kind, and the fields that tell one from another
    "QUOTA": ("ROOT",),
    "SEEN": ("USERID", "UNIQUEID"),
    "SIEVE": ("USERID", "FILENAME"),
    "SUB": ("USERID", "MBOXNAME"),
}
LOGGED = {"QUOTA": "ApplyQuota: {}", "SEEN": "Add SeenOverlay {}", "SIEVE": "Apply SIEVE {}", "SUB": "Apply SUB {}"}


class Commands:
    """Carries out the commands of one session."""

    def __init__(self, replica: Replica, log: ReplicationLog, thread: str, kept: dict[tuple[str, ...], Fields]) -> None:
        """Work on ``replica`` and on ``kept``, which other sessions share, and log as ``thread``."""
        self._replica = replica
        self._log = log
        self._thread = thread
        self._kept = kept
        self._workers = itertools.cycle(f"vert.x-worker-thread-{n}" for n in range(WORKERS))
        self._commands: Mapping[str, Callable[[Sequence[Value]], str]] = {
            "AUTHENTICATE": self._authenticate,
            "GET MAILBOXES": self._get_mailboxes,
            "GET FULLMAILBOX": self._get_full_mailbox,
            "GET USER": self._get_user,
            "GET META": lambda arguments: self._meta(arguments) + OK,
            "APPLY RESERVE": self._reserve,
            "APPLY MESSAGE": self._message,
            "APPLY MAILBOX": self._mailbox,
            "APPLY UNMAILBOX": self._unmailbox,
            "APPLY RENAME": self._rename,
            "APPLY EXPUNGE": self._expunge,
            "APPLY UNUSER": partial(self._ignore, "UNUSER"),
            "APPLY UNQUOTA": partial(self._ignore, "UNQUOTA"),
            "APPLY UNSIEVE": partial(self._forget, "SIEVE"),
            "APPLY UNSUB": partial(self._forget, "SUB"),
            **{f"APPLY {kind}": partial(self._keep, kind) for kind in KEYS},
        }

    def answer(self, frame: Frame) -> str:
        """Carry out one command."""
        if frame.verb in FIXED:
            return FIXED[frame.verb]
        command = self._commands.get(frame.verb)
        if command is None:
            return f"NO for {frame.verb}"
        try:
            return command(frame.arguments)
        except psycopg.Error:
            return f"NO {DATABASE_DOWN}"

    def _authenticate(self, _: Sequence[Value]) -> str:
        self._say("c.Authenticate", "Replication session authenticated as 'admin0@global.virt'.")
        return OK

    # --- questions

    def _get_mailboxes(self, arguments: Sequence[Value]) -> str:
        return _lines("MAILBOX", (f.fields for f in self._replica.named(words(arguments[0])))) + OK

    def _get_full_mailbox(self, arguments: Sequence[Value]) -> str:
        folders = self._replica.named(map(str, arguments))
        if not folders:
            self._say("c.GetFullMailbox", f"GET FULLMAILBOX on unknown folder {arguments[0]}", "WARN")
            return NONEXISTENT
        return _lines("MAILBOX", ({**f.fields, "RECORD": list(f.records.values())} for f in folders)) + OK

    def _get_user(self, arguments: Sequence[Value]) -> str:
        login, _, domain = str(arguments[0]).partition("@")
        root = f"{domain}!user.{login.replace('.', '^')}"
        folders = self._replica.below(root)
        self._say("c.GetUser", f"Found {len(folders)} folder(s)")
        quotas = [quota for key, quota in self._kept.items() if key == ("QUOTA", root)]
        return _lines("MAILBOX", (f.fields for f in folders)) + _lines("QUOTA", quotas) + self._meta(arguments) + OK

    def _meta(self, arguments: Sequence[Value]) -> str:
        mine: dict[str, list[Fields]] = {"SUB": [], "SEEN": [], "SIEVE": []}
        for (kind, *key), fields in self._kept.items():
            if key[0] == arguments[0] and kind in mine:
                mine[kind].append({k: v for k, v in fields.items() if k not in ("USERID", "CONTENT")})
        subscribed = [text(fields, "MBOXNAME") for fields in mine["SUB"]]
        lists = f"* LSUB {render(subscribed)}\r\n" if subscribed else ""
        return lists + _lines("SEEN", mine["SEEN"]) + _lines("SIEVE", mine["SIEVE"])

    def _reserve(self, arguments: Sequence[Value]) -> str:
        guids = words(mapping(arguments[0])["GUID"])
        missing = self._replica.missing(guids)
        for start in range(0, len(guids), RESERVE_SLICE):
            part = guids[start : start + RESERVE_SLICE]
            self._say("s.ReplicationState", f"{len(set(part) & set(missing))} bodies missing out of {len(part)}")
        return f"* MISSING {render(missing)}\r\n{OK}" if missing else OK

    # --- changes

    def _message(self, arguments: Sequence[Value]) -> str:
        begun = time.monotonic()
        assert isinstance(arguments[0], list)
        bodies = [body for body in arguments[0] if isinstance(body, Body)]
        try:
            self._replica.store(bodies)
        except psycopg.Error:  # the answer is OK all the same: these bodies are lost until somebody repairs
            for _ in bodies:
                self._say("c.ApplyMessage", f"addMessage.create: {DATABASE_DOWN}", "ERROR")
        self._say("c.ApplyMessage", f"Finished ApplyMessage {len(bodies)} in {_milliseconds(begun)}ms.")
        return OK

    def _mailbox(self, arguments: Sequence[Value]) -> str:
        fields = dict(mapping(arguments[0]))
        records = fields.pop("RECORD")
        assert isinstance(records, list)
        if fields["PARTITION"] == "default":
            self._say("c.ApplyMailbox", "Skip ApplyMailbox on 'default' partition", "WARN")
            return OK
        name = parse_mailbox_name(text(fields, "MBOXNAME"))
        if name is None or name.namespace in ("deleted", "deletedShared"):
            return OK
        begun = time.monotonic()
        changes = self._replica.apply(fields, [mapping(record) for record in records])
        if records:
            self._tell(text(fields, "UNIQUEID"), changes, len(records), _milliseconds(begun))
        return OK

    def _tell(self, unique_id: str, changes: Changes, records: int, millis: int) -> None:
        """Log what became of the records of a folder."""
        counts = f"cr: {len(changes.created)}, upd: {len(changes.updated)}, del: {len(changes.deleted)}"
        lines: list[tuple[str, tuple[Year, ...]]] = [
            (f"[{unique_id}] Update with {records} record(s)", (2022,)),
            *(
                (f"Skipping create on expunged record {number(r, 'UID')} v{number(r, 'MODSEQ')}", (2019, 2022))
                for r in changes.skipped
            ),
            (f"[{unique_id}] Db CRUD op, {counts} in {millis}ms", (2019, 2022)),
            (f"[{unique_id}] Es CRUD op, idx: {records - len(changes.skipped)} in {millis}ms", (2019, 2022)),
        ]
        worker = next(self._workers)
        for line, years in lines:
            self._log.write(worker, f"{REPLICA}DbMailboxRecordsService", line, years=years)

    def _unmailbox(self, arguments: Sequence[Value]) -> str:
        folders = self._replica.named(map(str, arguments))
        for folder in folders:
            self._replica.remove(folder)
            self._say("c.ApplyUnmailbox", f"deleted {folder.name}")
        if not folders:
            self._say("c.ApplyUnmailbox", f"Mailbox does not exist {arguments[0]}", "WARN")
        return OK

    def _rename(self, arguments: Sequence[Value]) -> str:
        fields = mapping(arguments[0])
        old, new = text(fields, "OLDMBOXNAME"), text(fields, "NEWMBOXNAME")
        folders = self._replica.named([old])
        if not folders:
            self._say("c.ApplyRename", f"Source not found for rename {old}", "WARN")
            return OK
        self._say("c.ApplyRename", f"Apply RENAME from {old} to {new}")
        self._replica.rename(folders[0], new)
        return OK

    def _expunge(self, arguments: Sequence[Value]) -> str:
        fields = mapping(arguments[0])
        name, uids = text(fields, "MBOXNAME"), words(fields["UID"])
        self._say("c.ApplyExpunge", f"Apply EXPUNGE from {name} of {', '.join(uids)}")
        for folder in self._replica.named([name]):
            self._replica.expunge(folder, map(int, uids))
        return OK

    def _ignore(self, verb: str, arguments: Sequence[Value]) -> str:
        self._say(f"c.Apply{verb.capitalize()}", f"{verb} just says ok, request was for '{arguments[0]}'")
        return OK

    def _keep(self, kind: str, arguments: Sequence[Value]) -> str:
        fields = mapping(arguments[0])
        key = tuple(text(fields, name) for name in KEYS[kind])
        self._kept[kind, *key] = fields
        self._say(f"c.Apply{kind.capitalize()}", LOGGED[kind].format(" ".join(key)))
        return OK

    def _forget(self, kind: str, arguments: Sequence[Value]) -> str:
        fields = mapping(arguments[0])
        key = tuple(text(fields, name) for name in KEYS[kind])
        self._kept.pop((kind, *key), None)
        if kind == "SUB":
            self._say("c.ApplyUnsub", f"Apply UNSUB {' '.join(key)}")
        return OK

    def _say(self, logger: str, line: str, level: str = "INFO") -> None:
        self._log.write(self._thread, f"{SERVER}{logger}", line, level)


def _lines(kind: str, values: Iterable[Fields]) -> str:
    return "".join(f"* {kind} {render(value)}\r\n" for value in values)


def _milliseconds(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
