"""Files minus bodies of a real Cyrus, taken apart as `bmrepmon once` does, against what was done to it."""

from dataclasses import asdict
from pathlib import Path

import pytest
from lab.laboratory import Laboratory
from lab.observed import observe

from bmrepmon.model.folders import FolderHeader, IndexRecord
from bmrepmon.model.snapshot import BackendSnapshot
from bmrepmon.parse.cyrus_index import parse_index_header
from bmrepmon.parse.cyrus_records import iter_records

LONG_AGO = 30 * 86400.0  # seconds


@pytest.fixture
def lab(sound: Laboratory) -> Laboratory:
    """One in which no other test has lost a body, so that what is zero can be called so."""
    return sound


def look(lab: Laboratory) -> BackendSnapshot:
    (backend,) = observe(lab).backends
    return backend


def explained(lab: Laboratory) -> dict[str, int]:
    """Return every part of the difference; they add up to it, and orphans are those that are there."""
    backend = look(lab)
    found = asdict(backend.explained)
    assert sum(found.values()) == backend.delta_messages
    assert found["orphan"] == len(orphans(lab))
    return found


def orphans(lab: Laboratory) -> set[Path]:
    """Return the message files that no index knows; each record has its file."""
    roots = {kind: lab.cyrus.store(kind) for kind in ("partition", "archivepartition")}
    files = {f.relative_to(r) for r in roots.values() for f in r.rglob("*.") if f.name[:-1].isdigit()}
    known, meta = set(), lab.cyrus.store("metapartition")
    for index in meta.rglob("cyrus.index"):
        header = parse_index_header(raw := index.read_bytes())
        assert isinstance(header, FolderHeader)
        for record in iter_records(raw, header):
            assert isinstance(record, IndexRecord)
            if not record.unlinked:
                known.add(index.parent.relative_to(meta) / f"{record.uid}.")
    assert known <= files
    return files - known


def changed(lab: Laboratory, before: dict[str, int]) -> dict[str, int]:
    """Return the parts that are not what they were, and by how much."""
    now = explained(lab)
    return {reason: now[reason] - before[reason] for reason in now if now[reason] != before[reason]}


def at_rest(lab: Laboratory) -> dict[str, int]:
    """Wait for rest, in which nothing is on its way, never replicated, or unexplained."""
    lab.wait_until_quiet()
    found = explained(lab)
    assert (found["lagging"], found["passive"], found["unexplained"]) == (0, 0, 0)
    return found


def test_one_message_to_eight_users_is_one_body(lab: Laboratory) -> None:
    """The seven other files are copies."""
    users = [lab.user() for _ in range(8)]
    before = at_rest(lab)
    lab.deliver(*users)
    lab.append(users[0].inbox, 5)
    at_rest(lab)

    assert changed(lab, before) == {"duplicate": 7}


def test_at_rest_nothing_is_unexplained_whatever_has_happened(lab: Laboratory) -> None:
    """Expunged, archived, copied, renamed, deleted and purged; each step moves what it is called, and nothing else."""
    tom = lab.user("Work", "Gone", "Old")
    for name in ("Work", "Gone", "Old"):
        lab.append(tom.folder(name), 4, age=LONG_AGO)
    before = at_rest(lab)
    lab.expunge(tom.folder("Work"), [1, 2])
    at_rest(lab)
    assert changed(lab, before) == {}  # the files stay, and so do the bodies
    lab.copy(tom.folder("Work"), [3], tom.folder("Old"))
    at_rest(lab)
    assert changed(lab, before) == {"duplicate": 1}

    lab.archive()
    at_rest(lab)
    assert changed(lab, before) == {"duplicate": 1}
    lab.rename(tom.folder("Old"), tom.folder("Été & hiver"))
    lab.delete(tom.folder("Gone"))
    left = at_rest(lab)["orphan"] - before["orphan"]
    assert left > 0  # archived files that Cyrus leaves where they were
    assert changed(lab, before) == {"duplicate": 1, "orphan": left}

    lab.purge()
    after = at_rest(lab)
    gone = after["expunged"] - before["expunged"]
    assert gone <= -6  # messages whose files are gone now, and whose bodies BlueMind keeps for two days
    assert set(changed(lab, before)) == {"duplicate", "expunged", "orphan"}


