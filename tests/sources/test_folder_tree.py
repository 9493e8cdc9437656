"""Surveys of Cyrus's metadata: recorded folders, what is read again and what is not, and everything that goes wrong."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyrus_tree import USER, CyrusTree, unique_id

from bmrepmon.model.readings import SourceError
from bmrepmon.model.survey import FolderSurvey, SurveyedFolder, folder_key
from bmrepmon.sources.folders import FolderTree
from bmrepmon.sources.folders.reading import HEADER_BLOCK
from bmrepmon.sources.folders.walk import Look, Walk

RECORDED = Path(__file__).parents[1] / "fixtures" / "cyrus"
FOLDERS: list[dict[str, Any]] = json.loads((RECORDED / "status.json").read_text())["folders"]
LONG_AGO = 1_600_000_000

AS_NOBODY = """
import json, os, sys
from pathlib import Path
sys.path[:] = json.loads(sys.argv[2])
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.folders import FolderTree
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    survey = FolderTree("bm-master", Path(sys.argv[1])).survey()
    print(json.dumps([len(list(survey)), [reason for _, _, reason in survey.unknown()]]))
except SourceError as error:
    print(json.dumps([error.reason, str(error)]))
"""
NOISE = hashlib.shake_128(b"noise").digest(4096)
DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {  # what becomes of an index, and the reason that is told
    "emptied": (lambda _: b"", "too_short"),
    "cut after the version": (lambda good: good[:12], "too_short"),
    "cut before its checksum": (lambda good: good[:124], "too_short"),
    "zeroed": (lambda good: bytes(len(good)), "unknown_version"),
    "zeroed behind its first sector": (lambda good: good[:20] + bytes(len(good) - 20), "bad_crc"),
    "of a version to come": (lambda good: good[:8] + b"\0\0\0\x63" + good[12:], "unknown_version"),
    "random": (lambda _: NOISE, "unknown_version"),
    "random behind its version": (lambda good: good[:12] + NOISE, "bad_crc"),
    "text": (lambda _: b"From: somebody@elsewhere.example\r\n" * 9, "unknown_version"),
    "a database": (lambda _: b"SQLite format 3\0".ljust(4096, b"\1"), "unknown_version"),
}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take the role of another user")


@pytest.fixture
def tree(tmp_path: Path) -> CyrusTree:
    return CyrusTree(tmp_path / "meta")


def surveyor(tree: CyrusTree) -> FolderTree:
    return FolderTree("bm-master", tree.root)


def by_path(survey: FolderSurvey) -> dict[str, SurveyedFolder]:
    return {survey.path(folder.number): folder for folder in survey}


def uids(survey: FolderSurvey) -> dict[str, int]:
    return {path: folder.last_uid for path, folder in by_path(survey).items()}


def unknown(survey: FolderSurvey) -> dict[str, str]:
    return {survey.path(number): reason for number, _, reason in survey.unknown()}


def let_rest(root: Path) -> None:
    """Make everything old, so that nothing is looked at again for having changed just now."""
    for path in (*root.rglob("*"), root):
        os.utime(path, (LONG_AGO, LONG_AGO))


def failure(root: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        FolderTree("bm-master", root).survey()
    return caught.value


@pytest.mark.parametrize("version", [13, 17])
def test_recorded_folders_are_what_imap_said(tmp_path: Path, version: int) -> None:
    """Numbers, unique id and kind of every recorded folder are those of its own server."""
    recorded = [told for told in FOLDERS if told["minor_version"] == version]
    for told in recorded:
        shutil.copytree(RECORDED / told["folder"], tmp_path / told["path"])
    survey = FolderTree("bm-master", tmp_path).survey()
    found = by_path(survey)

    assert found.keys() == {told["path"] for told in recorded}
    for told in recorded:
        folder, status = found[told["path"]], told["imap_status"]
        assert folder.last_uid == status["UIDNEXT"] - 1
        assert folder.highest_modseq == status["HIGHESTMODSEQ"]
        assert (folder.uid_validity, folder.exists) == (status["UIDVALIDITY"], status["MESSAGES"])
        assert folder.num_records == told["num_records"]
        assert survey.unique_id(folder.number) == told["unique_id"]
        assert folder.key == folder_key(told["unique_id"])
        assert folder.apart == ("deleted" if "/DELETED/" in told["path"] else "")


def test_changes_come_and_go(tree: CyrusTree) -> None:
    """New, changed, renamed and removed folders are seen at the next look, whatever they were before."""
    source = surveyor(tree)
    tree.put(USER, 3)
    tree.put(f"{USER}/Sent", 5)
    assert uids(source.survey()) == {USER: 3, f"{USER}/Sent": 5}

    tree.put(USER, 4)
    tree.put(f"{USER}/Sent/2020/Été", 1)
    assert uids(source.survey()) == {USER: 4, f"{USER}/Sent": 5, f"{USER}/Sent/2020/Été": 1}

    (tree.root / f"{USER}/Sent").rename(tree.root / f"{USER}/Gesendet")
    assert uids(source.survey()) == {USER: 4, f"{USER}/Gesendet": 5, f"{USER}/Gesendet/2020/Été": 1}

    shutil.rmtree(tree.root / f"{USER}/Gesendet")
    assert uids(source.survey()) == {USER: 4}


def test_what_is_old_and_the_same_is_not_read_again(tree: CyrusTree) -> None:
    """Bytes that change without any change of time, size or inode are not looked at: so little is read."""
    index = tree.put(USER, 3)
    let_rest(tree.root)
    source = surveyor(tree)
    before = source.survey()
    tree.put(USER, 4)
    os.utime(index, (LONG_AGO, LONG_AGO))

    assert uids(source.survey()) == {USER: 3}
    assert source.survey().rows[-1] is before.rows[-1]

    os.utime(index, (LONG_AGO + 1, LONG_AGO + 1))
    assert uids(source.survey()) == {USER: 4}


def test_folders_below_one_that_is_away_for_a_moment_are_not_forgotten(
    tree: CyrusTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that is moved away in mid-look, and back, keeps its time; what is below is found again."""
    everything = {USER: 3, f"{USER}/Sent": 5, f"{USER}/Sent/2024": 6}
    for path, uid in everything.items():
        tree.put(path, uid)
    let_rest(tree.root)
    source = surveyor(tree)
    assert uids(source.survey()) == everything
    look = Walk.look

    def look_and_move(walk: Walk, path: str, number: int, within: int | None = None) -> Look | None:
        looked = look(walk, path, number, within)
        if path == "tom":
            (tree.root / USER).rename(tree.root / "away")
        return looked

    monkeypatch.setattr(Walk, "again", lambda *_: None)  # walk everything
    monkeypatch.setattr(Walk, "look", look_and_move)
    assert uids(source.survey()) == {USER: 3}
    monkeypatch.undo()
    (tree.root / "away").rename(tree.root / USER)
    let_rest(tree.root)

    assert uids(source.survey()) == everything


