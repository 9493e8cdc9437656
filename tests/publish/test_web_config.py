import base64
import http.client
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bcrypt
import pytest
import snapshots

from bmrepmon.config.settings import Web
from bmrepmon.config.types import Address
from bmrepmon.publish.access import Access, WebConfigError, open_access, warn_of_strangers
from bmrepmon.publish.access.document import Tls, parse_web_config
from bmrepmon.publish.connection import MOST
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web

LOOPBACK = Address("127.0.0.1", 0)
ROOT = Path(__file__).parents[2]
HASH = bcrypt.hashpw(b"open sesame", b"$2b$04$abcdefghijklmnopqrstuu").decode()  # one salt: it stands in names of tests
GOOD = {"Authorization": "Basic " + base64.b64encode(b"prometheus:open sesame").decode()}
ANY_CERTIFICATE = "RequireAnyClientCert would let in whoever has any certificate: use RequireAndVerifyClientCert"
TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
USERS = f"basic_auth_users: {{prometheus: {HASH}}}\n"


def problem(text: str) -> str:
    """Return the one problem of a web configuration."""
    with pytest.raises(WebConfigError) as caught:
        parse_web_config(text.encode(), "/etc/web.yml")
    (line,) = caught.value.lines
    return line


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not come in time"
        threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority that signed a server and a client."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    subject = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"]
    run(folder, "req", "-x509", *subject, "/CN=authority", "-days", "30", "-keyout", "ca.key", "-out", "ca.crt")
    for name in ("server", "client"):
        run(folder, "req", *subject, f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "san"]
        run(folder, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *signed)
    return folder


def run(folder: Path, *command: str) -> None:
    """Let OpenSSL do something."""
    subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True, timeout=60)


