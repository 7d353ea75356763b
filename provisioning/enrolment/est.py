"""Enrolment over Secure Transport, RFC 7030 with RFC 8951: addresses, and how requests and certificates travel.

Any EST server can take the place of ours; only `CONFIRM` is our own.
"""

import base64
import binascii
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

AUTHORITY = "/.well-known/est/cacerts"
ENROL = "/.well-known/est/simpleenroll"
RENEW = "/.well-known/est/simplereenroll"
CONFIRM = "/enrolment/v1/confirm"
"""A terminal says, with its new certificate, that the one before is not used any more."""

REQUEST_TYPE = "application/pkcs10"
ANSWER_TYPE = "application/pkcs7-mime; smime-type=certs-only"
MAX_BYTES = 65_536
"""Neither a request nor an answer is near that."""


def wrap(certificates: list[x509.Certificate]) -> bytes:
    """Certificates as PKCS #7, in base64."""
    return base64.encodebytes(pkcs7.serialize_certificates(certificates, serialization.Encoding.DER))


def unwrap(body: bytes) -> list[x509.Certificate]:
    """Raises ValueError when it is something else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of BER where DER is due: other EST servers do that
        return list(pkcs7.load_der_pkcs7_certificates(_plain(body)))


def wrap_request(der: bytes) -> bytes:
    return base64.encodebytes(der)


def unwrap_request(body: bytes) -> bytes:
    """Raises ValueError when it is no base64."""
    return _plain(body)


def _plain(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"no base64: {error}") from None
