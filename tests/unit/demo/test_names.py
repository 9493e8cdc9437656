import pytest

from bmrepmon.demo.names import FolderName, modified_utf7, partition, probe_share


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("Sent", "Sent"),
        ("Été & hiver", "&AMk-t&AOk- &- hiver"),
        ("À", "&AMA-"),
        ("台北", "&U,BTFw-"),
        ("a&b", "a&-b"),
    ],
)
def test_modified_utf7(text: str, encoded: str) -> None:
    """Folder names are encoded as RFC 3501 says."""
    assert modified_utf7(text) == encoded


@pytest.mark.parametrize(
    ("name", "cyrus", "directory"),
    [
        (
            FolderName("demo.example", "user", "jean.dupont"),
            "demo.example!user.jean^dupont",
            "domain/d/demo.example/j/user/jean^dupont",
        ),
        (
            FolderName("demo.example", "user", "jean.dupont", ("Projets", "v1.2 notes")),
            "demo.example!user.jean^dupont.Projets.v1^2 notes",
            "domain/d/demo.example/j/user/jean^dupont/Projets/v1^2 notes",
        ),
        (
            FolderName("ville.example", "user", "4you", ("2024",)),
            "ville.example!user.4you.2024",
            "domain/v/ville.example/q/user/4you/2024",
        ),
        (
            FolderName("demo.example", "share", "commerce"),
            "demo.example!commerce",
            "domain/d/demo.example/c/commerce",
        ),
        (
            FolderName("demo.example", "share", "commerce", ("Sent",)),
            "demo.example!commerce.Sent",
            "domain/d/demo.example/s/commerce/Sent",
        ),
        (
            FolderName("demo.example", "user", "mehdi", ("Sent",), deleted="6B0386A9"),
            "demo.example!DELETED.user.mehdi.Sent.6B0386A9",
            "domain/d/demo.example/u/DELETED/user/mehdi/Sent/6B0386A9",
        ),
    ],
)
def test_a_folder_has_its_place(name: FolderName, cyrus: str, directory: str) -> None:
    """Names and directories are those that a real Cyrus gave (recorded from a Cyrus 3.6 laboratory)."""
    assert (name.cyrus, name.directory) == (cyrus, directory)


def test_partition_and_probe() -> None:
    """A partition has underscores for dots, the probe share has dashes."""
    assert partition("bm-master", "fws.fr") == "bm-master__fws_fr"
    assert probe_share("bm-master", "acme.test") == "probe_bm-master__acme-test"
