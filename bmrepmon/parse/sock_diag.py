"""Questions to the kernel about TCP sockets, and its answers: netlink(7), sock_diag(7).

Numbers are in the machine's own byte order, ports and addresses in that of the network.
"""

from collections import Counter
from collections.abc import Iterator
from errno import EBADMSG
from struct import Struct
from typing import NamedTuple

from bmrepmon.parse.proc_net import ESTABLISHED, LISTEN, address

_HEADER = Struct("=IHHII")  # length with the header, type, flags, sequence number, port of the asking socket
AF_INET, IPPROTO_TCP = 2, 6  # Linux, include/linux/socket.h, include/uapi/linux/in.h
SOCK_DIAG_BY_FAMILY = 20  # Linux, include/uapi/linux/sock_diag.h
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300  # a dump: all that fit
NLMSG_ERROR, NLMSG_DONE = 2, 3
# inet_diag_req_v2: family, protocol, extensions, a mask of states; then inet_diag_sockid: our port and the peer's, both
# addresses, interface and cookie, of which only our port is asked for.
_REQUEST = Struct("=BBBxI2s2s16s16sI8s")
# inet_diag_msg, as far as it is read: family, state, timer, retransmissions; then the same inet_diag_sockid.
_SOCKET = Struct("=BBxx2s2s16s16s")
_ERROR = Struct("=i")  # negative number of an error; 0: an acknowledgement, which nobody has asked for


class Answer(NamedTuple):
    """What one datagram says of our port."""

    peers: Counter[str]  # established connections by the address that they come from
    listening: bool
    ended: bool  # whether it is the last datagram
    error: int = 0  # its number (errno), when the kernel answers with one, EBADMSG when it is no answer


def question(family: int, port: int) -> bytes:
    """Ask for the connections to our ``port``, and for what listens on it, of AF_INET or AF_INET6."""
    states = 1 << ESTABLISHED | 1 << LISTEN
    asked = _REQUEST.pack(family, IPPROTO_TCP, 0, states, port.to_bytes(2, "big"), b"", b"", b"", 0, b"")
    flags = NLM_F_REQUEST | NLM_F_DUMP
    return _HEADER.pack(_HEADER.size + len(asked), SOCK_DIAG_BY_FAMILY, flags, 0, 0) + asked


def read_answer(datagram: bytes, port: int) -> Answer:
    """Read one datagram of an answer; IPv4-mapped addresses are told as IPv4."""
    peers, listening, ours = Counter[str](), False, port.to_bytes(2, "big")
    for kind, body in _messages(datagram):
        if kind == NLMSG_DONE:
            return Answer(peers, listening, ended=True)
        if kind == NLMSG_ERROR:
            number = _ERROR.unpack_from(body)[0] if len(body) >= _ERROR.size else 0
            return Answer(peers, listening, ended=True, error=-number or EBADMSG)
        if kind == SOCK_DIAG_BY_FAMILY and len(body) >= _SOCKET.size:
            family, state, our_port, _, _, peer = _SOCKET.unpack_from(body)
            if our_port == ours and state == ESTABLISHED:
                peers[address(peer[:4] if family == AF_INET else peer)] += 1
            listening = listening or (our_port == ours and state == LISTEN)
    return Answer(peers, listening, ended=False)


def _messages(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of each message; they begin at multiples of four. What is none is an error without a body."""
    at = 0
    while at < len(datagram):
        length, kind = _HEADER.unpack_from(datagram, at)[:2] if at + _HEADER.size <= len(datagram) else (0, 0)
        if length < _HEADER.size:
            yield NLMSG_ERROR, b""
            return
        yield kind, datagram[at + _HEADER.size : at + length]
        at += length + 3 & ~3
