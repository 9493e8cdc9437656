"""From ``tls_server_config`` to a context that handshakes are made with."""

import ssl
from collections.abc import Mapping

from bmrepmon.publish.access.document import ClientAuth, Tls, WebConfigError

VERSIONS: Mapping[str, ssl.TLSVersion] = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
VERIFY: Mapping[ClientAuth, ssl.VerifyMode] = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


def build_context(tls: Tls, source: str) -> ssl.SSLContext:
    """Read the certificates and make a context. Raises WebConfigError, naming the key, the file and the reason."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = VERSIONS[tls.min_version], VERSIONS[tls.max_version]
    context.verify_mode = VERIFY[tls.client_auth_type]
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.cipher_suites:
        context.set_ciphers(":".join(tls.cipher_suites))
    readable(tls, source)
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=lambda: "")  # never ask at a terminal
    except (OSError, ValueError):
        raise WebConfigError(
            f"{source}: tls_server_config cert_file: {tls.cert_file} and {tls.key_file} are no certificate and the "
            "key that belongs to it, without a passphrase, both in PEM"
        ) from None
    if tls.client_ca_file:
        try:
            context.load_verify_locations(tls.client_ca_file)
        except OSError:
            raise WebConfigError(
                f"{source}: tls_server_config client_ca_file: {tls.client_ca_file} holds no certificates in PEM"
            ) from None
    return context


def readable(tls: Tls, source: str) -> None:
    """Find the file that cannot be read, which OpenSSL does not name. Raises WebConfigError."""
    for key in ("cert_file", "key_file", "client_ca_file"):
        path = getattr(tls, key)
        try:
            if path:
                with open(path, "rb"):  # noqa: PTH123 - only whether it opens
                    pass
        except OSError as error:
            raise WebConfigError(
                f"{source}: tls_server_config {key}: {path} cannot be read: {error.strerror}; let the user that runs "
                "bmrepmon read it"
            ) from None
