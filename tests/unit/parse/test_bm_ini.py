import pytest
from hypothesis import given, strategies as st

from bmrepmon.parse.bm_ini import BmIni, parse_bm_ini

PLANTED = "hunter2-PLANTED"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", BmIni()),
        (
            "[global]\ndbtype=PGSQL\nhost=localhost\ndb=bj\nuser=bj\npassword=bj\nexternal-url=mail.acme.test\n",
            BmIni("PGSQL", "localhost", "bj", "bj", "bj"),
        ),
        ('[global]\n host = "10.0.0.1" \n"user" = "bj"\n', BmIni(host="10.0.0.1", user="bj")),
        ("[global]\r\nhost=a\r\nHOST=b\r\n", BmIni(host="b")),
        ("# host=x\n; host=y\n[ Global ]\nhost=z # not a comment\n", BmIni(host="z # not a comment")),
        ("[global]\npassword=\"a#b;c\" # comment\nuser='bj' ; comment\n", BmIni(user="bj", password="a#b;c")),
        ('[global]\npassword="a"b"\n', BmIni(password='a"b')),
        ("[global]\npassword=a=b:c\n", BmIni(password="a=b:c")),
        ("[other]\nhost=x\n[global]\ndb: bj\n[global2]\ndb=y\n", BmIni(db="bj")),
        ("host=before any section\n", BmIni(host="before any section")),
        ("[global]\npassword=\nuser=''\n", BmIni()),
        ("\ufeff[global]\nhost=x\n", BmIni(host="x")),
        ('[global]\npassword="\n', BmIni(password='"')),
    ],
)
def test_bm_ini(text: str, expected: BmIni) -> None:
    """Quotes, spaces, comments, repeated keys and other sections are read as an administrator means them."""
    assert parse_bm_ini(text.encode()) == expected


def test_a_latin1_file_is_read_too() -> None:
    """An old editor's encoding does not hide the keys."""
    assert parse_bm_ini("[global]\nhost=h\npassword=é\n".encode("latin-1")) == BmIni(host="h", password="é")


def test_the_password_is_not_shown() -> None:
    """Neither str nor repr of what was read holds the password."""
    ini = parse_bm_ini(f"[global]\npassword={PLANTED}\n".encode())

    assert ini.password == PLANTED
    assert PLANTED not in f"{ini} {ini!r}"


@given(st.binary(max_size=80) | st.from_regex(rb"(\[global\]\n)?(host *[=:] *[\"'x#]{0,5}\n){0,3}", fullmatch=True))
def test_any_bytes_are_read(raw: bytes) -> None:
    """No file makes the parser fail."""
    assert isinstance(parse_bm_ini(raw), BmIni)
