"""``/etc/bm/bm.ini``: how BlueMind's servers reach their directory database."""

import re
from dataclasses import dataclass, field

SECTION = re.compile(r"\s*\[\s*([^\]]*?)\s*\]")
PAIR = re.compile(r"""\s*["']?([A-Za-z0-9_.-]+)["']?\s*[=:]\s*(.*?)\s*""")
QUOTED = re.compile(r"""(["'])(.*?)\1\s*(?:[#;].*)?""")


@dataclass(frozen=True, slots=True)
class BmIni:
    """The keys of ``[global]`` that tell of the database; ``None`` where the file says nothing.

    Source: BlueMind 4.9, plugins/net.bluemind.pool, BmConfIni. ``db`` is the directory's database (``bj``); that of
    the mail is called after it (``bj-data``).
    """

    dbtype: str | None = None
    host: str | None = None
    db: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_bm_ini(raw: bytes) -> BmIni:
    r"""Read the file's bytes; what is no key of ``[global]`` is passed over, and the last of several keys counts.

    >>> parse_bm_ini(b'[global]\nhost = "10.0.0.1"\n').host
    '10.0.0.1'
    """
    section, found = "global", {}
    for line in _text(raw).split("\n"):
        if line.lstrip().startswith(("#", ";")):
            continue
        if header := SECTION.match(line):
            section = header[1].lower()
        elif section == "global" and (pair := PAIR.fullmatch(line)):
            found[pair[1].lower()] = _unquoted(pair[2])
    return BmIni(**{key: found.get(key) or None for key in BmIni.__slots__})


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _unquoted(value: str) -> str:
    """Take quotes away; without quotes there are no comments behind a value, as a password may hold ``#``."""
    if len(value) > 1 and value[0] in "\"'":
        if value[0] == value[-1]:
            return value[1:-1]
        if quoted := QUOTED.fullmatch(value):
            return quoted[2]
    return value
