"""What to do about each alert: the runbooks, as pages in the language of the reader.

They are Markdown files that are read as well as they stand. Whoever is woken by an alert follows its link to any
bmrepmon, which needs no network and no other site for it.
"""

from collections.abc import Mapping
from importlib.resources import files

FRENCH = ".fr"


class Runbooks:
    """Every runbook in every language; read once, when it is made."""

    def __init__(self) -> None:
        """Read the files."""
        folder = files("bmrepmon.publish").joinpath("runbooks")
        found = {file.name.removesuffix(".md"): file.read_text("utf-8") for file in folder.iterdir()}
        self._texts = {
            "en": {name: text for name, text in found.items() if not name.endswith(FRENCH)},
            "fr": {name.removesuffix(FRENCH): text for name, text in found.items() if name.endswith(FRENCH)},
        }

    def titles(self, language: str) -> Mapping[str, str]:
        """Return the title of each by the name of its alert, in the order of these names."""
        return {name: title(text) for name, text in sorted(self._texts[language].items())}

    def html(self, name: str, language: str) -> str | None:
        """Return the text of one as HTML, nothing where there is no such alert."""
        text = self._texts[language].get(name)
        return None if text is None else render(text)


def render(text: str) -> str:
    """Return Markdown as HTML; it brings the library, a mebibyte that most daemons never need."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).render(text))


def title(text: str) -> str:
    """Return the first heading.

    >>> title("# It hangs" + chr(10) + "...")
    'It hangs'
    """
    return text.partition("\n")[0].lstrip("# ")
