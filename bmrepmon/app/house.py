"""What the installation has chosen for its page."""

import os

from bmrepmon.config.installation import Installation
from bmrepmon.config.local_zone import local_zone
from bmrepmon.publish.page.house import House


def house(installation: Installation) -> House:
    """Return what the page may name, and how its reader counts time."""
    settings = installation.settings
    return House(
        names=settings.privacy.names_in_metrics,
        top_folders=settings.limits.top_folders,
        soft_lag=float(settings.verdict.soft_lag),
        hard_lag=float(settings.verdict.hard_lag),
        zone=local_zone(installation.root, os.environ),
    )
