"""That the laboratory is what it claims to be: real mail, replicated into real tables and real logs."""

import contextlib
import os
import socket
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from lab.core import REFUSED
from lab.cyrus import DOMAINS, obstacle, partition
from lab.laboratory import Laboratory
from lab.process import until
from lab.replication_log import YEARS, ZONES, Year

from bmrepmon.config.load import parse_settings
from bmrepmon.discovery import discover
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.log_events import COMMANDS, Unknown
from bmrepmon.parse.fold import fold_replication_log
from bmrepmon.parse.replication_log import ReplicationLogParser


def test_what_is_delivered_is_in_the_database(lab: Laboratory) -> None:
    """Every message that came in has its record in the right folder, and bm-core knows each folder as Cyrus does."""
    tom, share = lab.user("Sent", "Été & hiver", "Sent/v1.2 notes"), lab.share("Sent")
    ann = lab.user("Deleted Messages", domain="second.example", login="jean.dupont")
    lab.deliver(tom, ann, share, times=3)
    lab.append(tom.folder("Été & hiver"), 4)
    lab.append(tom.folder("Sent/v1.2 notes"), 2, age=30 * 86400)
    lab.append(share.folder("Sent"))
    lab.wait_until_quiet()
    truth = lab.truth()
    folders = (tom.inbox, ann.inbox, share.inbox, tom.folder("Été & hiver"), tom.folder("Sent/v1.2 notes"))
    for folder in folders:
        rows = lab.records(folder)
        assert len(rows) == truth.delivered[folder.cyrus] == truth.applied[folder.cyrus]
        assert [uid for uid, _ in rows] == list(range(1, len(rows) + 1))
    assert lab.unequal() == []


def test_indexes_say_what_imap_says(lab: Laboratory) -> None:
    """The header of each cyrus.index equals IMAP's STATUS."""
    tom = lab.user("Sent", "Trash")
    lab.append(tom.inbox, 3, size=500)
    lab.append(tom.folder("Sent"), 2, flags="\\Seen")
    lab.expunge(tom.inbox, [2])
    lab.wait_until_quiet()
    headers = {folder.name: folder.header for folder in lab.indexes().values()}
    for folder in (tom.inbox, tom.folder("Sent"), tom.folder("Trash")):
        status, header = lab.imap.status(folder), headers[folder.cyrus]
        assert status["MESSAGES"] == header.exists
        assert status["UIDNEXT"] == header.last_uid + 1
        assert status["HIGHESTMODSEQ"] == header.highest_modseq
        assert status["UIDVALIDITY"] == header.uid_validity
        assert status["SIZE"] == header.quota_used
    assert headers[tom.inbox.cyrus].expunged == 1


def test_rare_commands_are_answered_as_bm_core_answers_them(lab: Laboratory) -> None:
    """What Cyrus seldom sends is kept and told again, and what bm-core does not know is refused."""
    tom = lab.user()
    lab.append(tom.inbox)
    lab.wait_until_quiet()
    (unique_id,) = [f.unique_id for f in lab.replica.folders.values() if f.name == tom.inbox.cyrus]
    seen = f"UNIQUEID {unique_id} LASTREAD 1 LASTUID 1 LASTCHANGE 1 SEENUIDS 1"
    dialogue = {
        "STARTTLS": "NO TLS",
        "C01 CAPABILITY": "BAD invalid",
        "NOOP": "OK Noop completed",
        "GET NONSENSE x": "NO for GET NONSENSE",
        "GET FULLMAILBOX lab.example!user.nobody": "NO IMAP_MAILBOX_NONEXISTENT No Such Mailbox",
        f"APPLY SEEN %(USERID {tom.address} {seen})": "OK success",
        f"APPLY SIEVE %(USERID {tom.address} FILENAME f LAST_UPDATE 1 CONTENT {{4+}}\r\nkeep)": "OK success",
        f"APPLY SUB %(USERID {tom.address} MBOXNAME {tom.inbox.cyrus})": "OK success",
        f"GET META {tom.address}": (
            f"* LSUB ({tom.inbox.cyrus})\r\n* SEEN %({seen})\r\n* SIEVE %(FILENAME f LAST_UPDATE 1)\r\nOK success"
        ),
        f"APPLY UNSIEVE %(USERID {tom.address} FILENAME f)": "OK success",
        f"APPLY EXPUNGE %(MBOXNAME {tom.inbox.cyrus} UNIQUEID {unique_id} UID (1))": "OK success",
        f"APPLY UNMAILBOX {tom.folder('Nowhere').cyrus}": "OK success",
        "EXIT": "OK finished",
    }
    with socket.create_connection(("127.0.0.1", lab.core.port), timeout=5) as client, client.makefile("rwb") as stream:
        while not stream.readline().startswith(b"* OK "):
            pass
        for command, answer in dialogue.items():
            stream.write(f"{command}\r\n".encode())
            stream.flush()
            got = [stream.readline().decode().rstrip() for _ in answer.splitlines()]
            assert got == answer.splitlines(), command
    until(lambda: lab.core.sessions == 1, "the end of the session")
    assert [flags < 0 for _, flags in lab.records(tom.inbox)] == [True]


