"""What the C library does with memory that was given back."""

import ctypes

ARENA_MAX = -8  # M_ARENA_MAX of glibc, malloc/malloc.h


def one_arena() -> None:
    """Let all threads take memory from one place; before there is a second one.

    glibc gives each thread a place of its own, up to eight for each processor, and each keeps what its rounds needed
    at most: five mebibytes that wait for the next round. Other C libraries have no such call.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(ARENA_MAX, 1)
