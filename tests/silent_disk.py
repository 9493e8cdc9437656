"""A disk that has died under a mount: whoever looks at it waits, until it is let go."""

import ctypes
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

MNT_DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


class SilentDisk:
    """A FUSE file system whose server answers nothing, mounted over a folder; a context manager that lets go.

    Once it is let go, whoever waited is told that the connection is gone, and the folder is what it was.
    """

    def __init__(self, folder: Path) -> None:
        """Mount nothing yet."""
        self._folder = os.fsencode(folder)
        self._device: int | None = None

    def __enter__(self) -> Self:
        """Mount it; a machine that does not let us skips the test."""
        try:
            self._device = os.open("/dev/fuse", os.O_RDWR)
        except OSError as error:
            pytest.skip(f"no FUSE here: {error}")
        options = f"fd={self._device},rootmode=40000,user_id={os.geteuid()},group_id={os.getegid()}".encode()
        if libc.mount(b"silent", self._folder, b"fuse.silent", 0, options):
            os.close(self._device)
            pytest.skip(f"mounting is not allowed here: {os.strerror(ctypes.get_errno())}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of everybody who waits."""
        if self._device is not None:
            os.close(self._device)
            libc.umount2(self._folder, MNT_DETACH)
