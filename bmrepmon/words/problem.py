"""What the errors of the system are called."""

import errno
import os

from bmrepmon.words.language import Language


def problem(t: Language, name: str) -> str:
    """Say what an error means, by its name (``EACCES``); of a rare one in the words of the system."""
    return t(name) if name in t.texts else os.strerror(getattr(errno, name)).lower()
