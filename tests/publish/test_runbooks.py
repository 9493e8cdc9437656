import pytest
from served import Served

from bmrepmon.publish.runbooks import Runbooks

LANGUAGES = ["en", "fr"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_runbook_is_a_page_in_the_language_of_the_reader(served: Served, language: str) -> None:
    """The link of an alert leads to headings, commands to copy and no markup left over."""
    titles = Runbooks().titles(language)
    assert "BlueMindReplicationStalled" in titles
    for name, title in titles.items():
        answer, body = served.ask(f"/runbooks/{name}", Accept_Language=language)
        text = body.decode()

        assert (answer.status, answer.headers["Content-Language"]) == (200, language)
        assert f"<h1>{title}</h1>" in text
        assert text.count("<h2>") == 6
        assert "```" not in text


def test_both_languages_have_the_same_runbooks() -> None:
    """Each is there in English and in French."""
    books = Runbooks()

    assert list(books.titles("en")) == list(books.titles("fr"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_runbooks_are_listed(served: Served, language: str) -> None:
    """Whoever has no link finds the alert by its name."""
    _, body = served.ask("/runbooks", Accept_Language=language)

    for name in Runbooks().titles(language):
        assert f'<a href="runbooks/{name}">'.encode() in body


@pytest.mark.parametrize("path", ["/runbooks/Nothing", "/runbooks/..%2Fweb", "/runbooks/BlueMindReplicationStalled.fr"])
def test_other_names_are_not_found(served: Served, path: str) -> None:
    """Nothing but a runbook can be read in this way."""
    answer, _ = served.ask(path)

    assert answer.status == 404
