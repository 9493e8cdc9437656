"""The head of a cyrus.index: pure, and total over every bytes.

Cyrus writes the header in place without a lock that a reader could see, so a reader may meet it half written. Nothing
is believed before the sizes fit the version and the checksum holds; whoever gets Damage may read again.
"""

from struct import Struct
from zlib import crc32

from bmrepmon.model.folders import Damage, FolderHeader
from bmrepmon.parse.cyrus_layouts import HEADER_BYTES, LAYOUTS

__all__ = ["HEADER_BYTES", "parse_index_header"]

_VERSION = Struct(">8xI")


def parse_index_header(raw: bytes) -> FolderHeader | Damage:
    """Read the first ``HEADER_BYTES`` bytes of a cyrus.index, or more, or the whole file."""
    if len(raw) < _VERSION.size:
        return Damage("too_short")
    layout = LAYOUTS.get(*_VERSION.unpack_from(raw))
    if layout is None:
        return Damage("unknown_version")
    size = layout.header.size
    if len(raw) < size:
        return Damage("too_short")
    *fields, checksum = layout.header.unpack_from(raw)
    if crc32(raw[: size - 4]) != checksum:
        return Damage("bad_crc")
    header = FolderHeader._make(layout.header_fields(fields))
    if (header.start_offset, header.record_size) != (size, layout.record.size):
        return Damage("bad_sizes")
    return header if header.last_append_at else header._replace(last_append_at=None)
