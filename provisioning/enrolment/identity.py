"""What a terminal is known by: its key and certificate in one file, and when it is time for new ones."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.contract import renewal, topics
from provisioning.enrolment import request
from provisioning.enrolment.faults import Fault, FaultError


@dataclass(frozen=True)
class Identity:
    """A key and its certificate, which match."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def terminal(self) -> str:
        return request.common_name(self.certificate.subject)

    @property
    def expires_at(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def due_at(self) -> datetime:
        """When it is to be renewed."""
        return due(self.certificate)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def pem(self) -> bytes:
        """Key first, as OpenSSL takes it."""
        return request.key_pem(self.key) + self.certificate_pem

    def __repr__(self) -> str:
        """Without the key."""
        return f"Identity({self.terminal} until {self.expires_at.isoformat()})"


def read(pem: bytes) -> Identity:
    """Raises ValueError when it is not `Identity.pem`."""
    identity = Identity(request.load_key(pem), x509.load_pem_x509_certificate(pem))
    if request.public_key(identity.certificate) != identity.key.public_key():
        raise ValueError("the certificate is another key's")
    return identity


def join(
    key: ec.EllipticCurvePrivateKey, answer: list[x509.Certificate], terminal: str, authority: x509.Certificate
) -> Identity:
    """What came from the server, if it is what was asked for: our key, name (any, where it is empty) and authority.

    Raises:
        FaultError: ANSWER_WRONG.
    """
    for certificate in answer:
        if certificate.public_key() == key.public_key():
            break
    else:
        raise FaultError(Fault.ANSWER_WRONG, "no certificate for our key in it")
    identity = Identity(key, certificate)
    if not topics.is_terminal(identity.terminal) or terminal not in ("", identity.terminal):
        raise FaultError(Fault.ANSWER_WRONG, f"it is for {identity.terminal!r}")
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        raise FaultError(Fault.ANSWER_WRONG, "our authority did not sign it") from None
    return identity


def due(certificate: x509.Certificate) -> datetime:
    """When a certificate is to be renewed."""
    return renewal.due(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