class Site:
    """A server with a web configuration that a test may write anew."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.said: list[str] = []
        self.access = Access(file, self.said.append)
        app = build_web(snapshots.full, tuple, access=self.access)
        self.server = WebServer(app, [LOOPBACK], access=self.access)
        self.server.start()

    def ask(
        self, headers: dict[str, str] | None = None, context: ssl.SSLContext | None = None
    ) -> http.client.HTTPResponse:
        """Ask once, over TLS if there is a context."""
        address = self.server.addresses[0]
        plain = http.client.HTTPConnection(*address, timeout=10)
        connection = http.client.HTTPSConnection(*address, timeout=10, context=context) if context else plain
        try:
            connection.request("GET", "/metrics", headers=headers or {})
            answer = connection.getresponse()
            answer.read()
            return answer
        finally:
            connection.close()

    def write(self, text: str) -> None:
        """Put another file in the place of the present one, whole."""
        new = self.file.with_suffix(".new")
        new.write_text(text)
        new.rename(self.file)


@pytest.fixture
def site(keys: Path) -> Iterator[Callable[[str], Site]]:
    """Return what starts a site; all are stopped."""
    sites = []

    def start(text: str) -> Site:
        file = keys / "web.yml"
        file.write_text(text)
        sites.append(Site(file))
        return sites[-1]

    yield start
    for one in sites:
        assert one.server.stop(5.0)


@pytest.fixture
def client(keys: Path) -> ssl.SSLContext:
    """Trust the authority."""
    return ssl.create_default_context(cafile=str(keys / "ca.crt"))


@pytest.mark.parametrize("file", ["deploy/web-config.example.yml", "docs/reference/web-config.md"])
def test_the_examples_are_good(file: str) -> None:
    """What people copy is read, and has TLS and a user."""
    text = (ROOT / file).read_text()
    fenced = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    config = parse_web_config((fenced[1] if fenced else text).encode(), "/etc/bmrepmon/web.yml")

    assert config.tls is not None
    assert config.tls.cert_file == "/etc/bmrepmon/server.crt"
    assert list(config.users) == ["prometheus"]


def test_every_key_of_tls_is_read() -> None:
    """The file's words become OpenSSL's."""
    config = parse_web_config(
        b"tls_server_config:\n  cert_file: /a\n  key_file: b\n  client_ca_file: c\n  min_version: TLS13\n"
        b"  client_auth_type: RequireAndVerifyClientCert\n  prefer_server_cipher_suites: false\n"
        b"  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
        b"http_server_config:\n  http2: true\n  headers: {X-Frame-Options: SAMEORIGIN}\n",
        "/etc/web.yml",
    )

    assert config.tls == Tls(
        cert_file="/a",
        key_file="/etc/b",
        client_ca_file="/etc/c",
        min_version="TLS13",
        client_auth_type="RequireAndVerifyClientCert",
        prefer_server_cipher_suites=False,
        cipher_suites=("ECDHE-RSA-AES128-GCM-SHA256",),
    )
    assert dict(config.headers) == {"X-Frame-Options": "SAMEORIGIN"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tls_sever_config: {}", "tls_sever_config: there is no such key - did you mean 'tls_server_config'?"),
        (
            "tls_server_config: {cert_fil: a}",
            "tls_server_config cert_fil: there is no such key - did you mean 'cert_file'?",
        ),
        ("tls_server_config: 3", "tls_server_config: must be keys with values, one a line"),
        (
            "tls_server_config: {cert_file: a}",
            "tls_server_config key_file: is missing: TLS needs a certificate and its key",
        ),
        (
            "tls_server_config: {min_version: TLS10}",
            "tls_server_config min_version: is broken and not offered (RFC 8996): write TLS12 or TLS13",
        ),
        (
            "tls_server_config: {client_auth_type: RequireAnyClientCert}",
            f"tls_server_config client_auth_type: {ANY_CERTIFICATE}",
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequireAndVerifyClientCert}",
            "tls_server_config client_ca_file: is missing: client certificates are checked against it",
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
            "tls_server_config client_auth_type: is missing: with client_ca_file write RequireAndVerifyClientCert",
        ),
        (
            "tls_server_config: {curve_preferences: [X25519]}",
            "tls_server_config curve_preferences: is not offered here: OpenSSL's order is used; leave it out",
        ),
        (
            "http_server_config: {headers: {Server: x}}",
            "http_server_config headers Server: there is no such key",
        ),
        (
            "basic_auth_users: {me: hunter2}",
            "basic_auth_users: user number 1: is no bcrypt hash: make one by `htpasswd -nBC 10 NAME`",
        ),
        ("basic_auth_users:", "basic_auth_users: must be names with bcrypt hashes, one a line"),
        (
            f"basic_auth_users: {{me: {HASH[:4]}31{HASH[6:]}}}",
            "basic_auth_users: user number 1: the cost of the hash must be 4 to 16",
        ),
        ("a: &x 1\nb: *x", "line 2: has an alias (*), which nothing here needs"),
        ("http_server_config: {}\nhttp_server_config: {}", "line 1: has a key twice, or one that is no text"),
        ("basic_auth_users: {a: 'hunter2", "line 1: is not YAML (tabs, quotes and indentation are what usually fails)"),
        ("!!map [1]", "line 1: is tagged as what it is not"),
        ("!!python/object:a.b [a]", "line 1: is not YAML (tabs, quotes and indentation are what usually fails)"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_clear_line(text: str, told: str) -> None:
    """File, section and key are named, with the way out and never a secret."""
    assert problem(text) == f"/etc/web.yml: {told}"


@pytest.mark.parametrize("gone", ["server.crt", "server.key"])
def test_a_file_that_cannot_be_read_is_named(keys: Path, tmp_path: Path, gone: str) -> None:
    """OpenSSL would not say which of them it is."""
    for name in {"server.crt", "server.key"} - {gone}:
        (tmp_path / name).write_bytes((keys / name).read_bytes())
    file = tmp_path / "web.yml"
    file.write_text(TLS)

    with pytest.raises(WebConfigError, match=f"{gone} cannot be read: No such file or directory"):
        Access(file)


def test_users_are_let_in_and_others_are_not(site: Callable[[str], Site]) -> None:
    """Right, wrong, unknown, absent and broken credentials, each with its answer and the security headers."""
    running = site(USERS)
    encoded = [base64.b64encode(text).decode() for text in (b"prometheus:shut", b"nobody:open sesame", b"\xff:x", b"x")]

    assert running.ask(GOOD).status == 200
    assert running.ask(GOOD).status == 200  # from what is remembered
    for header in ["", "Basic", "Basic %%%", "Bearer x", *(f"Basic {text}" for text in encoded)]:
        refused = running.ask({"Authorization": header} if header else {})
        assert refused.status == 401, header
        assert refused.headers["WWW-Authenticate"] == 'Basic realm="bmrepmon", charset="UTF-8"'
        assert "frame-ancestors 'none'" in refused.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in refused.headers


def test_a_password_of_any_length_is_an_answer(site: Callable[[str], Site]) -> None:
    """It takes 72 bytes; more, or a NUL, is a wrong password and no error of ours."""
    running = site(USERS)
    for password in (b"x" * 500, b"open sesame\0", b""):
        encoded = base64.b64encode(b"prometheus:" + password).decode()
        assert running.ask({"Authorization": f"Basic {encoded}"}).status == 401, password


def test_tls_and_a_password_go_together(site: Callable[[str], Site], client: ssl.SSLContext) -> None:
    """A scrape through both is answered, with HSTS; without TLS nothing is."""
    running = site(TLS + USERS + "http_server_config: {headers: {X-Frame-Options: SAMEORIGIN}}\n")
    answer = running.ask(GOOD, context=client)

    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert running.ask(context=client).status == 401
    with pytest.raises((http.client.BadStatusLine, OSError)):
        running.ask(GOOD)


def test_a_connection_over_tls_is_kept(site: Callable[[str], Site], client: ssl.SSLContext) -> None:
    """Three requests on one connection, sent with the handshake's last bytes or later."""
    running = site(TLS)
    connection = http.client.HTTPSConnection(*running.server.addresses[0], timeout=10, context=client)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert (answer.status, len(answer.read()) > 1000) == (200, True)
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1


