import os
from pathlib import Path

from bmrepmon.parse.catalogue import catalogue_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "log-messages.md"


def test_the_page_is_what_the_tables_say() -> None:
    """The page equals what is made from the tables; UPDATE_GOLDEN=1 writes it anew."""
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(catalogue_page(), "utf-8")

    assert PAGE.read_text("utf-8") == catalogue_page()
