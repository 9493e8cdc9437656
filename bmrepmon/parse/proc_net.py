"""The kernel's tables of TCP connections: ``/proc/net/tcp`` and ``/proc/net/tcp6``.

Form of a line: Linux, Documentation/networking/proc_net_tcp.rst. Addresses stand there as 32-bit words in the byte
order of the machine, which is little-endian wherever BlueMind 4 runs; ports and states are plain hexadecimal.
"""

import ipaddress
import re
from collections import Counter

ESTABLISHED, LISTEN = 1, 10  # Linux, include/net/tcp_states.h


def established_peers(raw: bytes, port: int) -> Counter[str]:
    r"""Count the established connections to our ``port`` by the address they come from, IPv4-mapped ones as IPv4.

    Of a connection within one machine both ends stand in the table; only the one whose local port it is counts. A
    line that is damaged or cut counts nothing.

    >>> established_peers(b"   0: 0100007F:09C5 0200007F:9C40 01 00000000:00000000\n", 2501)
    Counter({'127.0.0.2': 1})
    """
    line = rb"^ *[0-9]+: (?:[0-9A-F]{32}|[0-9A-F]{8}):%04X ([0-9A-F]{32}|[0-9A-F]{8}):[0-9A-F]{4} %02X "
    peers = Counter(re.findall(line % (port, ESTABLISHED), raw, re.MULTILINE))
    shown: Counter[str] = Counter()
    for peer, sessions in peers.items():
        shown[_address(peer)] += sessions
    return shown


def listens(raw: bytes, port: int) -> bool:
    r"""Tell whether a socket listens on our ``port``.

    >>> listens(b"   0: 00000000:09C5 00000000:0000 0A 00000000:00000000\n", 2501)
    True
    """
    line = rb"^ *[0-9]+: [0-9A-F]+:%04X [0-9A-F]+:[0-9A-F]{4} %02X "
    return re.search(line % (port, LISTEN), raw, re.MULTILINE) is not None


def address(packed: bytes) -> str:
    """Return the address that four or sixteen bytes in the order of the network stand for, a mapped one as IPv4."""
    if len(packed) == 4:
        return str(ipaddress.IPv4Address(packed))
    ipv6 = ipaddress.IPv6Address(packed)
    return str(ipv6.ipv4_mapped or ipv6)


def _address(words: bytes) -> str:
    """Return the address that ``words`` of eight hexadecimal digits each stand for."""
    packed = bytes.fromhex(words.decode("ascii"))
    return address(b"".join(packed[at : at + 4][::-1] for at in range(0, len(packed), 4)))
