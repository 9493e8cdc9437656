"""The pages as HTML: the landing page from the status document, the runbooks, the errors."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from bmrepmon.publish.document import Status
from bmrepmon.publish.runbooks import Runbooks
from bmrepmon.publish.wording import MARKS, SEVERITY_MARKS, errors, lingers, remedy, state_of
from bmrepmon.words.language import LANGUAGES, UNKNOWN, load_language

LINKS = (
    ("metrics", "link_metrics"),
    ("api/v1/status", "link_status"),
    ("api/v1/history", "link_history"),
    ("runbooks", "runbooks"),
    ("-/healthy", "link_healthy"),
    ("-/ready", "link_ready"),
)


class Pages:
    """Renders every page in every language; templates and texts are read once, when it is made."""

    def __init__(self) -> None:
        """Read the templates and the texts."""
        environment = Environment(
            loader=PackageLoader("bmrepmon.publish"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(marks=MARKS, links=LINKS, unknown=UNKNOWN)
        environment.globals.update(severity_marks=SEVERITY_MARKS, remedy=remedy)
        environment.globals.update(state_of=state_of, lingers=lingers, errors=errors)
        self._landing = environment.get_template("landing.html")
        self._runbook = environment.get_template("runbook.html")
        self._index = environment.get_template("runbooks.html")
        self._runbooks = Runbooks()
        self._error = environment.get_template("error.html")
        self._languages = {code: load_language(code, "status") for code in LANGUAGES}

    def landing(self, status: Status, language: str) -> str:
        """Return the page at ``/``; its links are relative, so that it works below any path of a proxy."""
        return self._landing.render(t=self._languages[language], status=status, base="")

    def runbook(self, name: str, language: str) -> str | None:
        """Return the page of one alert's runbook, nothing where there is no such alert."""
        text = self._runbooks.html(name, language)
        if text is None:
            return None
        title = self._runbooks.titles(language)[name]
        return self._runbook.render(t=self._languages[language], text=text, title=title, base="../")

    def runbooks(self, language: str) -> str:
        """Return the list of all runbooks."""
        return self._index.render(t=self._languages[language], titles=self._runbooks.titles(language), base="")

    def error(self, code: int, text: str, language: str) -> str:
        """Return an error page, which repeats nothing of what was asked."""
        return self._error.render(t=self._languages[language], code=code, text=text, base="/")
