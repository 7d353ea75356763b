"""Keys, requests and codes."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from provisioning.enrolment import request
from provisioning.enrolment.faults import Fault, FaultError


def test_a_request_is_taken_for_what_it_says() -> None:
    """Its name, which may be open, and its key."""
    key = request.new_key()
    assert request.check(request.new(key, "nord.r1")) == ("nord.r1", key.public_key())
    assert request.check(request.new(key, ""))[0] == ""


def test_a_key_survives_its_file() -> None:
    """And nothing else is taken for one."""
    key = request.new_key()
    assert request.load_key(request.key_pem(key)).public_key() == key.public_key()
    with pytest.raises(ValueError):
        request.load_key(b"")


def _signed(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nord.r1")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def _foreign_signature() -> bytes:
    """A request whose key is somebody else's: nobody may have a certificate for a key that he has not."""
    return _signed(ec.generate_private_key(ec.SECP256R1()))[:-4] + b"\0\0\0\0"


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"no request",
        bytes(4000),
        _signed(ec.generate_private_key(ec.SECP384R1())),
        _signed(rsa.generate_private_key(65537, 2048)),
        _foreign_signature(),
    ],
    ids=["empty", "text", "zeros", "other curve", "RSA", "not signed by its key"],
)
def test_anything_else_is_refused(der: bytes) -> None:
    """With a plain reason."""
    with pytest.raises(FaultError) as caught:
        request.check(der)
    assert caught.value.fault is Fault.REQUEST_WRONG


def test_a_code_stands_for_key_and_authority() -> None:
    """Another key or another authority is another code, of three times four letters that cannot be mistaken."""
    one, two = (request.key_hash(request.new_key().public_key()) for _ in range(2))
    codes = {request.code(key, authority) for key in (one, two) for authority in ("aa", "bb")}
    assert len(codes) == 4
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4, 4, 4]
        assert not set(code) & set("ILOU")
        assert request.tidy_code(code.lower().replace("-", " ")) == code
    assert request.tidy_code("oil0-1234-5678") == "0110-1234-5678"
