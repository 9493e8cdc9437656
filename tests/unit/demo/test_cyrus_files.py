import struct
import zlib

import pytest

from bmrepmon.demo.cyrus_header import MAGIC, encode_header
from bmrepmon.demo.cyrus_index import ARCHIVED, EXPUNGED, SEEN, IndexHeader, IndexRecord, encode_index

RECORDS = (
    IndexRecord(1, b"\1" * 20, 700, 1_600_000_000, 1_700_000_000, 5, SEEN),
    IndexRecord(2, b"\2" * 20, 800, 1_600_000_100, 1_700_000_100, 9, EXPUNGED),
    IndexRecord(4, b"\4" * 20, 900, 1_600_000_200, 1_700_000_200, 7, ARCHIVED),
)
FOLDER = IndexHeader(last_uid=4, highest_modseq=9, uid_validity=1_600_000_001, last_append=1_700_000_200)
MODSEQ_AT = {12: 68, 13: 68, 16: 68, 17: 68, 18: 68, 19: 72}
EXISTS_AT = {12: 84, 13: 84, 16: 84, 17: 84, 18: 84, 19: 60}
SIZES = {12: (128, 96), 13: (128, 104), 16: (160, 112), 17: (160, 112), 18: (160, 112), 19: (160, 112)}


@pytest.mark.parametrize("version", sorted(SIZES))
def test_header_fields_stand_where_cyrus_looks(version: int) -> None:
    """Each field of the header is read back from its offset, and the CRC covers all before it."""
    raw = encode_index(version, FOLDER, RECORDS)
    size, record_size = SIZES[version]

    assert struct.unpack_from(">4I", raw, 8) == (version, size, record_size, 3)
    assert struct.unpack_from(">2I", raw, 24) == (1_700_000_200, 4)  # last append, last uid
    assert struct.unpack_from(">I", raw, 44) == (1_600_000_001,)  # uid validity
    assert struct.unpack_from(">Q", raw, 32) == (1600,)  # quota: expunged messages do not count
    assert struct.unpack_from(">Q", raw, MODSEQ_AT[version]) == (9,)
    assert struct.unpack_from(">I", raw, EXISTS_AT[version]) == (2,)
    assert struct.unpack_from(">I", raw, size - 4) == (zlib.crc32(raw[: size - 4]),)
    assert len(raw) == size + 3 * record_size


@pytest.mark.parametrize("version", sorted(SIZES))
def test_records_stand_behind_the_header(version: int) -> None:
    """Uid, size, flags, GUID and modseq of a record are at their offsets, its CRC at its end."""
    size, record_size = SIZES[version]
    raw = encode_index(version, FOLDER, RECORDS)[size + record_size :][:record_size]

    assert struct.unpack_from(">4I", raw) == (2, 1_600_000_100, 1_600_000_100 - 1_600_000_100 % 86400, 800)
    assert struct.unpack_from(">2I", raw, 28) == (1_700_000_100, EXPUNGED)
    assert raw[60:80] == b"\2" * 20
    assert struct.unpack_from(">Q", raw, 80) == (9,)
    assert struct.unpack_from(">I", raw, record_size - 4) == (zlib.crc32(raw[:-4]),)


def test_a_version_that_cyrus_never_wrote_is_refused() -> None:
    """There is no index version 11 here."""
    with pytest.raises(KeyError):
        encode_index(11, FOLDER, RECORDS)


def test_header_file_in_both_forms() -> None:
    """Cyrus 3.0 writes text, later ones a list; names with spaces are quoted (recorded from a Cyrus 3.6 laboratory)."""
    acl = (("nico@bm.lan", "lrswipkxtecdan"), ("admin0", "lrswipkxtecda"))

    assert len(MAGIC) == 115
    assert encode_header(13, "bm.lan!user.nico", "8mb2dpdu6cjo8zwk23o1gdlp", "bm.lan!user.nico", acl) == (
        MAGIC + b"bm.lan!user.nico\t8mb2dpdu6cjo8zwk23o1gdlp\n\nnico@bm.lan\tlrswipkxtecdan\tadmin0\tlrswipkxtecda\t\n"
    )
    assert encode_header(17, "bm.lan!user.nico.A b", "8mb2dpdu6cjo8zwk23o1gdlp", None, acl) == (
        MAGIC + b'%(T el N "bm.lan!user.nico.A b" I 8mb2dpdu6cjo8zwk23o1gdlp'
        b" A %(nico@bm.lan lrswipkxtecdan admin0 lrswipkxtecda))\n"
    )
