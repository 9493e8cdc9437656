"""`bmrepmon audit` on a simulated server, with rows that a test deletes: these, and no others, are found."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from daemon import BMREPMON, PATIENCE, bmrepmon

from bmrepmon.demo.postgres import PASSWORD
from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
LIVE = """
  SELECT r.ctid, i.uid, r.imap_uid, encode(r.message_body_guid, 'hex')
  FROM t_mailbox_record r
  JOIN t_container_item ri ON ri.id = r.item_id
  JOIN t_container c ON c.id = ri.container_id
  JOIN t_mailbox_replica p ON 'mbox_records_' || (SELECT uid FROM t_container_item WHERE id = p.item_id) = c.uid
  JOIN t_container_item i ON i.id = p.item_id
  WHERE r.system_flags >= 0
  ORDER BY md5(i.uid || r.imap_uid)
"""


def execute(server: SimulatedServer, query: str, *values: Any) -> list[tuple[Any, ...]]:
    assert server.postgres
    with psycopg.connect(server.postgres.conninfo("bj-data"), password=PASSWORD) as connection:
        cursor = connection.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []


def machine(server: SimulatedServer) -> Sequence[str | Path]:
    return "--root", server.root, "--config", server.root / "etc/bmrepmon/bmrepmon.toml"


def audited(server: SimulatedServer, *options: str) -> Any:
    done = bmrepmon("audit", *machine(server), "--format", "json", *options)
    assert done.stderr == ""
    return json.loads(done.stdout)


def at_rest(server: SimulatedServer) -> SimulatedServer:
    """Let everything that is on its way arrive."""
    server.life.rates = type(server.life.rates)(*[0.0] * 7)
    server.step(120)
    return server


def build(make_server: MakeServer, version: int) -> SimulatedServer:
    made = make_server(log_format=version)
    made.step(60)
    return at_rest(made)


@pytest.fixture
def server(make_server: MakeServer) -> SimulatedServer:
    return build(make_server, 2022)


@pytest.fixture(params=[2019, 2022], ids=["4.1", "4.9"])
def each_server(request: pytest.FixtureRequest, make_server: MakeServer) -> SimulatedServer:
    return build(make_server, request.param)


def where(server: SimulatedServer, unique_id: str) -> tuple[str, str]:
    """Return mailbox and folder of a UNIQUEID, by the simulation."""
    folder = next(f for f in server.store.by_name.values() if f.unique_id == unique_id)
    return f"{folder.name.owner}@{folder.name.domain}", "/".join(folder.name.path) or "INBOX"


def test_just_the_records_that_were_deleted_are_missing(each_server: SimulatedServer) -> None:
    """In the right folders, with commands for the right mailboxes; before that nothing differs, nor afterwards else."""
    server = each_server
    assert audited(server)["differences"] == []
    victims = execute(server, LIVE)[:7]
    for ctid, *_ in victims:
        execute(server, "DELETE FROM t_mailbox_record WHERE ctid = %s::tid", ctid)
    report = audited(server)

    found = {(d["kind"], d["uid"], d["guid"]) for d in report["differences"]}
    assert found == {("missing", uid, guid) for _, _, uid, guid in victims}
    assert {(d["mailbox"], d["uid"]) for d in report["differences"]} == {
        (where(server, unique_id)[0], uid) for _, unique_id, uid, _ in victims
    }
    mailboxes = sorted({where(server, unique_id)[0] for _, unique_id, _, _ in victims})
    assert report["repair"] == [
        f"bm-cli maintenance repair --ops {operation} {mailbox}"
        for mailbox in mailboxes
        for operation in ("replication.subtree", "replication.parentUid")
    ]
    assert report["complete"]


def test_just_the_bodies_that_were_deleted_are_missing(each_server: SimulatedServer) -> None:
    """One body that is gone is a difference in every folder that has a copy of its message."""
    server = each_server
    guids = [guid for _, _, _, guid in execute(server, LIVE)[:3]]
    for guid in guids:
        execute(server, "DELETE FROM t_message_body WHERE guid = decode(%s, 'hex')", guid)
    expected = {(uid, guid) for _, _, uid, guid in execute(server, LIVE) if guid in guids}
    report = audited(server)

    assert {d["kind"] for d in report["differences"]} == {"bodiless"}
    assert {(d["uid"], d["guid"]) for d in report["differences"]} == expected
    assert {line.split()[4] for line in report["repair"]} == {"message_bodies"}


def test_bodies_of_nobody_and_flags_are_told(server: SimulatedServer) -> None:
    """What has no record is counted; a flag that only one side has is a difference."""
    before = audited(server)["totals"]["bodies_of_nobody"]
    execute(server, "INSERT INTO t_message_body (guid, size) VALUES (decode(repeat('ab', 20), 'hex'), 1)")
    ctid, _, uid, guid = execute(server, LIVE)[0]
    execute(server, "UPDATE t_mailbox_record SET system_flags = system_flags # 16 WHERE ctid = %s::tid", ctid)
    report = audited(server)

    assert report["totals"]["bodies_of_nobody"] == before + 1
    assert [(d["kind"], d["uid"], d["guid"]) for d in report["differences"]] == [("flags", uid, guid)]


def test_one_mailbox_or_domain_is_asked_for(server: SimulatedServer) -> None:
    """Others are neither read nor told; a name that nobody has is an error, not good news."""
    unique_id = execute(server, LIVE)[0][1]
    mailbox, _ = where(server, unique_id)
    execute(server, "DELETE FROM t_mailbox_record")
    whole, one = audited(server), audited(server, "--mailbox", mailbox)
    nobody = bmrepmon("audit", *machine(server), "--domain", "elsewhere.test")

    assert {d["mailbox"] for d in one["differences"]} == {mailbox}
    assert one["differences"] == [d for d in whole["differences"] if d["mailbox"] == mailbox]
    assert one["totals"]["bodies_of_nobody"] is None
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr == "bmrepmon: no mailbox is called like that: elsewhere.test\n"


def test_a_damaged_index_is_told_and_the_rest_is_compared(server: SimulatedServer) -> None:
    """Its folder is named; the end is not that all is well."""
    index = max(server.root.glob("var/spool/cyrus/meta/**/cyrus.index"), key=lambda path: path.stat().st_size)
    raw = index.read_bytes()
    index.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    done = bmrepmon("audit", *machine(server), "--format", "json")
    report = json.loads(done.stdout)

    assert done.returncode == 3
    assert not report["complete"]
    assert [one["reason"] for one in report["unread"]] == ["bad_record_crc"]
    assert str(index.parent).endswith(report["unread"][0]["path"])
    assert report["totals"]["messages"] > 0


def test_without_a_database_the_failure_is_one_line(make_server: MakeServer) -> None:
    """Of a database that is configured and away, the reason; where none is configured, that one is needed."""
    server = make_server()
    server.step(10)
    assert server.postgres
    server.postgres.stop()
    away = bmrepmon("audit", *machine(server), LC_ALL="fr_FR.UTF-8")

    assert away.returncode == 3
    assert "Tout n'a pas été comparé" in away.stdout
    assert "nobody listens there; start PostgreSQL" in away.stdout
    assert "Traceback" not in away.stdout + away.stderr


def test_the_table_speaks_french_and_fits(server: SimulatedServer) -> None:
    """Eighty columns, but for the commands, which are to be copied."""
    execute(server, "DELETE FROM t_mailbox_record WHERE imap_uid % 2 = 0")
    done = bmrepmon("audit", *machine(server), LC_ALL="fr_FR.UTF-8", COLUMNS="80")

    assert done.returncode == 1
    assert "manquants" in done.stdout
    lines = [line for line in done.stdout.splitlines() if "bm-cli maintenance repair" not in line]
    assert max(map(len, lines)) <= 80


def test_ctrl_c_ends_it_with_what_was_found(server: SimulatedServer) -> None:
    """On a terminal, as soon as its bar is there; a lock on the bodies holds it up until then."""
    assert server.postgres
    terminal, theirs = pty.openpty()
    with psycopg.connect(server.postgres.conninfo("bj-data"), password=PASSWORD) as blocker:
        blocker.execute("BEGIN")
        blocker.execute("LOCK TABLE t_message_body IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(
            [*BMREPMON, "audit", *map(str, machine(server))], stdout=subprocess.PIPE, stderr=theirs, text=True
        )
        os.close(theirs)
        os.read(terminal, 1)  # the bar is there
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=PATIENCE)
    os.close(terminal)

    assert process.returncode == 3
    assert "Not everything was compared" in text
