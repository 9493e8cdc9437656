"""Who may read what is published, and over which TLS: a web configuration file as of Prometheus's exporters."""

from bmrepmon.publish.access.access import Access, open_access, warn_of_strangers
from bmrepmon.publish.access.document import WebConfigError
from bmrepmon.publish.access.guard import Guard

__all__ = ["Access", "Guard", "WebConfigError", "open_access", "warn_of_strangers"]
