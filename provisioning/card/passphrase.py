"""The key of a wireless network as the radio uses it, so that what people type is on no card."""

import hashlib
import string

from kiosk.contract.errors import ConfigurationError

_ROUNDS, _BYTES = 4096, 32
"""IEEE 802.11, annex J.4."""


def hashed(ssid: str, said: str) -> str:
    """64 hexadecimal digits.

    Args:
        ssid: name of the network, which is the salt.
        said: the passphrase, or its 64 digits.

    Raises:
        ConfigurationError: it can be neither; it is not said what it was.
    """
    if len(said) == 2 * _BYTES and set(said) <= set(string.hexdigits):
        return said.lower()
    if not 8 <= len(said) <= 63 or not said.isascii() or not said.isprintable():
        raise ConfigurationError(f"the password of the network {ssid!r} has to have 8 to 63 plain characters")
    return hashlib.pbkdf2_hmac("sha1", said.encode(), ssid.encode(), _ROUNDS, _BYTES).hex()
