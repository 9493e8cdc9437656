"""``make fuzz``: mutations of kept inputs against every parser."""

import argparse
import sys

from fuzz.run import Found, fuzz
from fuzz.targets import TARGETS


def main() -> int:
    """Run what the command line asks for; return 1 when a bug was found."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_400_000, help="over all targets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=TARGETS, action="append")
    asked = parser.parse_args()
    names, failed = asked.target or list(TARGETS), 0
    for name in names:
        try:
            done = fuzz(name, asked.inputs // len(names) // TARGETS[name].cost, asked.seed)
        except Found as bug:
            failed += 1
            sys.stdout.write(f"{bug}\n")
        else:
            rate, slowest, growth = done.inputs / done.seconds, 1000 * done.slowest, done.growth >> 20
            sys.stdout.write(
                f"{name:16} {done.inputs:9} inputs {rate:7.0f}/s, slowest {slowest:4.0f} ms, memory {growth:+} MiB\n"
            )
        sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
