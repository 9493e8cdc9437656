"""One folder's own files, cyrus.index and cyrus.header: read without a lock, and believed only when checksums hold."""

import os
import time
from zlib import crc32

from bmrepmon.model.folders import Damage
from bmrepmon.model.survey import header_crc_of, key_of, pack_folder, sign, unique_id_of
from bmrepmon.parse.cyrus_header import parse_header_file
from bmrepmon.parse.cyrus_index import HEADER_BYTES, parse_index_header

INDEX, HEADER = "cyrus.index", "cyrus.header"
LOOKS = 3  # Cyrus may be writing while we read; it writes a header in one go, so that a second look finds it whole
HEADER_BLOCK = 4096  # bytes: nearly every cyrus.header in one read; making room for more costs more than reading it
HEADER_LIMIT = 1 << 20  # bytes; one with a thousand entries in its access list has 50,000
OPENING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW  # a pipe holds nobody up
# A file that changed so shortly before we looked may change again within the same time stamp.
RACY_NS = 2_000_000_000


def read_folder(path: str, before: bytes | None, within: int | None = None) -> bytes | str | None:
    """Read the folder in directory ``path``, ``within`` an open one, that was ``before`` when it was read last.

    Returns:
        its packed row; or the word for why it is not known; or None when there is none any more.
    """
    problem = "io"
    try:
        for _ in range(LOOKS):
            found = _look(path, before, within)
            if not isinstance(found, Damage):
                return found
            problem = found.reason
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return "permission"
    except OSError:
        return "io"
    return problem


def racy(mtime_ns: int) -> bool:
    """Tell whether a later change might leave this time stamp as it is, now that it is looked at."""
    return mtime_ns > time.time_ns() - RACY_NS


def _look(path: str, before: bytes | None, within: int | None) -> bytes | Damage | None:
    signature, raw = _read_index(f"{path}/{INDEX}", within)
    header = parse_index_header(raw)
    if isinstance(header, Damage):
        return header
    if header.deleted:
        return None
    if before is not None and header.header_file_crc and header.header_file_crc == header_crc_of(before):
        return pack_folder(signature, header, unique_id_of(before), key_of(before))
    try:
        raw = _read(f"{path}/{HEADER}", within)
    except FileNotFoundError:
        return Damage("no_header")
    if header.header_file_crc not in (0, crc32(raw)):  # 0: an index from before there was such a checksum
        return Damage("header_mismatch")
    identity = parse_header_file(raw)
    return identity if isinstance(identity, Damage) else pack_folder(signature, header, identity.unique_id)


def _read_index(path: str, within: int | None) -> tuple[bytes, bytes]:
    """Return signature and beginning of a cyrus.index; its time is taken before it is read."""
    descriptor = os.open(path, OPENING, dir_fd=within)
    try:
        status = os.fstat(descriptor)
        inode = 0 if racy(status.st_mtime_ns) else status.st_ino
        return sign(status.st_mtime_ns, inode, status.st_size), os.read(descriptor, HEADER_BYTES)
    finally:
        os.close(descriptor)


def _read(path: str, within: int | None) -> bytes:
    descriptor = os.open(path, OPENING, dir_fd=within)
    try:
        raw = os.read(descriptor, HEADER_BLOCK)
        return raw + os.read(descriptor, HEADER_LIMIT) if len(raw) == HEADER_BLOCK else raw
    finally:
        os.close(descriptor)
