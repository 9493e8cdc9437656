"""What people see in a browser: the status page at ``/``, the runbooks, the errors."""

from bmrepmon.publish.page.pages import Pages
from bmrepmon.publish.page.sight import House, Sight, look

__all__ = ["House", "Pages", "Sight", "look"]
