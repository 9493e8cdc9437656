from email import message_from_bytes, policy

from bmrepmon.demo.chance import chance
from bmrepmon.demo.messages import compose, guid
from bmrepmon.demo.population import DOMAINS, populate
from bmrepmon.demo.sync_log import quote, unquote


def test_the_same_seed_makes_the_same_people() -> None:
    """A population follows from seed and size alone."""
    assert populate(3, 60) == populate(3, 60)
    assert populate(3, 60) != populate(4, 60)


def test_the_peculiar_ones_are_there() -> None:
    """Dots, a digit first, double underscores, shares with folders, a folder of digits, and a probe per domain."""
    residents = populate(1, 40)
    owners = {r.owner for r in residents}
    paths = {path for r in residents for path in r.paths}

    assert {"jean.dupont", "4you", "o__neil", "commerce"} <= owners
    assert {("2024",), ("Projets", "Été & hiver")} <= paths
    assert {r.domain for r in residents if r.probe} == set(DOMAINS)
    assert len({(r.domain, r.owner) for r in residents}) == 42


def test_nobody_is_there_twice() -> None:
    """A large population has no two mailboxes of one name, and no folder without the one above it."""
    residents = populate(2, 3000)

    assert len({r.address for r in residents}) == 3002
    assert all(path[:-1] in r.paths for r in residents for path in r.paths if len(path) > 1)


def test_messages_are_real() -> None:
    """A message can be parsed, and its GUID is the SHA-1 of its bytes."""
    raw = compose(chance(1, "mail"), "a@example.org", ["b@demo.example", "c@demo.example"], 1_700_000_000.0, "mx")
    message = message_from_bytes(raw, policy=policy.default)

    assert message["To"] == "b@demo.example, c@demo.example"
    assert message["Date"].datetime.timestamp() == 1_700_000_000
    assert not message.defects
    assert len(guid(raw)) == 20


def test_names_in_the_sync_log() -> None:
    """A name with a space or a quote is quoted, and read back as it was."""
    for name in ("a!user.b", 'a!user.b.Deleted "Messages" {1}', "a!user.c d", "a!user.\\x"):
        assert unquote(quote(name)) == name
    assert quote("a!user.c d") == '"a!user.c d"'
