"""`python -m bmrepmon`."""

from bmrepmon.cli import main

main()
