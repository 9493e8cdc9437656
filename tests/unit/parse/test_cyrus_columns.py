"""Blocks of records as columns, against what the reader of single records says of the same bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bmrepmon.demo.cyrus_index import HEADER, IndexHeader, IndexRecord, encode_index
from bmrepmon.model.folders import Damage, FolderHeader, IndexRecord as Read
from bmrepmon.parse.cyrus_columns import Columns, read_columns
from bmrepmon.parse.cyrus_index import parse_index_header
from bmrepmon.parse.cyrus_layouts import LAYOUTS
from bmrepmon.parse.cyrus_records import iter_records

RECORDED = Path(__file__).parents[2] / "fixtures" / "cyrus"
FOLDERS: list[dict[str, Any]] = json.loads((RECORDED / "status.json").read_text())["folders"]

RECORDS = st.lists(
    st.builds(
        IndexRecord,
        uid=st.integers(0, 2**32 - 1),
        guid=st.binary(min_size=20, max_size=20),
        size=st.integers(0, 2**31),
        internal_date=st.just(1),
        last_updated=st.just(1),
        modseq=st.integers(0, 2**64 - 1),
        flags=st.integers(0, 2**32 - 1),
    ),
    max_size=20,
)


def parts(raw: bytes) -> tuple[FolderHeader, bytes]:
    header = parse_index_header(raw)
    assert isinstance(header, FolderHeader)
    return header, raw[header.start_offset : header.start_offset + header.num_records * header.record_size]


def columns_of(raw: bytes) -> Columns:
    """Return what single records say, put into columns."""
    records = [record for record in iter_records(raw, parts(raw)[0]) if isinstance(record, Read)]
    uids, flags, modseqs = (tuple(getattr(r, name) for r in records) for name in ("uid", "flags", "modseq"))
    return Columns(uids, flags, modseqs, b"".join(record.guid[:8] for record in records))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder["folder"])
def test_a_recorded_index_says_the_same_in_columns(folder: dict[str, Any]) -> None:
    """Both readers agree on files of real servers."""
    raw = (RECORDED / folder["folder"] / "cyrus.index").read_bytes()
    header, block = parts(raw)

    assert read_columns(block, header.minor_version) == columns_of(raw)


@given(st.sampled_from(sorted(HEADER)), RECORDS)
def test_every_version_says_the_same_in_columns(version: int, records: list[IndexRecord]) -> None:
    """Both readers agree on every version, whatever the numbers are."""
    raw = encode_index(version, IndexHeader(1, 1, uid_validity=1, header_file_crc=0), records)
    header, block = parts(raw)

    assert read_columns(block, version) == columns_of(raw)
    assert header.num_records == len(records)


@given(RECORDS.filter(bool), st.data())
def test_one_wrong_bit_damns_the_block(records: list[IndexRecord], data: st.DataObject) -> None:
    """No message is guessed: whatever bit it is."""
    block = bytearray(parts(encode_index(13, IndexHeader(1, 1, uid_validity=1, header_file_crc=0), records))[1])
    bit = data.draw(st.integers(0, len(block) * 8 - 1))
    block[bit // 8] ^= 1 << bit % 8

    assert read_columns(bytes(block), 13) == Damage("bad_record_crc")


@given(st.sampled_from(sorted(LAYOUTS)), st.binary(max_size=400))
def test_any_bytes_are_damage_or_nothing(version: int, block: bytes) -> None:
    """A reader that meets a foreign file says so, and does not fail."""
    found = read_columns(block, version)

    assert isinstance(found, Damage) or found == Columns((), (), (), b"")
