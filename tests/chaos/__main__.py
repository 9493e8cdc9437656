"""``make chaos``: random sequences of everything that happens to a log, its reader and their disks."""

import argparse
import logging
import sys
import time

import structlog
from chaos.sequences import complaint


def main() -> int:
    """Run the sequences that the command line asks for; return 1 when one fails."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="run this sequence alone")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    numbers = range(asked.sequences) if asked.only is None else [asked.only]
    begun, failed = time.monotonic(), 0
    for number in numbers:
        if found := complaint(asked.seed, number):
            failed += 1
            sys.stdout.write(f"{found}\n\n")
    took = time.monotonic() - begun
    sys.stdout.write(f"seed {asked.seed}: {len(numbers)} sequences in {took:.0f} s, {failed} failed\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