def test_renames_deletions_and_expunges_arrive(lab: Laboratory) -> None:
    """Folders keep their records under a new name, lose them when deleted, and mark what is expunged."""
    tom = lab.user("Projets", "Projets/Été", "Old")
    lab.append(tom.folder("Projets/Été"), 2)
    lab.append(tom.folder("Old"))
    lab.append(tom.inbox, 3)
    lab.wait_until_quiet()
    lab.rename(tom.folder("Projets"), tom.folder("Clients"))
    lab.delete(tom.folder("Old"))
    lab.expunge(tom.inbox, [2])
    lab.flag(tom.inbox, [3], "\\Seen $label1")
    lab.copy(tom.inbox, [1], tom.folder("Clients"))
    lab.wait_until_quiet()
    assert len(lab.records(tom.folder("Clients/Été"))) == 2
    assert [(uid, flags < 0, bool(flags & 16)) for uid, flags in lab.records(tom.inbox)] == [
        (1, False, False),
        (2, True, False),
        (3, False, True),
    ]
    assert len(lab.records(tom.folder("Clients"))) == 1
    assert tom.folder("Old").cyrus not in {folder.name for folder in lab.replica.folders.values()}
    assert lab.unequal() == []


def test_one_message_to_eight_users_is_one_file_and_one_body(lab: Laboratory) -> None:
    """Cyrus links the file of a message to many, across domains too, and bm-core has one body and eight records."""
    users = [lab.user(domain=("lab.example", "second.example")[n % 2]) for n in range(8)]
    lab.wait_until_quiet()
    before = lab.database.select("SELECT count(*) FROM t_message_body")[0][0]
    lab.deliver(*users)
    lab.wait_until_quiet()
    files = [next(lab.cyrus.store("partition").glob(f"*/{user.inbox.directory}/1.")).stat() for user in users]
    assert ({f.st_nlink for f in files}, len({f.st_ino for f in files})) == ({8}, 1)
    assert lab.database.select("SELECT count(*) FROM t_message_body")[0][0] == before + 1
    assert [len(lab.records(user.inbox)) for user in users] == [1] * 8


def test_archives_and_purges_move_and_remove_files(lab: Laboratory) -> None:
    """Archiving moves files of old messages, a purge removes those of expunged ones, and neither is lag."""
    tom = lab.user()
    lab.append(tom.inbox, 4, size=2000)
    lab.wait_until_quiet()
    (spool,) = lab.cyrus.store("partition").glob(f"*/{tom.inbox.directory}")
    archives = lab.cyrus.store("archivepartition") / spool.relative_to(lab.cyrus.store("partition"))
    lab.expunge(tom.inbox, [1])
    assert (numbers(spool), numbers(archives)) == ([1, 2, 3, 4], [])
    lab.archive(days=0)
    assert (numbers(spool), numbers(archives)) == ([1], [2, 3, 4])
    lab.purge()
    assert (numbers(spool), numbers(archives)) == ([], [2, 3, 4])
    lab.wait_until_quiet()
    assert lab.unequal() == []


def numbers(folder: Path) -> list[int]:
    """Return the uids of the message files in a folder."""
    return sorted(int(path.name.removesuffix(".")) for path in folder.glob("*."))


