"""cyrus.index: recorded files, files of every version built from values, and files damaged in every way."""

import json
import os
import random
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bmrepmon.model.folders import ARCHIVED, EXPUNGED, SEEN, UNLINKED, Damage, FolderHeader, IndexRecord
from bmrepmon.parse.cyrus_index import HEADER_BYTES, parse_index_header
from bmrepmon.parse.cyrus_records import iter_records

RECORDED = Path(__file__).parents[2] / "fixtures" / "cyrus"
FOLDERS: list[dict[str, Any]] = json.loads((RECORDED / "status.json").read_text())["folders"]
MUTATED_FILES = int(os.environ.get("BMREPMON_FUZZ", "20000"))

SIZES = {12: (128, 96), 13: (128, 104), 14: (160, 104), 15: (160, 104)} | {
    **dict.fromkeys((16, 17, 18, 19), (160, 112)),
    20: (192, 144),
}


def written(version: int, header: FolderHeader, records: Sequence[IndexRecord]) -> bytes:
    """Write an index as Cyrus does, with noise in every byte that no field here uses."""
    start, size = SIZES[version]
    noise = random.Random(version)  # noqa: S311
    raw = bytearray(noise.randbytes(start))
    wide = version >= 20
    put: list[tuple[Any, ...]] = [
        (8, "IIII", version, start, size, header.num_records),
        (24, "q" if wide else "I", header.last_append_at or 0),
        (88 if wide else 28, "I", header.last_uid),
        (32, "Q", header.quota_used),
        (92 if wide else 44, "I", header.uid_validity),
        (64 if version >= 19 else 60, "I", header.options),
        (72 if version >= 19 else 68, "Q", header.highest_modseq),
        (60 if version >= 19 else 84, "I", header.exists),
        (96, "I", header.header_file_crc),
    ]
    for offset, code, *values in put:
        struct.pack_into(f">{code}", raw, offset, *values)
    return sealed(raw) + b"".join(written_record(size, wide, record, noise) for record in records)


def written_record(size: int, wide: bool, record: IndexRecord, noise: random.Random) -> bytes:
    raw = bytearray(noise.randbytes(size))
    struct.pack_into(">I", raw, 0, record.uid)
    struct.pack_into(">Q" if wide else ">I", raw, 24 if wide else 12, record.size)
    struct.pack_into(">q" if wide else ">I", raw, 112 if wide else 28, record.last_updated)
    struct.pack_into(">I", raw, 36 if wide else 32, record.flags)
    struct.pack_into(">20sQ", raw, 60, record.guid, record.modseq)
    return sealed(raw)


def sealed(raw: bytearray) -> bytes:
    struct.pack_into(">I", raw, len(raw) - 4, zlib.crc32(raw[:-4]))
    return bytes(raw)


def index_of(folder: str) -> bytes:
    return (RECORDED / folder / "cyrus.index").read_bytes()


def header_of(raw: bytes) -> FolderHeader:
    header = parse_index_header(raw)
    assert isinstance(header, FolderHeader)
    return header


def records_of(raw: bytes) -> list[IndexRecord | Damage]:
    return list(iter_records(raw, header_of(raw)))


U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
RECORDS = st.lists(st.builds(IndexRecord, U32, U32, U32, U32, st.binary(min_size=20, max_size=20), U64), max_size=8)


@st.composite
def indexes(draw: st.DrawFn) -> tuple[FolderHeader, list[IndexRecord]]:
    version, records = draw(st.sampled_from(sorted(SIZES))), draw(RECORDS)
    start, size = SIZES[version]
    appended = draw(st.none() | st.integers(1, 2**32 - 1))
    values = [draw(kind) for kind in (U32, U64, U32, U32, U64, U32, U32)]
    return FolderHeader(version, start, size, len(records), appended, *values), records


@given(indexes())
def test_every_version_is_read_back(index: tuple[FolderHeader, list[IndexRecord]]) -> None:
    """What was written by the offsets of a version is what is read, whatever lies in the fields between."""
    header, records = index
    raw = written(header.minor_version, header, records)

    assert parse_index_header(raw[:HEADER_BYTES]) == header
    assert list(iter_records(raw, header)) == records


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder["folder"])
def test_a_recorded_index_says_what_imap_says(folder: dict[str, Any]) -> None:
    """Header and records agree with the server's own answer to STATUS."""
    raw, status = index_of(folder["folder"]), folder["imap_status"]
    header = header_of(raw)
    visible = [record for record in records_of(raw) if isinstance(record, IndexRecord) and not record.expunged]

    assert (header.minor_version, header.num_records) == (folder["minor_version"], folder["num_records"])
    assert status == {
        "MESSAGES": header.exists,
        "UIDNEXT": header.last_uid + 1,
        "UIDVALIDITY": header.uid_validity,
        "UNSEEN": sum(not record.seen for record in visible),
        "SIZE": header.quota_used,
        "HIGHESTMODSEQ": header.highest_modseq,
    }
    assert (len(visible), sum(record.size for record in visible)) == (header.exists, header.quota_used)
    assert header.header_file_crc == zlib.crc32((RECORDED / folder["folder"] / "cyrus.header").read_bytes())


def test_expunged_messages_are_told_from_visible_ones() -> None:
    """Three of eleven messages of the recorded folder are expunged, and their uids stay used."""
    records = [record for record in records_of(index_of("v13-read-and-expunged")) if isinstance(record, IndexRecord)]

    assert header_of(index_of("v13-read-and-expunged")).expunged == 3
    assert [record.uid for record in records] == list(range(1, 12))
    assert sum(record.expunged for record in records) == 3


