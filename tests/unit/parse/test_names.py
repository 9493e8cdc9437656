import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.names import MailboxName, PartitionName
from bmrepmon.parse.mailbox_name import parse_mailbox_name
from bmrepmon.parse.partition import parse_partition

STAMP = 0x5863AA42


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("user.tom", ("users", "tom", "INBOX", None)),
        ("user.tom.Deleted Messages", ("users", "tom", "Deleted Messages", None)),
        ("user.marie^curie.a&AOk-.b^c", ("users", "marie.curie", "aé/b.c", None)),
        ("user.jean^dupont.&AMk-t&AOk- &- hiver", ("users", "jean.dupont", "Été & hiver", None)),
        ("user.estelle^martinez.Sent.2020", ("users", "estelle.martinez", "Sent/2020", None)),
        ("user.a__b.x&broken", ("users", "a__b", "x&broken", None)),
        ("user.a.&AA-", ("users", "a", "&AA-", None)),
        ("social.conges-absences", ("shared", "social", "conges-absences", None)),
        ("adminforum", ("shared", "adminforum", "", None)),
        ("user2", ("shared", "user2", "", None)),
        ("DELETED.user.tom.Drafts.5863AA42", ("deleted", "tom", "Drafts", STAMP)),
        ("DELETED.user.tom.5863AA42", ("deleted", "tom", "INBOX", STAMP)),
        ("DELETED.social.old.5863AA42", ("deletedShared", "social", "old", STAMP)),
        ("DELETED.social.5863AA42", ("deletedShared", "social", "", STAMP)),
        ("DELETED.social.old", ("deletedShared", "social", "old", None)),
        ("domino^res^x_at_domino^res.Sent", ("shared", "domino.res.x_at_domino.res", "Sent", None)),
    ],
)
def test_a_name_is_taken_apart(raw: str, expected: tuple[str, str, str, int | None]) -> None:
    """Namespace, mailbox, folder and stamp, as BlueMind reads them."""
    name = parse_mailbox_name(f"acme.test!{raw}")

    assert name is not None
    assert (name.domain, name.namespace, name.mailbox, name.folder, name.deleted_at) == ("acme.test", *expected)
    assert parse_mailbox_name(f'"acme.test!{raw}"') == name


@pytest.mark.parametrize("raw", ["", "!", "user.tom", "acme.test!", "!user.tom", "{31+}{t4711.bin}", "acme.test!.x"])
def test_what_is_no_name_is_not_guessed(raw: str) -> None:
    """Without domain or mailbox there is no name."""
    assert parse_mailbox_name(raw) is None


@pytest.mark.parametrize(
    ("raw", "probe"),
    [
        ("acme.test!probe_bm-master__acme-test", True),
        ("acme.test!probe_bm-master__other-test", False),
        ("acme.test!probe_results", False),
        ("acme.test!user.probe_bm-master__acme-test", False),
    ],
)
def test_the_probe_is_known_by_its_share(raw: str, probe: bool) -> None:
    """Only the share of this very domain is the latency probe."""
    name = parse_mailbox_name(raw)

    assert name is not None
    assert name.probe is probe


@given(st.text())
def test_no_text_raises(raw: str) -> None:
    """Every text is a name or none."""
    assert isinstance(parse_mailbox_name(raw), MailboxName | None)
    assert isinstance(parse_mailbox_name(f"a!{raw}"), MailboxName | None)


@pytest.mark.parametrize(
    ("raw", "server", "domain"),
    [
        ("bm-master__fws_fr", "bm-master", "fws.fr"),
        ("10_0_0_5__acme__corp_test", "10.0.0.5", "acme..corp.test"),
        ("vagrant_vmw", None, "vagrant.vmw"),
        ("default", None, None),
        ("__x", None, "..x"),
    ],
)
def test_a_partition_is_taken_apart(raw: str, server: str | None, domain: str | None) -> None:
    """Server and domain, as well as underscores tell."""
    assert parse_partition(raw) == PartitionName(server, domain)
