"""The message records of a cyrus.index, one after the other: pure, and total over every bytes."""

from collections.abc import Iterator
from zlib import crc32

from bmrepmon.model.folders import Damage, FolderHeader, IndexRecord
from bmrepmon.parse.cyrus_layouts import LAYOUTS


def iter_records(raw: bytes | memoryview, header: FolderHeader) -> Iterator[IndexRecord | Damage]:
    """Yield what ``header`` promises of the whole file ``raw``, in the order of the file, which is that of the uids.

    A record whose checksum does not hold is yielded as Damage in its place (Cyrus rewrites records in place, so it may
    be well at the next reading); a file that ends too early ends with Damage. Records that were appended after the
    header was read are left alone.
    """
    layout = LAYOUTS[header.minor_version]
    size, fields = layout.record.size, layout.record_fields
    held = max(0, len(raw) - header.start_offset) // size
    count = min(held, header.num_records)
    view = memoryview(raw)[header.start_offset : header.start_offset + count * size] if count else memoryview(b"")
    for number, unpacked in enumerate(layout.record.iter_unpack(view)):
        begin = number * size
        if crc32(view[begin : begin + size - 4]) == unpacked[-1]:
            yield IndexRecord._make(fields(unpacked))
        else:
            yield Damage("bad_record_crc")
    if held < header.num_records:
        yield Damage("truncated")
