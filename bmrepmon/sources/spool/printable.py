"""Names of directories, which are bytes, as text."""


def printable(name: bytes) -> str:
    r"""Return a name that can be shown and stand in a label, and different ones for different names.

    >>> printable(b"a\xff\n")
    'a\\xff\\n'
    """
    text = name.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    """Write one character, or one byte that was none (a lone surrogate), as Python would."""
    raw = char.encode("utf-8", "surrogateescape")
    return f"\\x{raw[0]:02x}" if len(raw) == 1 and raw[0] > 127 else char.encode("unicode_escape").decode("ascii")
