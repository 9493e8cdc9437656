"""Renders every page in every language: templates and texts are read once."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from bmrepmon.publish.chart.axes import clock
from bmrepmon.publish.glance import is_stale, lateness, missing, missing_note
from bmrepmon.publish.page.charts import gallery
from bmrepmon.publish.page.delta import waterfall
from bmrepmon.publish.page.reasons import evidence, mark, runbook
from bmrepmon.publish.page.sight import Sight
from bmrepmon.publish.runbooks import Runbooks
from bmrepmon.publish.wording import MARKS, commands, errors, lingers, otherwise, remedy, sentences, state_of, why
from bmrepmon.words.language import LANGUAGES, UNKNOWN, Language, load_language

LINKS = (
    ("metrics", "link_metrics"),
    ("api/v1/status", "link_status"),
    ("api/v1/history", "link_history"),
    ("runbooks", "runbooks"),
    ("-/healthy", "link_healthy"),
    ("-/ready", "link_ready"),
)


@dataclass(frozen=True, slots=True)
class Times:
    """Writes times as the reader does, in the zone of the server."""

    t: Language
    now: datetime
    zone: tzinfo

    def date(self, at: datetime) -> str:
        """Write a time in full."""
        return self.t.date(at.astimezone(self.zone))

    def clock(self, at: datetime) -> str:
        """Write a time of today as its hour and minute, any other in full."""
        there, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        return clock(at.timestamp(), self.zone) if there.date() == today.date() else self.date(at)

    def after(self, seconds: float) -> str:
        """Write when so many seconds from now will have passed."""
        return self.clock(datetime.fromtimestamp(self.now.timestamp() + seconds, self.zone))

    def ago(self, at: float) -> str:
        """Write how long ago a time in Unix seconds was."""
        return self.t.age(datetime.fromtimestamp(at, self.zone), self.now)

    @property
    def zone_name(self) -> str:
        """What the zone is called now, with its distance from UTC."""
        there = self.now.astimezone(self.zone)
        offset = f"{there:%z}"
        return f"{there:%Z} (UTC{offset[:3]}:{offset[3:5]})" if there.utcoffset() else "UTC"


class Pages:
    """Every page in every language; made once."""

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
        environment.globals.update(marks=MARKS, links=LINKS, unknown=UNKNOWN, missing=missing)
        environment.globals.update(missing_note=missing_note, lateness=lateness, is_stale=is_stale)
        environment.globals.update(mark=mark, runbook=runbook, evidence=evidence, commands=commands)
        environment.globals.update(remedy=remedy, otherwise=otherwise, sentences=sentences)
        environment.globals.update(state_of=state_of, why=why, lingers=lingers, errors=errors)
        for name in environment.list_templates():  # once, for all readers
            environment.get_template(name)
        self._landing = environment.get_template("landing.html")
        self._runbook = environment.get_template("runbook.html")
        self._index = environment.get_template("runbooks.html")
        self._runbooks = Runbooks()
        self._error = environment.get_template("error.html")
        self._languages = {code: load_language(code, "page") for code in LANGUAGES}

    def landing(self, sight: Sight, language: str) -> str:
        """Return the page at ``/``; its links are relative, so that it works below any path of a proxy."""
        t, status = self._languages[language], sight.status
        return self._landing.render(
            t=t,
            status=status,
            chosen=sight.backend,
            house=sight.house,
            worst=sight.worst,
            gallery=gallery(sight, t),
            waterfall=waterfall(sight.backend, t) if sight.backend else (),
            times=Times(t, status.at, sight.house.zone),
            base="",
        )

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
