import dataclasses
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bmrepmon.config.environment import VARIABLES
from bmrepmon.config.load import ConfigError, load_settings, parse_settings
from bmrepmon.config.places import PLACES
from bmrepmon.config.settings import KEYS, SECTIONS, Backend, Settings, attribute

PROJECT = Path(__file__).parents[2]
SAMPLE = PROJECT / "deploy/bmrepmon.toml"
REFERENCE = PROJECT / "docs/reference/configuration.md"
NO_DEFAULT = {  # what the sample shows for keys whose default is not a fixed value
    ("web", "config"): "/etc/bmrepmon/web-config.yml",
    ("backend", "name"): "bm-master",
    ("backend", "database"): "host=localhost dbname=bj-data user=bmrepmon",
    ("backend", "database_password_file"): "/etc/bmrepmon/database.password",
}


def uncommented() -> str:
    """The sample with every key's # taken away, as its first lines tell to do."""
    return re.sub(r"^#(?=\[\[|\w+ = )", "", SAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_sample_changes_nothing() -> None:
    """Installed as it is, the sample is the same as no file."""
    assert load_settings(SAMPLE, {}) == Settings()


def test_the_sample_shows_every_key_with_its_default() -> None:
    """With every # taken away, each key is there, and has the value that it has without a file."""
    settings = parse_settings(uncommented().encode(), "sample", {})
    document: dict[str, Any] = tomllib.loads(uncommented())

    assert len(settings.backend) == 1
    for section, keys in KEYS.items():
        written = document[section][0] if section == "backend" else document[section]
        read = settings.backend[0] if section == "backend" else getattr(settings, section)
        assert list(written) == list(keys), section
        for key in keys:
            default = getattr(SECTIONS[section](), attribute(key))
            if default is None:
                assert written[key] == {**PLACES, **NO_DEFAULT}[section, key]
            else:
                assert getattr(read, attribute(key)) == default


def test_the_reference_lists_every_key() -> None:
    """Section, key, environment variable and default of each row are those of the code, in the same order."""
    rows = re.findall(r"^\| `(\[+(\w+)\]+ (\w+))` \| `(\w+)` \| .+ \| (.+) \|$", REFERENCE.read_text(), re.MULTILINE)
    expected = [(at.section, at.key, variable) for variable, at in VARIABLES.items()]

    assert [(section, key, variable) for _, section, key, variable, _ in rows] == expected
    for name, section, key, _, default in rows:
        assert name == (f"[[{section}]] {key}" if section == "backend" else f"[{section}] {key}")
        if default.startswith("*"):
            assert getattr(SECTIONS[section](), key) is None
            assert PLACES.get((section, key), "") in default
        else:
            text = f"[{section}]\n{key} = {default.strip('`')}\n".replace("[backend]", "[[backend]]")
            settings = parse_settings(text.encode(), "reference", {})
            assert settings in (Settings(), Settings(backend=(Backend(),))), name


def test_the_reference_tells_the_bounds_of_numbers() -> None:
    """One below and one above the documented range are refused, the bounds are accepted."""
    ranges = re.findall(
        r"^\| `\[+(\w+)\]+ (\w+)` \| .* \| number from (\d+) to (\d+) \|", REFERENCE.read_text(), re.MULTILINE
    )

    assert len(ranges) == 6
    for section, key, low, high in ranges:
        for number, good in ((int(low) - 1, False), (int(low), True), (int(high), True), (int(high) + 1, False)):
            variable = f"BMREPMON_{section}__{key}".upper()
            assert accepted({variable: str(number)}) == good, (variable, number)


def accepted(environ: dict[str, str]) -> bool:
    try:
        return isinstance(parse_settings(b"", "none", environ), Settings)
    except ConfigError:
        return False


def test_settings_are_frozen() -> None:
    """Nobody changes the settings after they were checked."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().core.sync_port = 1  # type: ignore[misc]


def problem(file: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    assert len(caught.value.lines) == 1
    return caught.value.lines[0]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A wrong --config is told as such."""
    file = tmp_path / "x.toml"

    assert problem(file) == f"{file}: there is no such file: check --config, or leave it out to use defaults"


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    """The folder of the configuration is not the configuration."""
    assert problem(tmp_path) == f"{tmp_path}: is a directory: name the file in it"


def test_a_path_through_a_file(tmp_path: Path) -> None:
    """Any other trouble of the file system is told in its own words."""
    (tmp_path / "x").touch()

    assert problem(tmp_path / "x/y") == f"{tmp_path}/x/y: cannot be read: Not a directory"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """Permission denied names the way out."""
    file = tmp_path / "x.toml"
    file.touch(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        text = problem(file)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)

    assert text == f"{file}: permission denied: let the user that runs bmrepmon read it"