def test_client_certificates_are_asked_for(site: Callable[[str], Site], client: ssl.SSLContext, keys: Path) -> None:
    """Who has none is sent away; who has one of the right authority is let in."""
    running = site(TLS.replace("}", ", client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert}"))
    with pytest.raises((ssl.SSLError, OSError, http.client.BadStatusLine)):
        running.ask(context=client)
    client.load_cert_chain(keys / "client.crt", keys / "client.key")

    assert running.ask(context=client).status == 200


def test_a_change_is_read_and_a_bad_one_changes_nothing(site: Callable[[str], Site]) -> None:
    """Users are added while it runs; what is no good is told once, and then the mended file is read."""
    running = site("")
    assert running.ask().status == 200

    running.write(USERS)
    until(lambda: running.ask().status == 401)
    running.write("basic_auth_users: {me: hunter2}\n")
    until(lambda: len(running.said) == 2)
    assert running.ask(GOOD).status == 200
    assert running.ask().status == 401
    running.write("")
    until(lambda: running.ask().status == 200)

    again = "the web configuration was read again"
    bad = f"{running.file}: basic_auth_users: user number 1: is no bcrypt hash: make one by `htpasswd -nBC 10 NAME`"
    assert running.said == [again, f"the web configuration stays as it was: {bad}", again]


def test_a_renewed_certificate_is_served(site: Callable[[str], Site], client: ssl.SSLContext, keys: Path) -> None:
    """As certbot does it: the files change under the same names, and new connections have the new certificate."""
    running = site(TLS)
    old = (keys / "server.crt").read_bytes(), (keys / "server.key").read_bytes()

    def served() -> str:
        with (
            socket.create_connection(running.server.addresses[0], timeout=10) as plain,
            client.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
        ):
            return str(secure.getpeercert()["subject"])  # type: ignore[index]

    assert "'server'" in served()
    try:
        for part in ("crt", "key"):
            (keys / f"server.{part}").write_bytes((keys / f"client.{part}").read_bytes())
        until(lambda: "'client'" in served())
    finally:
        for part, content in zip(("crt", "key"), old, strict=True):
            (keys / f"server.{part}").write_bytes(content)


@pytest.mark.parametrize(
    ("host", "text", "told"),
    [
        ("127.0.0.1", None, ""),
        ("localhost", None, ""),
        ("0.0.0.0", None, "can be read from elsewhere, without a password"),  # noqa: S104 - nothing is bound
        ("::", USERS, "takes passwords without TLS"),
        ("::", USERS + TLS, ""),
    ],
)
def test_listening_elsewhere_unprotected_is_warned_of(keys: Path, host: str, text: str | None, told: str) -> None:
    """One line, with the way out."""
    said: list[str] = []
    file = keys / "web.yml"
    file.write_text(text or "")
    web = Web(listen=(Address(host, 10057),), config=str(file) if text else None)
    warn_of_strangers(web, open_access(web, said.append).rules, said.append)

    assert len(said) == bool(told)
    assert told in "".join(said)


def test_curl_reads_it(site: Callable[[str], Site], keys: Path) -> None:
    """The program that everybody tries first, through TLS and a password."""
    running = site(TLS + USERS)
    url = f"https://{running.server.addresses[0]}/metrics"
    command = ["curl", "--silent", "--fail", "--cacert", str(keys / "ca.crt"), "--user", "prometheus:open sesame", url]
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=True)
    except FileNotFoundError:
        pytest.skip("curl is not here")
    assert b"bmrepmon_build_info" in done.stdout


def test_handshakes_that_never_begin_hold_nobody_up(site: Callable[[str], Site], client: ssl.SSLContext) -> None:
    """They count as connections: the oldest go, and a scrape gets through."""
    running = site(TLS)
    silent = [socket.create_connection(running.server.addresses[0], timeout=10) for _ in range(MOST + 50)]
    try:
        assert running.ask(context=client).status == 200
        assert silent[0].recv(1) == b""
    except ConnectionResetError:
        pass  # another way of having gone
    finally:
        for one in silent:
            one.close()
