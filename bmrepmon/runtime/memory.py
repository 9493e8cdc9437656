"""What the C library does with memory that was given back."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of glibc, malloc/malloc.h
KEPT = 64 * 1024  # bytes


def keep_little() -> bool:
    """Let all threads take memory from one place, and what is freed go back early; before there is a second thread.

    glibc gives each thread a place of its own, up to eight for each processor, and each keeps what its rounds needed
    at most. The thresholds above which memory goes back grow up to 64 MiB with what was once freed (mallopt(3),
    M_MMAP_THRESHOLD): without this, a first look at all folders is paid for as long as the daemon lives. Return
    whether the C library could be told: others have no such call.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(
        mallopt(what, value) for what, value in ((M_ARENA_MAX, 1), (M_TRIM_THRESHOLD, KEPT), (M_MMAP_THRESHOLD, KEPT))
    )
