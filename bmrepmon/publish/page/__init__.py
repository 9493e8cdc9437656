"""What people see in a browser: the status page at ``/``, the runbooks, the errors."""

from functools import cache
from typing import TYPE_CHECKING

from bmrepmon.publish.page.sight import House, Sight, look

if TYPE_CHECKING:
    from bmrepmon.publish.page.pages import Pages

__all__ = ["House", "Sight", "load_pages", "look"]


@cache
def load_pages() -> "Pages":
    """Return the pages; the first call brings their templates, and mebibytes that a server without readers spares."""
    from bmrepmon.publish.page.pages import Pages

    return Pages()
