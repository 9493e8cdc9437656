"""The plugin for Nagios and Centreon: a verdict as an exit code, a line, and figures to draw.

By the Nagios Plugin Development Guidelines: https://nagios-plugins.org/doc/guidelines.html.
"""

from bmrepmon.offline.nagios.measures import MEASURES, SITE
from bmrepmon.offline.nagios.report import Level, Report, judge

__all__ = ["MEASURES", "SITE", "Level", "Report", "judge"]
