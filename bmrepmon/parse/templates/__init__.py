"""The messages of replication.log that bmrepmon understands, as tables by what they are about."""

from bmrepmon.parse.template import Template
from bmrepmon.parse.templates import commands, folders, records, sessions

# In this order: the first template that fits a message names it.
REPLICATION: tuple[Template, ...] = (
    *sessions.TEMPLATES,
    *commands.TEMPLATES,
    *records.TEMPLATES,
    *folders.TEMPLATES,
)
