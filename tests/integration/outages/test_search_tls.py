"""A search node behind TLS: it is spoken to only with a certificate that somebody trusted has signed."""

import json
import ssl
import threading
from collections.abc import Generator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plazza import clock
from plazza.data import search

HITS = [{"_index": "products-1", "fields": {"sku": ["1"]}}]


class _Engine(BaseHTTPRequestHandler):
    """Says what OpenSearch says of itself, finds one product, and keeps who asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say({"version": {"distribution": "opensearch", "number": "3.0.0"}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.headers.get("Authorization"))  # type: ignore[attr-defined] -- the fixture's list
        self._say({"hits": {"hits": HITS}})

    def _say(self, answer: object) -> None:
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""


def _certificate(folder: Path) -> Path:
    """Write a key and a certificate that it signed itself, for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "search node")])
    at = clock.now()
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "node.pem"
    file.write_bytes(secret + certificate.public_bytes(pem))
    return file


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The node's certificate."""
    return _certificate(tmp_path)


@pytest.fixture
def asked(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[list[str | None]]:
    """A node behind TLS; who asked it for what."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Engine)
    server.asked = list[str | None]()  # type: ignore[attr-defined] -- read by the handler
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ELASTICSEARCH_URL", f"https://plazza:secret@127.0.0.1:{server.server_address[1]}")
    yield server.asked  # type: ignore[attr-defined] -- see above
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_trusted_signed_is_refused(
    asked: list[str | None], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What tells Elasticsearch from OpenSearch is told that it may trust it, so that the searching itself is what refuses.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    with pytest.raises(search.SearchDown):
        search.search("products", b"{}")

    assert asked == [], "no query and no password went there"


def test_a_trusted_node_is_asked_with_its_password(
    asked: list[str | None], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))

    assert search.hits_of(search.search("products", b"{}")) == HITS
    assert asked == ["Basic cGxhenphOnNlY3JldA=="]
