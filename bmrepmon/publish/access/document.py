"""The web configuration file: YAML with the keys of Prometheus's exporter-toolkit, checked and frozen.

Every problem is found at once and told in a line of its own that names section and key, and never a value that may be
a secret.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bmrepmon.config.checks import suggestion
from bmrepmon.failures import Failure
from bmrepmon.model.frozen import frozen

MOST_BYTES = 1_000_000
HASH = re.compile(r"\$2[abxy]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
COSTS = range(4, 17)  # from bcrypt's least to about four seconds for each first request
ClientAuth = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]
CLIENT_AUTH: Mapping[str, ClientAuth] = {
    "NoClientCert": "NoClientCert",
    "RequestClientCert": "NoClientCert",  # to ask and to look at nothing of the answer is not to ask
    "VerifyClientCertIfGiven": "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert": "RequireAndVerifyClientCert",
}
VERSIONS = ("TLS12", "TLS13")
BROKEN_VERSIONS = ("TLS10", "TLS11", "SSLv3")
SUITES: Mapping[str, str] = {  # names of RFC 5289, 7905 and 8446, and OpenSSL's; "" is always on with TLS 1.3
    "TLS_AES_128_GCM_SHA256": "",
    "TLS_AES_256_GCM_SHA384": "",
    "TLS_CHACHA20_POLY1305_SHA256": "",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
HEADERS = (
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
)


class WebConfigError(Failure):
    """The web configuration is no good; each line says one thing that is wrong, without any secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """``tls_server_config``."""

    cert_file: str = ""
    key_file: str = ""
    client_ca_file: str = ""
    client_auth_type: ClientAuth = "NoClientCert"
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    cipher_suites: tuple[str, ...] = ()  # by OpenSSL's names
    prefer_server_cipher_suites: bool = True


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The whole file; ``users`` has bcrypt hashes by name."""

    tls: Tls | None = None
    headers: Mapping[str, str] = field(default_factory=frozen)
    users: Mapping[str, bytes] = field(default_factory=frozen)


def parse_web_config(raw: bytes, source: str) -> WebConfig:
    """Read ``raw``, the file called ``source``; relative paths are from its folder. Raises WebConfigError."""
    document = _load(raw, source)
    problems: list[str] = []
    parts = _section(SECTIONS, document, "", problems, Path(source).parent)
    config = WebConfig(
        tls=Tls(**parts["tls_server_config"]) if parts.get("tls_server_config") else None,
        headers=frozen(parts.get("http_server_config", {}).get("headers", {})),
        users=frozen(parts.get("basic_auth_users", {})),
    )
    problems += () if config.tls is None or problems else _contradictions(config.tls)
    if problems:
        raise WebConfigError(*(f"{source}: {problem}" for problem in problems))
    return config


def _load(raw: bytes, source: str) -> object:
    if len(raw) > MOST_BYTES:
        raise WebConfigError(f"{source}: is larger than {MOST_BYTES} bytes: that is no web configuration")
    from bmrepmon.publish.access.plain_yaml import UnreadableError, load  # brings PyYAML, which few daemons need

    try:
        return load(raw)
    except UnreadableError as error:
        raise WebConfigError(f"{source}: {error}") from None


Reader = Callable[[Any, str, list[str], Path], Any]


def _section(
    known: Mapping[str, Reader], content: object, place: str, problems: list[str], folder: Path
) -> dict[str, Any]:
    """Read the keys of one section by their readers; what is wrong becomes a problem and is left out."""
    if content is None:
        return {}
    if not isinstance(content, dict):
        problems.append(f"{place or 'the file'}: must be keys with values, one a line")
        return {}
    values = {}
    for name, value in content.items():
        where = f"{place} {name}".strip() if _is_name(name) else f"{place} (something that is no name)".strip()
        if name not in known:
            problems.append(f"{where}: there is no such key{suggestion(str(name), known)}")
            continue
        try:
            values[name] = known[name](value, where, problems, folder)
        except ValueError as error:
            problems.append(f"{where}: {error}")
    return values


def _is_name(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", name) is not None


def _keys(known: Mapping[str, Reader]) -> Reader:
    return lambda value, place, problems, folder: _section(known, value, place, problems, folder)


def _file(value: object, _: str, __: list[str], folder: Path) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("must be the path of a file")
    return str(folder / value)


def _flag(value: object, *_: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - one kind of error
    return value


def _version(value: object, *_: object) -> str:
    if value in BROKEN_VERSIONS:
        raise ValueError("is broken and not offered (RFC 8996): write TLS12 or TLS13")
    return _one_of(VERSIONS, value)


def _client_auth(value: object, *_: object) -> ClientAuth:
    if value == "RequireAnyClientCert":
        raise ValueError(
            "RequireAnyClientCert would let in whoever has any certificate: use RequireAndVerifyClientCert"
        )
    return CLIENT_AUTH[_one_of(CLIENT_AUTH, value)]


def _suites(value: object, *_: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list")  # noqa: TRY004 - one kind of error
    return tuple(filter(None, (SUITES[_one_of(SUITES, suite)] for suite in value)))


def _one_of(known: Mapping[str, object] | tuple[str, ...], value: object) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"must be {', '.join(known)}{suggestion(str(value), known)}")
    return value


def _no(way_out: str) -> Reader:
    def refuse(*_: object) -> None:
        raise ValueError(f"is not offered here: {way_out}")

    return refuse


def _header(value: object, *_: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value.isascii():
        raise ValueError("must be a text of one line, in ASCII")
    return value


def _users(value: object, place: str, problems: list[str], _: Path) -> dict[str, bytes]:
    """Read names and hashes; a wrong one is told by its number, since its line may hold a password."""
    if not isinstance(value, dict):
        raise ValueError("must be names with bcrypt hashes, one a line")  # noqa: TRY004 - one kind of error
    users = {}
    for number, (name, hashed) in enumerate(value.items(), start=1):
        match = HASH.fullmatch(hashed) if isinstance(hashed, str) else None
        if not isinstance(name, str) or not name or ":" in name:
            problems.append(f"{place}: user number {number}: the name must be a text without a colon; quote it")
        elif match is None:
            problems.append(f"{place}: user number {number}: is no bcrypt hash: make one by `htpasswd -nBC 10 NAME`")
        elif int(match[1]) not in COSTS:
            problems.append(f"{place}: user number {number}: the cost of the hash must be {COSTS[0]} to {COSTS[-1]}")
        else:
            users[name] = hashed.encode()
    return users


def _contradictions(tls: Tls) -> Iterator[str]:
    for key in ("cert_file", "key_file"):
        if not getattr(tls, key):
            yield f"tls_server_config {key}: is missing: TLS needs a certificate and its key"
    if tls.min_version > tls.max_version:
        yield "tls_server_config min_version: is above max_version"
    if tls.client_ca_file and tls.client_auth_type == "NoClientCert":
        yield "tls_server_config client_auth_type: is missing: with client_ca_file write RequireAndVerifyClientCert"
    if not tls.client_ca_file and tls.client_auth_type != "NoClientCert":
        yield "tls_server_config client_ca_file: is missing: client certificates are checked against it"


TLS_KEYS: Mapping[str, Reader] = {
    "cert_file": _file,
    "key_file": _file,
    "client_ca_file": _file,
    "client_auth_type": _client_auth,
    "min_version": _version,
    "max_version": _version,
    "cipher_suites": _suites,
    "prefer_server_cipher_suites": _flag,
    "curve_preferences": _no("OpenSSL's order is used; leave it out"),
    "client_allowed_sans": _no("let client_ca_file be an authority that signs only those who may read"),
    "cert": _no("write cert_file"),
    "key": _no("write key_file"),
    "client_ca": _no("write client_ca_file"),
}
HTTP_KEYS: Mapping[str, Reader] = {
    "http2": _flag,  # HTTP/1.1 is spoken either way, which every client of HTTP/2 falls back to
    "headers": _keys(dict.fromkeys(HEADERS, _header)),
}
SECTIONS: Mapping[str, Reader] = {
    "tls_server_config": _keys(TLS_KEYS),
    "http_server_config": _keys(HTTP_KEYS),
    "basic_auth_users": _users,
}
