"""``make bench``: compare, print the table, write build/bench.json."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.audit import audits
from bench.bodies import samples
from bench.folders import surveys
from bench.follow import log_follow_cpu
from bench.idle import idles
from bench.log import log_reads
from bench.measure import Differs
from bench.page_load import first_bytes
from bench.report import document, table
from bench.scrape import scrapes
from bench.spool import counts
from bench.start import starts


def main() -> int:
    """Run what the command line asks for; return 1 when two ways give two answers."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="files of the spool")
    parser.add_argument("--folders", type=int, default=10_000, help="of the spool")
    parser.add_argument("--cyrus-folders", type=int, default=100_000, help="whose metadata is looked at")
    parser.add_argument("--bodies", type=int, default=5_000_000, help="rows of the table of bodies")
    parser.add_argument("--body-width", type=int, default=400, help="bytes of each such row")
    parser.add_argument("--audited", type=int, default=100_000, help="messages that are held against a database")
    parser.add_argument("--log-megabytes", type=int, default=200, help="of replication.log")
    parser.add_argument("--follow-seconds", type=float, default=10.0, help="that a log is written and followed")
    parser.add_argument("--series", type=int, nargs="+", default=[1000, 5000], help="of a scrape")
    parser.add_argument("--idle-folders", type=int, default=10_000, help="of a server beside which the daemon idles")
    parser.add_argument("--idle-seconds", type=float, default=300.0, help="that the idle daemon is watched")
    parser.add_argument("--runs", type=int, default=5, help="of each side, in turn")
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    asked = parser.parse_args()
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.output.parent) as inputs:
        try:
            results = [
                *counts(Path(inputs, "spool"), asked.messages, asked.folders, asked.runs),
                *surveys(Path(inputs, "meta"), asked.cyrus_folders, asked.runs),
                *samples(asked.bodies, asked.body_width, asked.runs),
                *log_reads(Path(inputs, "replication.log"), asked.log_megabytes, asked.runs),
                log_follow_cpu(Path(inputs, "followed"), asked.follow_seconds, asked.runs),
                *audits(Path(inputs, "server"), asked.audited, asked.runs),
                *scrapes(asked.series, asked.runs),
                first_bytes(asked.runs),
                *starts(asked.runs),
                *idles(asked.idle_folders, asked.idle_seconds),
            ]
        except Differs as error:
            sys.stderr.write(f"{error}\n")
            return 1
    told = document(results)
    asked.output.write_text(json.dumps(told, indent=2) + "\n")
    sys.stdout.write(table(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