def test_flags_have_their_names() -> None:
    """Each flag bit answers to its property alone."""
    names = ("expunged", "unlinked", "archived", "seen")
    for flag, name in zip((EXPUNGED, UNLINKED, ARCHIVED, SEEN), names, strict=True):
        record = IndexRecord(1, 1, 1, flag, bytes(20), 1)

        assert [known for known in names if getattr(record, known)] == [name]


def test_a_folder_that_waits_for_removal_says_so() -> None:
    """The deleted bit of the options is read, and no other bit is taken for it."""
    header = FolderHeader(13, 128, 104, 0, None, 0, 0, 1, 1 << 31, 1, 0, 0)

    assert header_of(written(13, header, ())).deleted is True
    assert header_of(index_of("v17-deleted")).deleted is False


def test_a_folder_that_never_had_a_message_has_no_last_append() -> None:
    """The zero that Cyrus stores there means unknown."""
    assert header_of(index_of("v13-empty")).last_append_at is None


def damaged(raw: bytes, offset: int, value: int, *, seal: bool) -> bytes:
    head = bytearray(raw[:128])
    struct.pack_into(">I", head, offset, value)
    return (sealed(head) if seal else bytes(head)) + raw[128:]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "too_short"),
        (index_of("v13-empty")[:127], "too_short"),
        (index_of("v17-deleted")[:159], "too_short"),
        (bytes(4096), "unknown_version"),
        (b"\x7fELF" * 64, "unknown_version"),
        (damaged(index_of("v13-empty"), 8, 11, seal=True), "unknown_version"),
        (damaged(index_of("v13-empty"), 8, 21, seal=True), "unknown_version"),
        (damaged(index_of("v13-empty"), 28, 7, seal=False), "bad_crc"),
        (damaged(index_of("v13-empty"), 8, 12, seal=True), "bad_sizes"),
        (damaged(index_of("v13-empty"), 12, 0, seal=True), "bad_sizes"),
        (damaged(index_of("v13-empty"), 16, 2**32 - 1, seal=True), "bad_sizes"),
    ],
)
def test_a_damaged_header_is_unknown_by_its_reason(raw: bytes, reason: str) -> None:
    """Nothing of a header is believed before version, checksum and sizes fit."""
    assert parse_index_header(raw) == Damage(reason)  # type: ignore[arg-type]


def test_a_damaged_record_stands_in_its_place() -> None:
    """One flipped bit costs one record, and the others are read."""
    raw = bytearray(index_of("v13-read-and-expunged"))
    raw[128 + 2 * 104 + 60] ^= 1
    records = records_of(bytes(raw))

    assert records[2] == Damage("bad_record_crc")
    assert [record for record in records if isinstance(record, IndexRecord)] == [
        record for place, record in enumerate(records_of(index_of("v13-read-and-expunged"))) if place != 2
    ]


@pytest.mark.parametrize("missing", [1, 104, 300, 11 * 104])
def test_a_file_that_ends_too_early_says_so_last(missing: int) -> None:
    """Whole records are read, then the loss is told."""
    raw = index_of("v13-read-and-expunged")
    *records, last = records_of(raw[:-missing])

    assert last == Damage("truncated")
    assert records == records_of(raw)[: 11 - -(-missing // 104)]


def test_records_appended_since_the_header_was_read_are_left_alone() -> None:
    """Cyrus appends records first and writes the header afterwards."""
    raw = index_of("v17-read-and-expunged")

    assert list(iter_records(raw + raw[-112:], header_of(raw))) == records_of(raw)


def test_a_promise_of_four_billion_records_costs_nothing() -> None:
    """The length of the file bounds the work, not its header."""
    raw = damaged(index_of("v13-empty"), 20, 2**32 - 1, seal=True)

    assert records_of(raw) == [Damage("truncated")]


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Flip, cut, zero, overwrite or insert; often with a checksum that holds again, so that more code is reached."""
    copy = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(copy) + 1), chance.randint(1, 64)
        match chance.randrange(5):
            case 0 if at < len(copy):
                copy[at] ^= 1 << chance.randrange(8)
            case 1:
                del copy[at:]
            case 2:
                copy[at : at + length] = bytes(length)
            case 3:
                copy[at : at + length] = chance.randbytes(length)
            case _:
                copy[at:at] = chance.randbytes(length)
    start = chance.choice((128, 160, 192))
    if chance.random() < 0.5 and len(copy) >= start:
        copy[:start] = sealed(copy[:start])
    return bytes(copy)


@settings(deadline=None)
@given(st.binary(max_size=512))
def test_any_bytes_are_a_header_or_damage(raw: bytes) -> None:
    """There is no third outcome, and no exception."""
    assert isinstance(parse_index_header(raw), FolderHeader | Damage)


@pytest.mark.timeout(0 if MUTATED_FILES > 20_000 else 60)
def test_mutated_files_never_raise() -> None:
    """Each mutated file is read or damaged, and yields no more records than it holds."""
    chance = random.Random(20260130)  # noqa: S311
    originals = [index_of(folder["folder"]) for folder in FOLDERS]
    believed = 0
    for _ in range(MUTATED_FILES):
        raw = mutated(chance.choice(originals), chance)
        header = parse_index_header(raw)
        if isinstance(header, FolderHeader):
            believed += 1
            assert len(list(iter_records(raw, header))) <= len(raw) // 96 + 1

    assert MUTATED_FILES // 10 < believed < MUTATED_FILES
