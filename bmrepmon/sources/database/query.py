"""The questions that are asked, each in a file of its own."""

from importlib import resources


def load_query(name: str) -> bytes:
    """Return the text of a query."""
    return resources.files("bmrepmon.sources").joinpath(f"sql/{name}.sql").read_bytes()