def test_a_change_within_the_same_time_stamp_is_seen(tree: CyrusTree) -> None:
    """A file that changed a moment ago is read again even if its time did not move."""
    index = tree.put(USER, 3)
    stamp = index.stat().st_mtime_ns
    source = surveyor(tree)
    assert uids(source.survey()) == {USER: 3}

    tree.put(USER, 4)
    os.utime(index, ns=(stamp, stamp))
    assert uids(source.survey()) == {USER: 4}


def test_a_new_folder_within_the_same_time_stamp_is_seen(tree: CyrusTree) -> None:
    """The same of directories."""
    tree.put(USER, 3)
    stamp = (tree.root / USER).stat().st_mtime_ns
    source = surveyor(tree)
    source.survey()
    tree.put(f"{USER}/Sent", 5)
    os.utime(tree.root / USER, ns=(stamp, stamp))

    assert uids(source.survey()) == {USER: 3, f"{USER}/Sent": 5}


def test_a_new_header_is_read_when_the_index_says_so(tree: CyrusTree) -> None:
    """The unique id is that of the cyrus.header whose checksum the index holds; a long one is read whole."""
    source = surveyor(tree)
    tree.put(USER)
    source.survey()
    tree.put(USER, unique_id="b" * 16)
    survey = source.survey()
    assert [survey.unique_id(folder.number) for folder in survey] == ["b" * 16]

    long = "c" * (HEADER_BLOCK + 10)
    tree.put(USER, unique_id="c" * 100 + "\t" + long)
    survey = source.survey()
    assert [survey.unique_id(folder.number) for folder in survey] == ["c" * 100]


