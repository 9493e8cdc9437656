"""``make histories``: record every situation anew, or those that are named."""

import argparse
import sys
from time import perf_counter

from histories.situations import SITUATIONS
from histories.table import FIXTURES, write


def main() -> int:
    """Record what the command line names."""
    parser = argparse.ArgumentParser(prog="histories", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SITUATIONS)}")
    for name in parser.parse_args().names or SITUATIONS:
        begun = perf_counter()
        rows = SITUATIONS[name]()
        write(FIXTURES / f"{name}.csv", rows)
        sys.stdout.write(f"{name}: {len(rows)} judgements, {perf_counter() - begun:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
