"""The machine's own IP addresses, as the kernel tells them: ``/proc/net/fib_trie`` and ``/proc/net/if_inet6``."""

import ipaddress
import re

# A leaf of the routing trie: an address on its own line, and what it is on the next ones. Linux, net/ipv4/fib_trie.c.
LEAF = re.compile(rb"\|-- ([0-9.]+)")
LOCAL = re.compile(rb"/32 host LOCAL")
INET6 = re.compile(rb"^([0-9a-f]{32}) ", re.MULTILINE)


def parse_fib_trie(raw: bytes) -> frozenset[str]:
    r"""Return the IPv4 addresses that are delivered to this machine itself, loopback included.

    >>> sorted(parse_fib_trie(b"  |-- 10.0.0.0\n /24 link UNICAST\n  |-- 10.0.0.7\n /32 host LOCAL\n"))
    ['10.0.0.7']
    """
    found, leaf = set(), b""
    for line in raw.splitlines():
        if match := LEAF.search(line):
            leaf = match[1]
        elif LOCAL.search(line):
            found.add(leaf)
    return frozenset(address for address in map(_ipv4, found) if address)


def _ipv4(text: bytes) -> str | None:
    try:
        return str(ipaddress.IPv4Address(text.decode("ascii")))
    except ValueError:
        return None


def parse_if_inet6(raw: bytes) -> frozenset[str]:
    r"""Return the IPv6 addresses of every interface.

    >>> sorted(parse_if_inet6(b"00000000000000000000000000000001 01 80 10 80       lo\n"))
    ['::1']
    """
    return frozenset(str(ipaddress.IPv6Address(int(match, 16))) for match in INET6.findall(raw))
