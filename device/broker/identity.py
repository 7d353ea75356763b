"""With which key and certificate this terminal comes to the broker; no other module opens either.

An enrolled terminal has both in one file, the credential, so that a renewal swaps them in one step. systemd reads
credentials only when a unit starts: a renewal puts the new one into our runtime folder as well, and sends SIGHUP.
"""

import ssl
from datetime import datetime
from pathlib import Path

from cryptography import x509

from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import ConfigurationError, Reason
from kiosk.runtime import credential

_MARK = b"-----BEGIN CERTIFICATE-----"


def tls(mqtt: Mqtt, runtime_directory: Path | None = None) -> ssl.SSLContext:
    """For a connection made now.

    Raises:
        ConfigurationError: this terminal has no key, or a file is not what it must be; only people can change that.
    """
    key_file = _newest(mqtt.key_credential, runtime_directory)
    try:
        has_both = _MARK in key_file.read_bytes()
        context = ssl.create_default_context(cafile=mqtt.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the authority may be one below another's
        context.load_cert_chain(key_file if has_both else mqtt.certificate_file, key_file)
    except OSError as error:
        detail = f"{mqtt.ca_file}, {mqtt.certificate_file} or the key: {error.strerror or error}"
        raise ConfigurationError(detail, Reason.NOT_AUTHORISED) from None
    return context


def life(mqtt: Mqtt, runtime_directory: Path | None = None) -> tuple[datetime, datetime] | None:
    """From when to when (aware) the certificate is good that is shown now; None where there is none to be read."""
    try:
        both = _newest(mqtt.key_credential, runtime_directory).read_bytes()
        pem = both if _MARK in both else mqtt.certificate_file.read_bytes()
        certificate = x509.load_pem_x509_certificate(pem[pem.index(_MARK) :])
    except (ConfigurationError, OSError, ValueError):
        return None
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _newest(name: str, runtime_directory: Path | None) -> Path:
    """What was handed over since the start of this unit goes before what the unit was started with."""
    handed_over = runtime_directory / name if runtime_directory else None
    if handed_over is None or not handed_over.is_file():
        return credential.path_of(name)
    try:
        loaded = credential.path_of(name)
    except ConfigurationError:
        return handed_over
    return max(loaded, handed_over, key=lambda file: file.stat().st_mtime_ns)
