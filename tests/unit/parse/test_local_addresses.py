from hypothesis import given, strategies as st

from bmrepmon.parse.local_addresses import parse_fib_trie, parse_if_inet6

FIB_TRIE = b"""\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.2
           /24 link UNICAST
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
"""
IF_INET6 = b"""\
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000025 04 40 00 82     eth0
"""


def test_only_the_machines_own_ipv4_addresses_count() -> None:
    """Networks, routes and broadcast addresses are in the same table, and are left out."""
    assert parse_fib_trie(FIB_TRIE) == {"127.0.0.1", "192.0.2.2"}


def test_ipv6_addresses_are_written_short() -> None:
    """An address of 32 digits is shown as people write it, which is how bm.ini.<address> is named."""
    assert parse_if_inet6(IF_INET6) == {"fe80::fc:ff:fe00:1", "::1", "2001:db8::25"}


@given(st.binary(max_size=80) | st.from_regex(rb"(\|-- [0-9.]{0,16}\n/32 host LOCAL\n){0,3}", fullmatch=True))
def test_any_bytes_are_read(raw: bytes) -> None:
    """Whatever the kernel may write, the outcome is a set of addresses."""
    assert isinstance(parse_fib_trie(raw) | parse_if_inet6(raw), frozenset)
