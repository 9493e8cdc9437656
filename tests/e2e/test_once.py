"""`bmrepmon once` on a simulated server: it tells the truth, in three forms and two languages, and writes nothing."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daemon import Daemon, bmrepmon, eventually
from prometheus_client.parser import text_string_to_metric_families

from bmrepmon.demo.server import SimulatedServer

FRENCH, ENGLISH = {"LC_ALL": "fr_FR.UTF-8"}, {"LC_ALL": "C.UTF-8"}
NARROW = "\u202f"


def once(server: SimulatedServer, form: str, **environ: str) -> str:
    """Look once; it must go well and have nothing to say beside."""
    done = bmrepmon("once", "--root", server.root, "--format", form, **environ)

    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def truth(server: SimulatedServer) -> dict[str, float]:
    """The numbers that every form must tell."""
    true = server.truth()
    return {
        "spool": sum(store.messages for store in true.stores if store.store == "spool"),
        "archive": sum(store.messages for store in true.stores if store.store == "archive"),
        "unique": true.unique_messages,
        "bodies": true.bodies,
        "delta": true.messages - true.bodies,
        "sessions": true.active_sessions,
        "applied": sum(true.log.apply_mailbox.values()),
        "messages applied": true.log.applied_messages,
        "OK": true.log.replies["ok"],
    }


def listing(root: Path) -> Iterator[tuple[object, ...]]:
    """Yield of everything below ``root``: path, inode, mode, owner, size, time of the last change, and content."""
    for folder, folders, files in os.walk(root):
        for path in (Path(folder, name) for name in ("", *folders, *files)):
            status = path.lstat()
            content = hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""
            yield path, status.st_ino, status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns, content


def shape(document: Any) -> Any:
    """Return the keys of a document without its values; of a list the shape of the first."""
    if isinstance(document, dict):
        return {key: shape(value) for key, value in document.items()}
    return [shape(part) for part in document[:1]] if isinstance(document, list) else None


@pytest.mark.parametrize(
    ("environ", "labels"),
    [
        (
            ENGLISH,
            (
                "Spool Archives Distinct-messages Database Difference Replication-sessions Folders-applied "
                "Messages-applied Answers"
            ),
        ),
        (
            FRENCH,
            (
                "Spool Archives Messages-distincts Base-de-données Écart Sessions-de-réplication Dossiers-appliqués "
                "Messages-appliqués Réponses"
            ),
        ),
    ],
    ids=["english", "french"],
)
def test_the_text_tells_the_truth(resting: SimulatedServer, environ: dict[str, str], labels: str) -> None:
    """Every number that people look for is that of the simulation; a pipe gets plain lines of 80 columns."""
    text = once(resting, "text", **environ)

    rows = [line.split() for line in text.replace(NARROW, "").replace(",", "").splitlines()]
    names = [label.split("-") for label in labels.split()]
    told = [next(int(row[len(name)]) for row in rows if row[: len(name)] == name) for name in names]
    assert told == list(truth(resting).values())
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_json_tells_the_truth_in_the_shape_of_the_api(resting: SimulatedServer, tmp_path: Path) -> None:
    """The document has the keys of /api/v1/status, all of them and no other; the locale changes nothing."""
    document = json.loads(once(resting, "json", **FRENCH))
    with Daemon(resting.root, options=["--state-dir", str(tmp_path / "state")]) as daemon:
        daemon.ready()
        eventually(lambda: daemon.status()["backends"][0]["verdict"])
        published = daemon.status()

    verdicts = [both["backends"][0].pop("verdict") for both in (document, published)]
    backend, log = document["backends"][0], document["log"]
    assert [
        backend["spool"]["messages"],
        backend["archive"]["messages"],
        backend["unique_messages"],
        backend["database"]["bodies"],
        backend["delta_messages"],
        backend["sessions"]["active"],
        log["apply_mailbox"],
        log["applied_messages"],
        log["replies"]["ok"],
    ] == list(truth(resting).values())
    assert {source["success"] for source in document["sources"]} == {True}
    assert shape(document) == shape(published)
    assert verdicts[0].keys() == verdicts[1].keys()  # one has watched, the other just began: remedies may differ


def test_prometheus_gets_the_truth(resting: SimulatedServer) -> None:
    """The page of metrics, as a scrape would have it."""
    page = once(resting, "prometheus")

    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]

    def total(name: str, **labels: str) -> float:
        return sum(s.value for s in samples if s.name == f"bmrepmon_{name}" and labels.items() <= s.labels.items())

    assert [
        total("spool_messages", store="spool"),
        total("spool_messages", store="archive"),
        total("spool_unique_messages"),
        total("database_message_bodies"),
        total("delta_messages"),
        total("active_sessions"),
        total("apply_mailbox_total"),
        total("applied_messages_total"),
        total("replies_total", status="ok"),
    ] == list(truth(resting).values())


@pytest.mark.parametrize("form", ["text", "json", "prometheus"])
def test_nothing_is_written(resting: SimulatedServer, form: str) -> None:
    """Below the root not an inode, not a time and not a byte differs, the empty state directory included."""
    before = sorted(listing(resting.root))
    once(resting, form)

    assert len(before) > 400
    assert sorted(listing(resting.root)) == before
    assert list((resting.root / "var/lib/bmrepmon").iterdir()) == []


def test_a_terminal_that_knows_few_letters_gets_what_it_can_show(resting: SimulatedServer) -> None:
    """ISO 8859-1 has neither a narrow space nor a check mark, and that is no reason to fail."""
    text = once(resting, "text", LC_ALL="fr_FR", PYTHONIOENCODING="ascii")

    assert "Sessions de replication" in text
    assert "+ en ordre" in text