def test_files_that_no_index_knows_are_orphans(lab: Laboratory) -> None:
    """In a folder, beside all folders, and in the archives; what is no message does not count."""
    tom = lab.user()
    lab.append(tom.inbox)
    before = at_rest(lab)
    (where,) = [f.parent for f in lab.cyrus.store("partition").rglob(f"user/{tom.owner}/1.")]
    archives = lab.cyrus.store("archivepartition") / where.relative_to(lab.cyrus.store("partition"))
    archives.mkdir(parents=True)
    for planted in (where / "77.", where / "78.", where / "notes.txt", archives / "79."):
        planted.write_bytes(b"Subject: planted\r\n\r\n")
    at_rest(lab)

    assert changed(lab, before) == {"orphan": 3}


def test_what_is_on_its_way_is_lagging_and_then_is_not(lab: Laboratory) -> None:
    """One message to many is one that lags; what happens to replicated ones meanwhile explains itself."""
    tom, ann, bob = lab.user("Work", "Gone"), lab.user(), lab.user()
    lab.append(tom.folder("Work"), 3)
    lab.append(tom.folder("Gone"), 2)
    before = at_rest(lab)
    with lab.paused():
        lab.deliver(tom, ann, bob, times=2)
        lab.append(ann.inbox, 4)
        lab.create(ann.folder("New"))
        lab.append(ann.folder("New"), 3)
        lab.expunge(tom.folder("Work"), [1])
        lab.delete(tom.folder("Gone"))
        assert changed(lab, before) == {"lagging": 6, "passive": 3, "duplicate": 4}
        lab.expunge(ann.inbox, [1])
        assert changed(lab, before) == {"lagging": 6, "passive": 3, "duplicate": 4}  # two others have it still
        lab.expunge(ann.inbox, [3])
        assert changed(lab, before) == {"lagging": 5, "expunged": 1, "passive": 3, "duplicate": 4}
    at_rest(lab)

    assert changed(lab, before).get("duplicate") == 4
    assert set(changed(lab, before)) <= {"duplicate", "expunged"}


def test_what_was_lost_is_unexplained(lab: Laboratory) -> None:
    """A body without which a message cannot be read; a record without which nobody finds it."""
    tom = lab.user()
    lab.append(tom.inbox, 4)
    before = at_rest(lab)
    (folder,) = lab.replica.named([tom.inbox.cyrus])
    guids = [bytes.fromhex(str(folder.records[uid]["GUID"])) for uid in (1, 2)]
    lost = "DELETE FROM t_message_body WHERE guid = %s RETURNING guid, size"
    [(guid, size)] = lab.database.select(lost, guids[0])
    try:
        assert changed(lab, before) == {"unexplained": 1}
        take = "UPDATE t_mailbox_record SET system_flags = system_flags | (1 << 31) WHERE message_body_guid = %s"
        assert lab.database.execute(take, guids[1]) == 1
        assert changed(lab, before) == {"unexplained": 2, "expunged": -1}
    finally:
        lab.database.execute("INSERT INTO t_message_body (guid, size) VALUES (%s, %s)", guid, size)
        give = "UPDATE t_mailbox_record SET system_flags = system_flags & ~(1 << 31) WHERE message_body_guid = %s"
        lab.database.execute(give, guids[1])
    at_rest(lab)
    assert changed(lab, before) == {}


def test_under_load_nothing_seems_lost(lab: Laboratory) -> None:
    """While mail keeps coming, bodies may be ahead of the messages that were counted, and are never behind."""
    users = [lab.user("Sent") for _ in range(3)]
    at_rest(lab)
    found = []
    for _ in range(8):
        lab.deliver(*users, times=3)
        lab.append(users[0].folder("Sent"), 2)
        found.append(look(lab).explained.unexplained)

    assert all(unexplained is not None and unexplained <= 0 for unexplained in found), found
    at_rest(lab)
