"""Message and metadata files where Cyrus keeps them; paths are texts here, for there may be a million of them."""
# Texts, not pathlib, which costs ten times the time of the calls themselves:
# ruff: noqa: PTH103, PTH104, PTH105, PTH106, PTH108, PTH110, PTH112, PTH120, PTH208

import os
from pathlib import Path

SPOOL, META, ARCHIVE = "var/spool/cyrus/data", "var/spool/cyrus/meta", "var/spool/bm-hsm/cyrus-archives"


class Disk:
    """The three roots of a Cyrus server below one folder; a directory is made when something is put into it."""

    def __init__(self, root: Path) -> None:
        """Keep everything below ``root``."""
        self._root = str(root)
        self._made: set[str] = set()

    def path(self, store: str, partition: str, directory: str, name: str) -> str:
        """Return where a file is."""
        return f"{self._root}/{store}/{partition}/{directory}/{name}"

    def place(self, store: str, partition: str, directory: str, name: str) -> str:
        """Return where a file can be put: its directory exists."""
        path = self.path(store, partition, directory, name)
        self._make(os.path.dirname(path))
        return path

    def write(self, path: str, content: bytes) -> None:
        """Write a file as Cyrus does, for nobody else to read."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, content)
        finally:
            os.close(handle)

    def write_whole(self, path: str, content: bytes) -> None:
        """Write a file so that a reader sees the old one or the new one, never a mixture."""
        self.write(f"{path}.NEW", content)
        os.replace(f"{path}.NEW", path)

    def link(self, path: str, other: str) -> None:
        """Give a file a second name."""
        os.link(path, other)

    def move(self, path: str, other: str) -> None:
        """Give a file another name, if it is there."""
        if os.path.exists(path):
            os.rename(path, other)

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        if os.path.exists(path):
            os.unlink(path)

    def prune(self, store: str, partition: str, directory: str) -> None:
        """Remove a directory unless it holds something."""
        path = f"{self._root}/{store}/{partition}/{directory}"
        if os.path.isdir(path) and not os.listdir(path):
            os.rmdir(path)
            self._made.discard(path)

    def _make(self, directory: str) -> None:
        if directory not in self._made:
            os.makedirs(directory, 0o700, exist_ok=True)
            self._made.add(directory)
