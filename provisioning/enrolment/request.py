"""A terminal's key and its request for a certificate (PKCS #10), and the code by which people recognise both.

Made on the terminal, checked by the server; knows neither network nor files.
"""

import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning.enrolment.faults import Fault, FaultError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: nothing in it looks like something else."""
_TWINS = str.maketrans("OIL", "011")
_CODE_LENGTH = 12
"""60 bits: a second key with the same code is out of reach while a code is good."""
_GROUP = 4


def new_key() -> ec.EllipticCurvePrivateKey:
    """On P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError when it is no key of ours."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("no key on an elliptic curve")
    return key


def key_hash(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo), in hexadecimal."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def public_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """Raises ValueError when it is none of ours."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("no key on an elliptic curve")
    return key


def common_name(name: x509.Name) -> str:
    """Empty where there is none, or more than one."""
    names = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def new(key: ec.EllipticCurvePrivateKey, terminal: str) -> bytes:
    """The request (DER); a terminal that does not know its name yet leaves it empty."""
    names = [x509.NameAttribute(NameOID.COMMON_NAME, terminal)] if terminal else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def check(der: bytes) -> tuple[str, ec.EllipticCurvePublicKey]:
    """The name and key of a request that was signed with that key; nothing else in it is honoured.

    Raises:
        FaultError: REQUEST_WRONG, with what is wrong.
    """
    try:
        request = x509.load_der_x509_csr(der)
        key = request.public_key()
        subject = request.subject
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise FaultError(Fault.REQUEST_WRONG, "no PKCS #10 request") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise FaultError(Fault.REQUEST_WRONG, "a key on P-256 is needed")
    try:
        is_signed = request.is_signature_valid
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        is_signed = False
    if not is_signed:
        raise FaultError(Fault.REQUEST_WRONG, "the request is not signed with its key")
    return common_name(subject), key


def code(key_hash_: str, fingerprint: str) -> str:
    """What the screen shows and staff type: `K7QF-3MZP-T2WA`.

    It stands for this key towards this authority: a server in the middle has another authority, and so the terminal
    shows a code that the true server has never seen.
    """
    digest = hashlib.sha256(f"rundtisch enrolment {key_hash_} {fingerprint}".encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    letters = [_ALPHABET[number >> (59 - 5 * place) & 31] for place in range(_CODE_LENGTH)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, _CODE_LENGTH, _GROUP))


def tidy_code(typed: str) -> str:
    """As `code` writes it, whatever case, spaces and look-alikes somebody typed."""
    plain = "".join(one for one in typed.upper().translate(_TWINS) if one in _ALPHABET)
    return "-".join(plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))
