"""From a TOML file and the environment to ``Settings``, or to every problem at once, one line each."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from bmrepmon.config.checks import suggestion
from bmrepmon.config.environment import BACKEND, At, variables
from bmrepmon.config.read import from_environment, read
from bmrepmon.config.settings import KEYS, SECTIONS, Backend, Settings, attribute
from bmrepmon.failures import Failure

STORES = ("spool", "meta", "archive", "sync_log")


class ConfigError(Failure):
    """The configuration is no good; each line says one thing that is wrong, without any secret."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Keep ``problems``, each made fit for one line of a terminal."""
        super().__init__(*("".join(c if c.isprintable() else "?" for c in problem) for problem in problems))


class Entry(NamedTuple):
    """One key that somebody wrote."""

    at: At
    place: str  # where it was written, for people: "/etc/...toml: [core] sync_port"
    value: object  # as TOML gives it


def load_settings(file: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read ``file``, if there is one, and what ``environ`` sets.

    Raises:
        ConfigError: with every problem found.
    """
    return parse_settings(
        b"" if file is None else _content(file), "the environment" if file is None else str(file), environ
    )


def parse_settings(raw: bytes, source: str, environ: Mapping[str, str]) -> Settings:
    """Turn ``raw``, the file called ``source``, and ``environ`` into settings; the environment beats the file.

    Raises:
        ConfigError: with every problem found.
    """
    problems: list[str] = []
    entries = {entry.at: entry for entry in _written(_document(raw, source), source, problems)}
    backends = max((at.number for at in entries), default=0)
    entries |= {entry.at: entry for entry in _set(environ, backends, problems)}
    values = _values(entries.values(), problems)
    if problems:
        raise ConfigError(problems)
    settings = _build(values)
    if doubts := tuple(_contradictions(settings.backend, source)):
        raise ConfigError(doubts)
    return settings


def override(settings: Settings, written: Mapping[str, object]) -> Settings:
    """Put values of the command line, by ``section.key`` and written as in TOML, on top of ``settings``.

    Raises:
        ConfigError: with every problem found.
    """
    problems: list[str] = []
    for name, value in written.items():
        section, _, key = name.partition(".")
        try:
            good = read(KEYS[section][key], list(value) if isinstance(value, tuple) else value)
        except ValueError as error:
            problems.append(f"the command line: [{section}] {key}: {error}")
        else:
            settings = replace(settings, **{section: replace(getattr(settings, section), **{attribute(key): good})})
    if problems:
        raise ConfigError(problems)
    return settings


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ConfigError([f"{file}: there is no such file: check --config, or leave it out to use defaults"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{file}: is a directory: name the file in it"]) from None
    except PermissionError:
        raise ConfigError([f"{file}: permission denied: let the user that runs bmrepmon read it"]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a possible file name"
        raise ConfigError([f"{file}: cannot be read: {reason}"]) from None


def _document(raw: bytes, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{source}: line {line}: is not UTF-8: save the file in that encoding"]) from None
    except RecursionError:
        raise ConfigError([f"{source}: is nested too deeply to be a configuration"]) from None
    except ValueError as error:
        raise ConfigError([f"{source}: {_syntax(str(error))}"]) from None


def _syntax(message: str) -> str:
    """Put the place first: that is what the administrator looks for."""
    match = re.fullmatch(r"(.*) \(at (line \d+, column \d+|end of document)\)", message, re.DOTALL)
    if match is None:
        return "is not TOML: a number or date in it is impossible"
    return f"{match[2]}: is not TOML: {match[1]} (texts stand in quotes, lists in square brackets)"


def _written(document: Mapping[str, Any], source: str, problems: list[str]) -> Iterator[Entry]:
    """Take the document apart into its keys; what is at no known place becomes a problem."""
    for name, content in document.items():
        if name not in SECTIONS:
            problems.append(f"{source}: {_unknown_section(name, content)}")
        elif name == BACKEND and not _is_list_of_tables(content):
            problems.append(f"{source}: [backend] must be written with two brackets, [[backend]], once per backend")
        elif name == BACKEND:
            for number, table in enumerate(content, start=1):
                yield from _keys(name, number, table, f"{source}: [[backend]] number {number}", problems)
        elif isinstance(content, dict):
            yield from _keys(name, 0, content, f"{source}: [{name}]", problems)
        else:
            problems.append(f"{source}: {name} is a section: write [{name}] on a line, and its keys below")


def _is_list_of_tables(content: object) -> bool:
    return isinstance(content, list) and all(isinstance(table, dict) for table in content)


def _keys(section: str, number: int, table: Mapping[str, Any], place: str, problems: list[str]) -> Iterator[Entry]:
    if number and not table:
        yield Entry(At(section, number, ""), place, None)  # a [[backend]] that leaves everything to discovery
    known = KEYS[section]
    for key, value in table.items():
        if key in known:
            yield Entry(At(section, number, key), f"{place} {key}", value)
        else:
            problems.append(f"{place} {_name(key)}: there is no such key{_advice(key, known)}")


def _unknown_section(name: str, content: object) -> str:
    if isinstance(content, (dict, list)):
        return f"[{_name(name)}]: there is no such section{suggestion(name, SECTIONS)}"
    return f"{_name(name)} stands before any section{_advice(name, ())}"


def _advice(key: str, known: Iterable[str]) -> str:
    """Suggest a key of this section that is close, or the section in which ``key`` is known."""
    homes = [section for section, keys in KEYS.items() if key in keys]
    home = "[[backend]]" if BACKEND in homes else f"[{homes[0]}]" if homes else ""
    return suggestion(key, known) or (f" - it belongs in {home}" if home else "")


def _name(text: str) -> str:
    """Show a name that somebody wrote, as long as it looks like a name."""
    return text if re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", text) else "(something that is no name)"


def _set(environ: Mapping[str, str], backends: int, problems: list[str]) -> Iterator[Entry]:
    """Take the variables that are ours out of ``environ``."""
    for variable in variables(environ, backends, problems):
        hint = KEYS[variable.at.section][variable.at.key]
        yield Entry(variable.at, variable.name, from_environment(hint, environ[variable.name]))


def _values(entries: Iterable[Entry], problems: list[str]) -> dict[tuple[str, int], dict[str, Any]]:
    """Check every value; return the good ones by section and number."""
    values: dict[tuple[str, int], dict[str, Any]] = {}
    for at, place, value in entries:
        section = values.setdefault((at.section, at.number), {})
        if not at.key:
            continue
        try:
            section[attribute(at.key)] = read(KEYS[at.section][at.key], value)
        except ValueError as error:
            problems.append(f"{place}: {error}")
    return values


def _build(values: Mapping[tuple[str, int], Mapping[str, Any]]) -> Settings:
    parts: dict[str, Any] = {
        section: SECTIONS[section](**keys) for (section, number), keys in values.items() if not number
    }
    numbers = sorted(number for section, number in values if section == BACKEND)
    return Settings(**parts, backend=tuple(Backend(**values[BACKEND, number]) for number in numbers))


def _contradictions(backends: tuple[Backend, ...], source: str) -> Iterator[str]:
    """Find backends that cannot be told apart, or that would count the same files twice."""
    seen: dict[str, str] = {}
    for number, backend in enumerate(backends, start=1):
        place = f"[[backend]] number {number}"
        if backend.name is None and len(backends) > 1:
            yield f"{source}: {place} name: is missing: with several backends each needs one, its server's uid"
        for key, what in _own(backend):
            if what in seen:
                yield f"{source}: {place} {key}: {what} is used already by {seen[what]}: each needs its own"
            seen.setdefault(what, f"{place} {key}")


def _own(backend: Backend) -> Iterator[tuple[str, str]]:
    """Yield what no two backends, and no two stores of one, may share."""
    if backend.name is not None:
        yield "name", f"the name {backend.name}"
    for key in STORES:
        if path := getattr(backend, key):
            yield key, os.path.normpath(path)