def test_folders_that_nobody_replicates_are_set_apart(tree: CyrusTree) -> None:
    """Deleted folders, and those in Cyrus's own partition; not a folder that is only called so."""
    tree.put("default/domain/a/a.test/t/user/tom", 1)
    tree.put("bm-master__a_test/domain/a/a.test/u/DELETED/user/tom/Sent/6B0386A9", 2)
    tree.put(f"{USER}/DELETED", 3)
    tree.put(f"{USER}/default", 4)

    assert {folder.last_uid: folder.apart for folder in surveyor(tree).survey()} == {
        1: "default",
        2: "deleted",
        3: "",
        4: "",
    }


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_index_is_unknown_until_it_is_one(tree: CyrusTree, damage: str) -> None:
    """A damaged folder is named with its reason, delays no other, and is read again at every look."""
    tree.put(f"{USER}/Sent", 5)
    good = tree.put(USER, 3).read_bytes()
    spoil, reason = DAMAGES[damage]
    index = tree.root / USER / "cyrus.index"
    index.write_bytes(spoil(good))
    let_rest(tree.root)
    source = surveyor(tree)
    for _ in range(2):
        survey = source.survey()
        assert (uids(survey), unknown(survey)) == ({f"{USER}/Sent": 5}, {USER: reason})

    index.write_bytes(good)
    let_rest(tree.root)
    survey = source.survey()
    assert (uids(survey), unknown(survey)) == ({USER: 3, f"{USER}/Sent": 5}, {})


def test_the_index_of_another_folder_is_not_believed(tree: CyrusTree) -> None:
    """Put there by a restore gone wrong: it does not belong to the cyrus.header beside it."""
    index = tree.put(USER, 3)
    foreign = tree.put(f"{USER}/Sent", 5)
    source = surveyor(tree)
    source.survey()
    index.write_bytes(foreign.read_bytes())

    assert (uids(survey := source.survey()), unknown(survey)) == ({f"{USER}/Sent": 5}, {USER: "header_mismatch"})


@pytest.mark.parametrize("name", ["cyrus.index", "cyrus.header"])
@pytest.mark.parametrize("kind", ["directory", "link"])
def test_what_is_no_file_is_unknown(tree: CyrusTree, name: str, kind: str) -> None:
    """A directory in its place, or a link: nobody but Cyrus decides which file is read."""
    tree.put(f"{USER}/Sent", 5)
    place = tree.put(USER, 3).with_name(name)
    place.rename(tree.root.parent / "elsewhere")
    if kind == "directory":
        place.mkdir()
    else:
        place.symlink_to(tree.root.parent / "elsewhere")
    survey = surveyor(tree).survey()

    assert (uids(survey), unknown(survey)) == ({f"{USER}/Sent": 5}, {USER: "io"})


def test_a_folder_that_becomes_damaged_is_not_remembered_as_it_was(tree: CyrusTree) -> None:
    """One bit in the header is enough."""
    index = tree.put(USER, 3)
    source = surveyor(tree)
    source.survey()
    raw = bytearray(index.read_bytes())
    raw[30] ^= 1
    index.write_bytes(raw)
    survey = source.survey()

    assert (uids(survey), unknown(survey)) == ({}, {USER: "bad_crc"})


def test_a_header_that_is_not_the_one_of_the_index(tree: CyrusTree) -> None:
    """A foreign, damaged or missing cyrus.header leaves the folder without an identity."""
    tree.put(USER, 3)
    header = tree.root / USER / "cyrus.header"
    raw = header.read_bytes()
    header.write_bytes(raw + b" ")
    assert unknown(surveyor(tree).survey()) == {USER: "header_mismatch"}

    tree.put(USER, 3, header_file_crc=0)
    header.write_bytes(raw[:50])
    assert unknown(surveyor(tree).survey()) == {USER: "too_short"}

    header.unlink()
    assert unknown(surveyor(tree).survey()) == {USER: "no_header"}


