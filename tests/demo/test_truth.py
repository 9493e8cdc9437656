import os
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import pytest
from scenes import TELLING

from bmrepmon.demo.server import SimulatedServer
from bmrepmon.demo.truth import Truth

MakeServer = Callable[..., SimulatedServer]
META = "var/spool/cyrus/meta"
ROOTS = {"spool": "var/spool/cyrus/data", "archive": "var/spool/bm-hsm/cyrus-archives"}


@dataclass
class DiskCount:
    """What lies below a root."""

    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    folders: Counter[tuple[str, str]] = field(default_factory=Counter)
    inodes: set[tuple[int, int]] = field(default_factory=set)


def homes(server: SimulatedServer) -> list[Path]:
    """Tell what the paths of each mail server begin with."""
    return [backend.site.home for backend in server.backends]


def count_disk(homes: Iterable[Path]) -> DiskCount:
    """Walk both stores of each mail server."""
    count = DiskCount()
    for root, (store, place) in product(homes, ROOTS.items()):
        for directory, _, names in os.walk(root / place):
            partition = Path(directory).relative_to(root / place).parts[:1]
            key = store, partition[0] if partition else ""
            messages = [name for name in names if re.fullmatch(r"\d+\.", name)]
            count.files[key] += len(names)
            count.messages[key] += len(messages)
            count.folders[key] += bool(messages)
            for name in messages:
                status = (Path(directory) / name).lstat()
                count.inodes.add((status.st_dev, status.st_ino))
    return count


def assert_disk_agrees(server: SimulatedServer, truth: Truth) -> None:
    """Hold the counts of files against the tree."""
    disk = count_disk(homes(server))
    for store in truth.stores:
        key = store.store, store.partition
        assert (store.files, store.messages, store.folders) == (
            disk.files[key],
            disk.messages[key],
            disk.folders[key],
        )
    assert truth.unique_messages == len(disk.inodes)


def assert_indexes_agree(server: SimulatedServer, truth: Truth) -> None:
    """Hold each folder against the header of its cyrus.index."""
    on_disk = set()
    for file in (file for home in homes(server) for file in (home / META).rglob("cyrus.index")):
        raw = file.read_bytes()
        records, last_uid, validity, modseq, exists = (
            *struct.unpack_from(">I", raw, 20),
            *struct.unpack_from(">I", raw, 28),
            *struct.unpack_from(">I", raw, 44),
            *struct.unpack_from(">Q", raw, 68),
            *struct.unpack_from(">I", raw, 84),
        )
        on_disk.add((_unique_id(file.with_name("cyrus.header")), validity, last_uid, modseq, exists, records))
    assert on_disk == {
        (f.unique_id, f.uid_validity, f.last_uid, f.highest_modseq, f.exists, f.records) for f in truth.folders
    }


def _unique_id(header: Path) -> str:
    return header.read_bytes()[115:].split(b"\n")[0].split(b"\t")[1].decode()


def assert_log_agrees(server: SimulatedServer, truth: Truth) -> None:
    """Hold the tally of commands against the text."""
    text = (server.root / "var/log/bm/replication.log").read_bytes().decode()
    applied = [line.split(" ") for line in text.split("\n") if " Finished ApplyMessage " in line]

    assert text.count("]: APPLY MAILBOX %(") == truth.apply_mailbox
    assert text.count("\n") == truth.log.lines
    assert sum(int(words[words.index("ApplyMessage") + 1]) for words in applied) == truth.log.applied_messages
    assert text.count("]: NO ") == truth.log.replies.get("no", 0)


@pytest.mark.parametrize("scenario", TELLING)
def test_truth_is_what_lies_on_disk(simulated_server: MakeServer, scenario: str) -> None:
    """At any moment of any scenario, files, inodes, headers, sync log and log say what the truth says."""
    server = simulated_server(scenario)
    for _ in range(6):
        server.step(17.3)
        truth = server.truth()

        assert_disk_agrees(server, truth)
        assert_indexes_agree(server, truth)
        assert_log_agrees(server, truth)
        files = [file for home in homes(server) for file in (home / "var/lib/cyrus/sync/core").iterdir()]
        waiting = [file.read_text().splitlines() for file in files]
        assert sum(map(len, waiting)) == truth.sync_log_entries


def test_truth_after_renames_deletions_and_a_night(simulated_server: MakeServer) -> None:
    """Archived files that Cyrus leaves behind are counted on, expunged ones until the night, deleted folders too."""
    server = simulated_server()
    server.step(60.0)
    store = server.store
    renamed, deleted, *_ = sorted((f for f in store.folders.values() if f.name.path), key=lambda f: -len(f.live))
    for folder in (renamed, deleted):
        store.archive(folder, [r.uid for r in folder.live if not r.archived][:5])
    archived = [sum(r.archived for r in folder.records.values()) for folder in (renamed, deleted)]
    store.rename(renamed, replace(renamed.name, path=("Été 2025",)))
    store.delete(deleted)
    server.step(5.0)
    assert_disk_agrees(server, server.truth())
    assert server.truth().orphan_files == sum(archived)

    server.night()
    truth = server.truth()

    assert_disk_agrees(server, truth)
    assert_indexes_agree(server, truth)
    assert truth.orphan_files == sum(archived) + archived[1]  # the purge of a deleted folder leaves them once more
    assert all(f.records == f.exists and not f.deleted for f in truth.folders)


@pytest.mark.parametrize(("mailboxes", "messages"), [(0, 0), (1, 0), (1, 5), (8, 1)])
def test_the_smallest_servers_live_too(simulated_server: MakeServer, mailboxes: int, messages: int) -> None:
    """Nobody there, one mailbox, or hardly a message: nothing breaks."""
    server = simulated_server(mailboxes=mailboxes, messages=messages)
    server.step(60.0)

    assert_disk_agrees(server, server.truth())
    assert server.truth().active_sessions == 4


def test_every_change_ends_in_the_replica(simulated_server: MakeServer) -> None:
    """When life stops, both sides of each folder become equal, and bm-core has every message that is left."""
    server = simulated_server()
    server.step(90.0)
    quiet(server)
    truth = server.truth()

    assert truth.lag_messages == truth.passive_folders == truth.sync_log_entries == 0
    for folder in server.store.folders.values():
        if folder.name.deleted is None:
            replica = server.replica.folders[folder.unique_id]
            assert {r.uid for r in folder.live} == {r.uid for r in replica.records.values() if not r.expunged}
            assert {r.guid for r in folder.live} <= server.replica.bodies
            assert replica.name == folder.name


def quiet(server: SimulatedServer) -> None:
    """Let nothing more happen, and what is under way end."""
    for kind in ("mail", "read", "file", "expunge", "archive", "create", "rename"):
        setattr(server.life.rates, kind, 0.0)
    server.probe.stop()
    server.step(30.0)
