"""The messages of replication.log that bmrepmon understands, as tables by what they are about."""

from collections.abc import Mapping
from itertools import chain

from bmrepmon.parse.template import Template
from bmrepmon.parse.templates import commands, folders, records, sessions

TABLES: Mapping[str, tuple[Template, ...]] = {
    "Sessions": sessions.TEMPLATES,
    "Commands": commands.TEMPLATES,
    "Records, bodies and the index": records.TEMPLATES,
    "Folders and owners": folders.TEMPLATES,
}

# In this order: the first template that fits a message names it.
REPLICATION: tuple[Template, ...] = tuple(chain.from_iterable(TABLES.values()))
