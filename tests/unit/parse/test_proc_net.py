"""Lines of /proc/net/tcp and tcp6, written out."""

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from bmrepmon.parse.proc_net import established_peers

REST = "00000000:00000000 00:00000000 00000000     0        0 43570 2 00000000e775e75c 20 0 0 10 -1\n"


def line(local: str, remote: str, state: str = "01", number: int = 1) -> bytes:
    return f"{number:4}: {local} {remote} {state} {REST}".encode()


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("0A01A8C0:9C40", "192.168.1.10"),
        ("0000000000000000FFFF00000A01A8C0:9C40", "192.168.1.10"),
        ("B80D01200000000000000000010000FE:9C40", "2001:db8::fe00:1"),
        ("00000000000000000000000001000000:9C40", "::1"),
    ],
)
def test_an_address_is_shown_as_people_write_it(remote: str, address: str) -> None:
    """Words are in the machine's byte order, and an IPv4 peer of an IPv6 socket is an IPv4 peer."""
    local = "00000000:09C5" if len(remote) == 13 else f"{'0' * 32}:09C5"

    assert established_peers(line(local, remote), 2501) == Counter({address: 1})


def test_only_established_connections_to_the_port_count() -> None:
    """A listener, a closing connection, another port and the far end of a loopback connection do not."""
    raw = b"".join(
        (
            b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode \n",
            line("00000000:09C5", "00000000:0000", "0A"),
            line("0100007F:09C5", "0200007F:9C40", "08"),
            line("0100007F:09C6", "0200007F:9C40"),
            line("0100007F:9C40", "0100007F:09C5"),
            line("0100007F:09C5", "0100007F:9C40"),
            line("0100007F:09C5", "0100007F:9C41", number=12345),
        )
    )

    assert established_peers(raw, 2501) == Counter({"127.0.0.1": 2})


def test_both_forms_of_one_address_are_one_peer() -> None:
    """A mapped and a plain line of the same host add up."""
    raw = line("0100007F:09C5", "0100007F:9C40") + line(
        "0000000000000000FFFF00000100007F:09C5", "0000000000000000FFFF00000100007F:9C41"
    )

    assert established_peers(raw, 2501) == Counter({"127.0.0.1": 2})


@pytest.mark.parametrize(
    "damaged",
    [
        line("0100007F:09C5", "0100007F:9C40")[:34],  # cut before its state is complete
        line("0100007F:09C5", "0100007G:9C40"),
        line("0100007F:09C5", "01007F:9C40"),
        b"x" + line("0100007F:09C5", "0100007F:9C40"),
        b"\0\xff\n",
    ],
)
def test_a_damaged_line_counts_nothing(damaged: bytes) -> None:
    """What cannot be read is skipped, and the lines around it are not."""
    good = line("0100007F:09C5", "0100007F:9C40")

    assert established_peers(good + damaged.rstrip(b"\n") + b"\n" + good, 2501) == Counter({"127.0.0.1": 2})


@given(st.binary(), st.integers(1, 65535))
def test_no_bytes_raise(raw: bytes, port: int) -> None:
    """Whatever lies there instead of a table is no session."""
    assert established_peers(raw, port) == Counter()
