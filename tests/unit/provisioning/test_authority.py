"""The authority's certificates, as TLS itself judges them."""

import hashlib
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from kiosk.contract.errors import ConfigurationError
from provisioning.authority import Authority, Revocation


def _shake_hands(authority: Authority, server: Path, client: Path, host: str) -> str:
    """A TLS handshake in memory, both sides with certificate; returns the client's CN as the server sees it."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for context, folder in ((server_context, server), (client_context, client)):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_verify_locations(authority.ca_file)
        context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    server_context.verify_mode = ssl.CERT_REQUIRED
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    far = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [near, far]
    for _ in range(8):
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
    assert not waiting
    certificate = far.getpeercert()
    assert certificate is not None
    names = dict(part[0] for part in certificate["subject"])  # type: ignore[misc]
    return str(names["commonName"])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority")


def _issue(authority: Authority, name: str, folder: Path, *hosts: str) -> Path:
    authority.issue(name, folder / "certificate.pem", folder / "key.pem", hosts=hosts)
    return folder


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.99.0.1"])
def test_server_and_client_trust_each_other(authority: Authority, tmp_path: Path, host: str) -> None:
    """A terminal reaches the broker under each of its names, and the broker reads the terminal's name."""
    broker = _issue(authority, "broker", tmp_path / "broker", "localhost", "127.0.0.1", "10.99.0.1")
    terminal = _issue(authority, "nord.r1", tmp_path / "terminal")
    assert _shake_hands(authority, broker, terminal, host) == "nord.r1"


def test_a_client_cannot_play_the_server(authority: Authority, tmp_path: Path) -> None:
    """A stolen terminal's certificate opens no broker of its own."""
    client = _issue(authority, "nord.r1", tmp_path / "client")
    with pytest.raises(ssl.SSLError):
        _shake_hands(authority, client, client, "nord.r1")


def test_another_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    """A certificate with the right name from somebody else's authority is worth nothing."""
    broker = _issue(authority, "broker", tmp_path / "broker", "localhost")
    stranger = _issue(Authority.create(tmp_path / "other"), "nord.r1", tmp_path / "stranger")
    with pytest.raises(ssl.SSLError):
        _shake_hands(authority, broker, stranger, "localhost")


def test_keys_are_private(authority: Authority, tmp_path: Path) -> None:
    """Every key file is readable for its owner alone, also when it replaces another."""
    folder = _issue(authority, "central", tmp_path / "central")
    (folder / "key.pem").chmod(0o644)
    _issue(authority, "central", folder)
    for key in (folder / "key.pem", authority.directory / "ca-key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_validity_is_as_asked(authority: Authority, tmp_path: Path) -> None:
    """A short-lived certificate ends when it should."""
    authority.issue("guest", tmp_path / "c.pem", tmp_path / "k.pem", valid_days=3)
    certificate = x509.load_pem_x509_certificate((tmp_path / "c.pem").read_bytes())
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime.days == 3


def test_an_authority_is_never_overwritten(authority: Authority) -> None:
    """A second `create` in the same folder is refused: it would lock every terminal out."""
    before = authority.ca_file.read_bytes()
    with pytest.raises(ConfigurationError, match="already"):
        Authority.create(authority.directory)
    assert authority.ca_file.read_bytes() == before


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_names_a_certificate_cannot_hold_are_refused(authority: Authority, tmp_path: Path, name: str) -> None:
    """The longest common name of X.509 is 64 characters."""
    with pytest.raises(ConfigurationError, match="64"):
        _issue(authority, name, tmp_path / "x")


def test_a_missing_or_broken_authority_is_named(tmp_path: Path) -> None:
    """The error names the file and what to do."""
    with pytest.raises(ConfigurationError, match=r"ca-key\.pem.*central init"):
        _issue(Authority(tmp_path), "central", tmp_path / "x")
    (tmp_path / "ca-key.pem").write_text("no key")
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigurationError, match="PEM"):
        _issue(Authority(tmp_path), "central", tmp_path / "x")


def test_the_list_of_revocations_is_the_authoritys_and_lasts_as_long(authority: Authority) -> None:
    """Signed, numbered, with reasons; a broker whose list is too old would let nobody in."""
    at = datetime.now(UTC).replace(microsecond=0)
    pem = authority.revocation_list(
        [Revocation(serial=5, at=at), Revocation(serial=7, at=at, reason=x509.ReasonFlags.superseded)], 3
    )
    revoked = x509.load_pem_x509_crl(pem)
    assert revoked.is_signature_valid(authority.certificate.public_key())  # type: ignore[arg-type]
    assert revoked.next_update_utc == authority.certificate.not_valid_after_utc
    assert revoked.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 3
    assert {one.serial_number: one.revocation_date_utc for one in revoked} == {5: at, 7: at}
    assert revoked.get_revoked_certificate_by_serial_number(6) is None


def test_what_was_issued_is_remembered(authority: Authority, tmp_path: Path) -> None:
    """So that it can be revoked; the fingerprint is what tickets carry."""
    _issue(authority, "nord.r1", tmp_path / "r1")
    _issue(authority, "nord.r2", tmp_path / "r2")
    names = {one.subject.rfc4514_string() for one in authority.issued()}
    assert names == {"CN=nord.r1", "CN=nord.r2"}
    der = authority.certificate.public_bytes(serialization.Encoding.DER)
    assert authority.fingerprint == hashlib.sha256(der).hexdigest()
