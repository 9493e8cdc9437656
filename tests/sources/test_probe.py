"""The probe mailboxes among all others, and what is told when they cannot be read."""

from pathlib import Path

import pytest
from cyrus_tree import USER, CyrusTree, unique_id

from bmrepmon.model.heartbeat import ProbeFolders
from bmrepmon.model.readings import NoData, SourceError
from bmrepmon.sources.folders import ProbeSource

PROBE = "bm-master__a_test/domain/a/a.test/p/probe_bm-master__a-test"
OTHERS = (
    USER,
    f"{PROBE}/below",
    "bm-master__a_test/domain/a/a.test/p/probe_bm-master__other-test",
    "bm-master__a_test/domain/a/a.test/p/probe_of_mine",
    "bm-master__a_test/domain/a/a.test/p/user/probe_bm-master__a-test",
)


class Steady:
    """Time that passes by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def tree(tmp_path: Path) -> CyrusTree:
    return CyrusTree(tmp_path)


def seen(probes: ProbeFolders) -> list[tuple[str, str, int]]:
    return [(probe.unique_id, probe.partition, probe.highest_modseq) for probe in probes.folders]


def test_only_the_probe_is_looked_at(tree: CyrusTree) -> None:
    """Each look tells how far it is, and when that was written."""
    for path in OTHERS:
        tree.put(path, 1, 99)
    index = tree.put(PROBE, 1, 7)
    source = ProbeSource("bm-master", tree.root, Steady())
    first = source.read()
    assert seen(first) == [(unique_id(PROBE), "bm-master__a_test", 7)]
    assert first.folders[0].changed_at == pytest.approx(index.stat().st_mtime, abs=1e-6)

    tree.put(PROBE, 1, 8)
    assert seen(source.read()) == [(unique_id(PROBE), "bm-master__a_test", 8)]


def test_probes_come_and_go(tree: CyrusTree) -> None:
    """A new one is found within a minute, one that is gone is gone at once."""
    steady = Steady()
    source = ProbeSource("bm-master", tree.root, steady)
    with pytest.raises(NoData):
        source.read()
    tree.put(PROBE, 1, 7)
    with pytest.raises(NoData):
        source.read()
    steady.now += 61
    assert len(source.read().folders) == 1

    (tree.root / PROBE).rename(tree.root / f"{PROBE}-gone")
    with pytest.raises(NoData):
        source.read()


def test_a_damaged_probe_is_a_failure(tree: CyrusTree) -> None:
    """It is not the same as none: a heartbeat is missing."""
    index = tree.put(PROBE, 1, 7)
    index.write_bytes(index.read_bytes()[:60])
    with pytest.raises(SourceError) as caught:
        ProbeSource("bm-master", tree.root, Steady()).read()

    assert caught.value.reason == "too_short"
    assert "probe_" not in str(caught.value)


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    """Nothing to find; why, the folders tell."""
    with pytest.raises(NoData):
        ProbeSource("bm-master", tmp_path / "nothing", Steady()).read()
