"""Messages that only a partner's page and the room's agent can open: ECDH on P-256, HKDF-SHA-256, AES-256-GCM.

The same in the page with WebCrypto. Broker and desk server carry the boxes and see neither names nor addresses.
"""

import base64
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.contract import codec
from kiosk.contract.errors import SealError

_CURVE = ec.SECP256R1()
_NONCE_BYTES = 12
_INFO = b"rundtisch/v1/"


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _to_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_secret() -> str:
    """A fresh private key as base64url, 32 bytes."""
    return _to_text(ec.generate_private_key(_CURVE).private_numbers().private_value.to_bytes(32, "big"))


def public_of(secret: str) -> str:
    """The public half: an uncompressed point, 65 bytes as base64url without padding."""
    return _to_text(_private(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _private(secret: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_to_bytes(secret), "big"), _CURVE)


class Seal:
    """The common key of a room and one partner's page for one visit.

    The call id is bound into the key, and who wrote a box into its authentication, so that a box can be moved neither
    to another visit nor back to its writer.
    """

    def __init__(self, secret: str, far_public: str, call: str, *, is_room: bool) -> None:
        """Raises SealError when `far_public` is no point on the curve."""
        try:
            far = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _to_bytes(far_public))
        except ValueError:
            raise SealError("the public key is no point on P-256") from None
        shared = _private(secret).exchange(ec.ECDH(), far)
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO + call.encode()).derive(shared)
        self._cipher = AESGCM(key)
        self._mine, self._theirs = (b"room", b"partner") if is_room else (b"partner", b"room")

    def close(self, message: object) -> str:
        """`message` as a box, base64url."""
        nonce = os.urandom(_NONCE_BYTES)
        return _to_text(nonce + self._cipher.encrypt(nonce, codec.encode(message), self._mine))

    def open(self, box: str, kind: Any, source: str) -> Any:
        """The message of type `kind` inside.

        Raises:
            SealError: made with another key, for another visit, or changed on the way.
            MalformedError: opened, but its content is not a `kind`; `source` is named.
        """
        try:
            data = _to_bytes(box)
            plain = self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], self._theirs)
        except (InvalidTag, ValueError):
            raise SealError(f"{source}: a sealed message does not open") from None
        return codec.decode(plain, kind, source)
