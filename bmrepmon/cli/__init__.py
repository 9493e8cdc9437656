"""The command line: commands, options, exit codes; no logic.

Exit codes: 0 fine, 1 failed (one clear line on stderr), 2 wrong usage. One module a command. Imports that cost time
are made inside the command that needs them, so that `--help` and the small commands start at once.
"""

import sys

import click

from bmrepmon import __version__
from bmrepmon.cli.audit import audit
from bmrepmon.cli.check_config import check_config
from bmrepmon.cli.demo import demo
from bmrepmon.cli.doctor import doctor
from bmrepmon.cli.folders import folders
from bmrepmon.cli.nagios import nagios
from bmrepmon.cli.once import once
from bmrepmon.cli.replay import replay
from bmrepmon.cli.run import run
from bmrepmon.cli.status import status
from bmrepmon.words.terminal import settle

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    context_settings=CONTEXT, commands=[run, once, status, folders, audit, doctor, check_config, replay, nagios, demo]
)
@click.version_option(__version__, prog_name="bmrepmon", message="%(prog)s %(version)s")
def bmrepmon() -> None:
    """Watch the mail replication of a BlueMind 4 server.

    Start with "bmrepmon doctor": it tells what can be read on this machine, and what to do about the rest.
    """


def main() -> None:
    """Run the command line: the entry point of the `bmrepmon` program."""
    settle(sys.stdout, sys.stderr)
    bmrepmon(prog_name="bmrepmon")