def test_other_things_are_no_folders(tree: CyrusTree) -> None:
    """Messages, links, files in place of directories and what is arriving are passed by; a pipe does not hold us up."""
    tree.put(USER, 3)
    tree.put("elsewhere", 9)
    (tree.root / USER / "stage.").mkdir()
    (tree.root / USER / "1.").touch()
    (tree.root / "file").touch()
    (tree.root / USER / "link").symlink_to(tree.root / "elsewhere")
    (tree.root / "pipe").mkdir()
    os.mkfifo(tree.root / "pipe" / "cyrus.index")
    survey = surveyor(tree).survey()

    assert uids(survey) == {USER: 3, "elsewhere": 9}
    assert unknown(survey) == {"pipe": "too_short"}


def test_a_partition_elsewhere(tree: CyrusTree, tmp_path: Path) -> None:
    """A metapartition on another disk is surveyed under its own name, and one that is not there is no failure."""
    tree.put(USER, 3)
    CyrusTree(tmp_path / "disk2").put("domain/b/b.test/t/user/tom", 4)
    source = FolderTree("bm-master", tree.root, {"bm-master__b_test": tmp_path / "disk2", "gone": tmp_path / "gone"})

    assert uids(source.survey()) == {USER: 3, "bm-master__b_test/domain/b/b.test/t/user/tom": 4}


def test_the_root_may_be_missing_or_no_directory(tmp_path: Path) -> None:
    """Each case is a reason with a way out."""
    (tmp_path / "file").touch()
    missing, file = failure(tmp_path / "nothing"), failure(tmp_path / "file")

    assert (missing.reason, file.reason) == ("missing", "not_a_directory")
    assert str(missing) == (
        f"metadata {tmp_path}/nothing: No such file or directory; the lag is unknown; "
        "set meta of this [[backend]], or leave it empty if there is none"
    )


def test_a_survey_ends_when_told(tree: CyrusTree) -> None:
    """The daemon does not wait for 100,000 folders when it ends."""
    tree.put(USER)
    source = surveyor(tree)
    source.stop()
    with pytest.raises(SourceError) as caught:
        source.survey()

    assert caught.value.reason == "stopped"


@needs_root
def test_folders_that_may_not_be_read_are_counted(tree: CyrusTree) -> None:
    """A directory, an index and a header without permission are three unknown folders; the others are read."""
    for name in ("Sent", "Trash", "Junk"):
        tree.put(f"{USER}/{name}")
    tree.put(f"{USER}/Junk/below")
    (tree.root / USER / "Trash/cyrus.index").chmod(0o600)
    (tree.root / USER / "Junk").chmod(0o700)
    tree.put(f"{USER}/Drafts")
    (tree.root / USER / "Drafts/cyrus.header").chmod(0o600)

    assert read_as_nobody(tree.root) == [1, ["permission"] * 3]


@needs_root
def test_a_root_without_permission(tree: CyrusTree) -> None:
    """The way out is named."""
    tree.put(USER)
    tree.root.chmod(0o700)
    reason, message = read_as_nobody(tree.root)

    assert reason == "permission"
    assert "CAP_DAC_READ_SEARCH" in str(message)


def read_as_nobody(root: Path) -> list[Any]:
    for directory in (root, *root.parents):
        if directory.is_relative_to(tempfile.gettempdir()) and directory != root:
            directory.chmod(directory.stat().st_mode | 0o711)
    child = [sys.executable, "-c", AS_NOBODY, str(root), json.dumps(sys.path)]
    answer: list[Any] = json.loads(subprocess.run(child, capture_output=True, text=True, check=True).stdout)
    return answer


def test_every_folder_has_its_own_key() -> None:
    """The keys of a large server are all different."""
    assert len({folder_key(unique_id(str(n))) for n in range(10_000)}) == 10_000
