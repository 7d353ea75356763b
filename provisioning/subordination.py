"""An authority below the house's own: a request that the house signs, and the certificate that comes back.

Needed where an authority exists already. Knows files and X.509, not what they are for.
"""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.contract.errors import ConfigurationError
from provisioning.authority import Authority, write_private

REQUEST = "ca-request.pem"
_KEY = "ca-key.pem"


def request(directory: Path, name: str = "Rundtisch") -> Path:
    """A key that stays in `directory`, and beside it the request to sign; returns where that is.

    Asked again, the same key asks again.

    Raises:
        ConfigurationError: there is an authority already.
    """
    authority = Authority(directory)
    if authority.ca_file.exists():
        raise ConfigurationError(f"{authority.ca_file}: there is an authority already, it is kept")
    key_file = directory / _KEY
    if not key_file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(key_file, pem)
    wanted = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(_key(key_file), hashes.SHA256())
    )
    file = directory / REQUEST
    file.write_bytes(wanted.public_bytes(serialization.Encoding.PEM))
    return file


def adopt(directory: Path, file: Path) -> Authority:
    """Takes what the house signed: the certificate first, then those above it up to the root, all in one PEM file.

    Raises:
        ConfigurationError: it is not for our key, may not sign, is not valid now, or the chain is not whole.
    """
    key = _key(directory / _KEY)
    chain = _chain(file)
    own = chain[0]
    if own.public_key() != key.public_key():
        raise ConfigurationError(f"{file}: the first certificate is not for the key of {directory / REQUEST}")
    _check_power(file, own)
    for lower, upper in pairwise(chain):
        try:
            lower.verify_directly_issued_by(upper)
        except (ValueError, TypeError, InvalidSignature):
            who = lower.subject.rfc4514_string()
            raise ConfigurationError(f"{file}: {who} was not signed by the certificate after it") from None
    if chain[-1].issuer != chain[-1].subject:
        missing = chain[-1].issuer.rfc4514_string()
        raise ConfigurationError(f"{file}: {missing} is missing; append it: the broker needs the chain up to the root")
    authority = Authority(directory)
    authority.ca_file.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))
    return authority


def _key(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; `provision central init --csr` makes it") from None
    except (ValueError, TypeError):
        raise ConfigurationError(f"{file}: no private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigurationError(f"{file}: no key on an elliptic curve")
    return key


def _chain(file: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    except ValueError:
        raise ConfigurationError(f"{file}: no certificates in PEM") from None


def _check_power(file: Path, own: x509.Certificate) -> None:
    def said(kind: type[x509.ExtensionType]) -> object:
        try:
            return own.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    constraints, usage = said(x509.BasicConstraints), said(x509.KeyUsage)
    if not (isinstance(constraints, x509.BasicConstraints) and constraints.ca):
        raise ConfigurationError(f"{file}: this certificate may sign no others; have it signed as an authority (CA)")
    if isinstance(usage, x509.KeyUsage) and not (usage.key_cert_sign and usage.crl_sign):
        raise ConfigurationError(f"{file}: it must be allowed to sign certificates and revocation lists (key usage)")
    now = datetime.now(UTC)
    if not own.not_valid_before_utc <= now < own.not_valid_after_utc:
        valid = f"{own.not_valid_before_utc:%Y-%m-%d} to {own.not_valid_after_utc:%Y-%m-%d}"
        raise ConfigurationError(f"{file}: valid from {valid}, and not now")
