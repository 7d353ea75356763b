"""The authority that a house has had for long, and below which an installation may be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class HouseAuthority:
    """The authority that a house has had for long."""

    def __init__(self, name: str = "Haus") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.sign(self.name, self.key.public_key(), is_authority=True)

    @property
    def pem(self) -> bytes:
        """Its own certificate."""
        return _pem(self.certificate)

    def answer(self, request: Path, *, is_authority: bool = True, days: int = 365, key: object = None) -> bytes:
        """What it sends back to a request: for its key or another, as an authority or not, good for so many days."""
        asked = x509.load_pem_x509_csr(request.read_bytes())
        public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else asked.public_key()
        return _pem(self.sign(asked.subject, public, is_authority=is_authority, days=days))

    def sign(self, subject: x509.Name, key: object, *, is_authority: bool, days: int = 3650) -> x509.Certificate:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1000))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
