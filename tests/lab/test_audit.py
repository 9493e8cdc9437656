"""`bmrepmon audit` on a real Cyrus, with rows that a test deletes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from daemon import bmrepmon
from lab.laboratory import Laboratory

from bmrepmon.demo.postgres import PASSWORD


@pytest.fixture(scope="module")
def lab(able: None) -> Iterator[Laboratory]:  # noqa: ARG001
    """A laboratory in which no other test has lost a record."""
    with Laboratory() as made:
        yield made


def audited(lab: Laboratory, folder: Path) -> Any:
    config = folder / "bmrepmon.toml"
    config.write_text(lab.configuration)
    done = bmrepmon("audit", "--root", lab.home, "--config", config, "--format", "json")
    assert done.stderr == ""
    return json.loads(done.stdout)


def execute(lab: Laboratory, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(lab.postgres.conninfo("bj-data"), password=PASSWORD) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_just_what_was_deleted_is_found(lab: Laboratory, tmp_path: Path) -> None:
    """Messages were copied, archived, expunged, their folder renamed; then only the rows that are deleted lack."""
    tom, ann = lab.user("Work"), lab.user()
    lab.deliver(tom, ann)
    lab.append(tom.folder("Work"), 6, age=30 * 86400.0)
    lab.append(ann.inbox, 4)
    lab.wait_until_quiet()
    lab.expunge(tom.folder("Work"), [1, 2])
    lab.copy(tom.folder("Work"), [3], tom.inbox)
    lab.archive()
    lab.rename(tom.folder("Work"), tom.folder("Été & hiver"))
    lab.wait_until_quiet()
    before = audited(lab, tmp_path)
    victims = execute(lab, "DELETE FROM t_mailbox_record WHERE imap_uid = 4 AND system_flags >= 0 RETURNING imap_uid")
    body = execute(
        lab,
        "DELETE FROM t_message_body WHERE guid = (SELECT message_body_guid FROM t_mailbox_record "
        "WHERE imap_uid = 5 AND system_flags >= 0 LIMIT 1) RETURNING encode(guid, 'hex')",
    )
    report = audited(lab, tmp_path)

    assert (before["complete"], before["differences"], before["totals"]["lagging"]) == (True, [], 0)
    assert before["totals"]["messages"] > 10
    assert len(victims) == 2
    missing = {(d["mailbox"], d["folder"], d["uid"]) for d in report["differences"] if d["kind"] == "missing"}
    assert missing == {(tom.address, "Été & hiver", 4), (ann.address, "INBOX", 4)}
    assert [d["guid"] for d in report["differences"] if d["kind"] == "bodiless"] == [guid for (guid,) in body]
    assert len(report["differences"]) == 3
