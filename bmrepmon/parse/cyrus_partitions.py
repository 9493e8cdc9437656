"""``/etc/cyrus-partitions``: where each partition lies. Three lines a partition, as of imapd.conf.

Source: BlueMind 4.9, CyrusService, which writes it; imapd.conf(5) for the form of a line.
"""

import re
from collections.abc import Mapping

_LINE = re.compile(rb"metapartition-([^\s:]+)[ \t]*:[ \t]*(/[^\r\n]*?)[ \t]*\r?", re.IGNORECASE)


def parse_metapartitions(raw: bytes) -> Mapping[str, str]:
    r"""Return where the metadata of each partition lies, by its name; the last of several lines counts.

    >>> parse_metapartitions(b"partition-a: /data/a\nmetapartition-a: /meta/a\n")
    {'a': '/meta/a'}
    """
    found = filter(None, map(_LINE.fullmatch, raw.split(b"\n")))
    return {line[1].decode("utf-8", "surrogateescape"): line[2].decode("utf-8", "surrogateescape") for line in found}
