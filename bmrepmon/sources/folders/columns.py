"""The records of a cyrus.index, block by block."""

import os
from collections.abc import Iterator

from bmrepmon.model.audit import GUID_SIZE, CyrusMessages
from bmrepmon.model.folders import Damage, FolderHeader
from bmrepmon.parse.cyrus_columns import Columns, read_columns
from bmrepmon.parse.cyrus_index import HEADER_BYTES, parse_index_header
from bmrepmon.sources.folders.reading import LOOKS

BLOCK = 32_768  # records that are read at a time: 4 MiB at most


def read_blocks(path: str, guid_bytes: int) -> Iterator[tuple[FolderHeader, Columns] | Damage]:
    """Yield header and records of block after block, or the damage of one and nothing more.

    A folder without records yields one empty block. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        header = parse_index_header(os.pread(descriptor, HEADER_BYTES, 0))
        if isinstance(header, Damage):
            yield header
            return
        for begin in range(0, max(header.num_records, 1), BLOCK):
            wanted = min(BLOCK, header.num_records - begin) * header.record_size
            block = os.pread(descriptor, wanted, header.start_offset + begin * header.record_size)
            whole = len(block) == wanted
            columns = read_columns(block, header.minor_version, guid_bytes) if whole else Damage("too_short")
            if isinstance(columns, Damage):
                yield columns
                return
            yield header, columns
    finally:
        os.close(descriptor)


def read_messages(path: str) -> CyrusMessages | Damage:
    """Read all records of a folder; one that is gone has none.

    An index that is being written at that moment is read again. Raises OSError.
    """
    damage = Damage("too_short")
    for _ in range(LOOKS):
        try:
            parts = list(read_blocks(path, GUID_SIZE))
        except (FileNotFoundError, NotADirectoryError):
            return CyrusMessages(0, 0, 0)
        last = parts[-1]
        if isinstance(last, Damage):
            damage = last
            continue
        blocks = [part[1] for part in parts if not isinstance(part, Damage)]
        header = last[0]
        return CyrusMessages(
            header.last_uid,
            header.highest_modseq,
            header.uid_validity,
            tuple(uid for block in blocks for uid in block.uids),
            tuple(flags for block in blocks for flags in block.flags),
            tuple(modseq for block in blocks for modseq in block.modseqs),
            b"".join(block.guids for block in blocks),
        )
    return damage
