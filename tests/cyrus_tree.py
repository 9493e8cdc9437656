"""Cyrus's metadata written folder by folder, for tests."""

import uuid
import zlib
from pathlib import Path
from typing import Any

from bmrepmon.demo.cyrus_header import encode_header
from bmrepmon.demo.cyrus_index import IndexHeader, encode_index

USER = "bm-master__a_test/domain/a/a.test/t/user/tom"


def unique_id(path: str) -> str:
    """Return the id of the folder that is put at ``path``."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, path))


class CyrusTree:
    """The folders below one root."""

    def __init__(self, root: Path) -> None:
        """Make the root."""
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, path: str, last_uid: int = 0, modseq: int = 1, **more: Any) -> Path:
        """Write a folder, or write it anew; return its cyrus.index."""
        folder, records = self.root / path, more.pop("records", ())
        folder.mkdir(parents=True, exist_ok=True)
        header = encode_header(13, "a.test!user.tom", more.pop("unique_id", unique_id(path)), None, [("tom", "lrs")])
        (folder / "cyrus.header").write_bytes(header)
        numbers = {"uid_validity": 7, "header_file_crc": zlib.crc32(header), **more}
        index = folder / "cyrus.index"
        index.write_bytes(encode_index(13, IndexHeader(last_uid, modseq, **numbers), records))
        return index
