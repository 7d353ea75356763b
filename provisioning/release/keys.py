"""Keys that sign releases: Ed25519, one file a person, which only its owner can read, with a passphrase or without."""

import json
import re
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from kiosk.contract.errors import ConfigurationError
from provisioning.authority import write_private

PUBLIC = ".pub"
_FILE_NAME = re.compile(r"^\w[\w .-]{0,63}\Z")
_NAME = "x-rundtisch-name"
"""Where the owner's name stands in a public key; it is for messages, and proves nothing."""


def create(directory: Path, name: str, passphrase: bytes = b"") -> Path:
    """Makes `{name}.key` and `{name}.pub`; returns the former.

    Raises:
        ConfigurationError: there is one already, which is never overwritten; or the name is none for a file.
    """
    if not _FILE_NAME.match(name):
        raise ConfigurationError(f"{name!r} is no name for a key: 1 to 64 letters, digits, blanks, - and .")
    path = directory / f"{name}.key"
    if path.exists():
        raise ConfigurationError(f"{path}: is there already")
    private = Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    public = SSlibKey.from_crypto(private.public_key())
    public.unrecognized_fields[_NAME] = name
    write_private(path, pem)
    text = json.dumps({"keyid": public.keyid, **public.to_dict()}, indent=1, sort_keys=True)
    path.with_suffix(PUBLIC).write_text(text + "\n", encoding="utf-8")
    return path


def load(path: Path, passphrase: bytes = b"") -> CryptoSigner:
    """The private key of a file.

    Raises:
        ConfigurationError: cannot be read, others may read it too, it is no such key, or the passphrase is wrong.
    """
    try:
        mode, data = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    if mode & 0o077:
        raise ConfigurationError(f"{path}: others can read this key; chmod 600 it, and think about making a new one")
    try:
        private = serialization.load_pem_private_key(data, passphrase or None)
    except TypeError:
        asked = "has no passphrase" if passphrase else "needs its passphrase"
        raise ConfigurationError(f"{path}: {asked}") from None
    except ValueError:
        raise ConfigurationError(f"{path}: no private key, or another passphrase") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError(f"{path}: no Ed25519 key")
    return CryptoSigner(private)


def is_locked(path: Path) -> bool:
    """Whether the file asks for a passphrase."""
    try:
        return b"ENCRYPTED" in path.read_bytes()
    except OSError:
        return False


def load_public(path: Path) -> Key:
    """The public key of a `.pub` file.

    Raises:
        ConfigurationError: cannot be read, or is none.
    """
    try:
        data = json.loads(path.read_bytes())
        key = Key.from_dict(data.pop("keyid"), data)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(f"{path}: no public key of `provision release key`") from None
    if key.scheme != "ed25519":
        raise ConfigurationError(f"{path}: no Ed25519 key")
    return key


def name_of(key: Key) -> str:
    """The owner, as the key says; else the first letters of its id."""
    return str(key.unrecognized_fields.get(_NAME) or key.keyid[:8])