@pytest.mark.parametrize("year", YEARS)
def test_the_log_of_either_year_tells_what_happened(lab: Laboratory, year: Year) -> None:
    """Every line is understood, and what they add up to is the truth."""
    tom, probe = lab.user("Sent", "Old"), lab.probe(DOMAINS[YEARS.index(year)])
    lab.deliver(tom, times=3)
    lab.flag(probe.inbox, [1], "\\Seen")
    lab.unflag(probe.inbox, [1], "\\Seen")
    lab.rename(tom.folder("Old"), tom.folder("Older"))
    lab.expunge(tom.inbox, [1])
    lab.wait_until_quiet()
    lab.core.refuse("APPLY MAILBOX", REFUSED)
    lab.append(tom.folder("Sent"))
    until(lambda: REFUSED in lab.log.paths[year].read_text(), "the refusal")
    lab.recover()
    with lab.paused():
        truth, lines = lab.truth(), lab.log.paths[year].read_bytes().splitlines()
    parser = ReplicationLogParser(ZONES[year])
    assert [line for line in lines if isinstance(parser.parse(line), Unknown)] == []
    activity = fold_replication_log(ZONES[year])(LogActivity(), [lines])
    assert set(activity.lines) <= {"event", "continuation"}
    known = Counter({verb if verb in COMMANDS else "other": n for verb, n in truth.frames.items()})
    assert dict(activity.commands) == dict(known)
    assert dict(activity.apply_mailbox) == dict(truth.apply_mailbox)
    assert activity.applied_messages == truth.bodies
    assert activity.record_changes["create"] == sum(lab.replica.created.values())
    assert activity.active_sessions == lab.core.sessions == 1
    assert activity.refused["APPLY MAILBOX"] >= 1
    assert activity.last_probe_apply_at[partition(probe.domain)] < activity.last_apply_at[partition(tom.domain)]


def test_the_home_is_an_installation(lab: Laboratory) -> None:
    """Discovery finds in the laboratory what it finds on a BlueMind server, and the database answers."""
    found = discover(parse_settings(lab.configuration.encode(), "laboratory", {}), lab.home, {})
    (backend,) = found.backends
    assert found.findings == ()
    assert (backend.name, backend.expected_sessions) == ("bm-master", 1)
    assert (backend.spool, backend.meta) == (lab.cyrus.store("partition"), lab.cyrus.store("metapartition"))
    assert (backend.archive, backend.sync_log) == (lab.cyrus.store("archivepartition"), lab.cyrus.sync_folder)
    assert found.replication_log == lab.log.paths[2022]
    assert backend.database is not None
    with psycopg.connect(backend.database.conninfo.reveal()) as connection:
        (folders,) = connection.execute("SELECT count(*) FROM t_mailbox_replica").fetchone() or ()
    assert folders == len(lab.replica.folders)


@pytest.mark.usefixtures("able")
def test_nothing_is_left_behind() -> None:
    """A laboratory that is left by an exception, in its worst state, ends its programs and removes its files."""
    lab = Laboratory()
    with contextlib.suppress(ZeroDivisionError), lab:
        lab.deliver(lab.user())
        lab.wait_until_quiet()
        lab.sync_client.pause()
        lab.core.block()
        programs = processes_below(lab.home)
        raise ZeroDivisionError
    assert Counter(programs.values())["sync_client"] == 1
    assert not lab.home.exists()
    assert [pid for pid in programs if Path(f"/proc/{pid}/cwd").exists()] == []


@pytest.mark.usefixtures("able")
def test_the_tables_of_2019_fill_too() -> None:
    """Before BlueMind 4.4 a folder is found through its item alone."""
    with Laboratory(2019) as lab:
        tom = lab.user()
        lab.deliver(tom, times=2)
        lab.wait_until_quiet()
        assert lab.behind() == {}
        assert lab.database.select("SELECT imap_uid FROM t_mailbox_record ORDER BY 1") == [(1,), (2,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_is_not_root_is_told_so() -> None:
    """The reason for skipping is one plain sentence."""
    os.seteuid(65534)
    try:
        assert obstacle() == "the laboratory of real Cyrus servers needs root"
    finally:
        os.seteuid(0)


def processes_below(home: Path) -> dict[int, str]:
    """Return the programs whose working directory lies below ``home``."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(home):
                found[int(entry.name)] = (entry / "comm").read_text().strip()
        except OSError:
            continue
    return found
