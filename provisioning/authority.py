"""The certificate authority of one installation: who has a certificate of it is let in by the broker, under its name.

Knows files and X.509, not what the names mean.
"""

import contextlib
import ipaddress
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.contract.errors import ConfigurationError

_MAX_NAME = 64
"""Longest common name in a certificate, RFC 5280 appendix A (ub-common-name)."""
_BACKDATED = timedelta(hours=1)
"""Room for clocks that are behind ours."""
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 825


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """A certificate that is no longer good, by its serial number."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified


def write_private(path: Path, data: bytes) -> None:
    """Writes `data` to a file that only its owner can read (0600), from its first moment on; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


@dataclass(frozen=True)
class Authority:
    """An authority in a folder: `ca.pem` to hand out, `ca-key.pem` to keep, `issued/` what `issue` ever signed."""

    directory: Path

    @property
    def ca_file(self) -> Path:
        """What a client or server trusts."""
        return self.directory / "ca.pem"

    @property
    def _key_file(self) -> Path:
        return self.directory / "ca-key.pem"

    @property
    def certificate(self) -> x509.Certificate:
        """Its own. Raises ConfigurationError when it cannot be read."""
        return read_certificate(self.ca_file)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate in hexadecimal: by this a blank terminal knows it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def issued(self) -> Iterator[x509.Certificate]:
        """What `issue` signed, in no order."""
        for file in self.directory.glob("issued/*.pem"):
            yield read_certificate(file)

    @classmethod
    def create(cls, directory: Path, name: str = "Rundtisch", valid_days: int = AUTHORITY_DAYS) -> "Authority":
        """A new authority in `directory`.

        Raises:
            ConfigurationError: there is one already; it is never overwritten.
        """
        authority = cls(directory)
        if authority._key_file.exists():
            raise ConfigurationError(f"{authority._key_file}: there is an authority already, it is kept")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(name)
        builder = _unsigned(subject, subject, key.public_key(), key, valid_days)
        certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(
            _key_usage(is_authority=True), critical=True
        )
        write_private(authority._key_file, _pem(key))
        authority.ca_file.write_bytes(certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return authority

    def issue(
        self,
        name: str,
        certificate_file: Path,
        key_file: Path,
        *,
        hosts: Iterable[str] = (),
        valid_days: int = CERTIFICATE_DAYS,
    ) -> None:
        """A key and a certificate for `name` (CN), which the broker takes as the user name.

        With `hosts` (DNS names, IP addresses) the certificate is good for a server there as well as for a client.
        Existing files are replaced.

        Raises:
            ConfigurationError: the authority cannot be read, or the name cannot stand in a certificate.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(key.public_key(), name, hosts=hosts, valid_days=valid_days)
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        write_private(self.directory / "issued" / f"{certificate.serial_number:x}.pem", pem)
        write_private(key_file, _pem(key))
        certificate_file.parent.mkdir(parents=True, exist_ok=True)
        certificate_file.write_bytes(pem)

    def sign(
        self,
        key: ec.EllipticCurvePublicKey,
        name: str,
        *,
        hosts: Iterable[str] = (),
        valid_days: int = CERTIFICATE_DAYS,
    ) -> x509.Certificate:
        """A certificate for somebody's own key; nothing is written.

        Raises:
            ConfigurationError: the authority cannot be read, or the name cannot stand in a certificate.
        """
        authority_key, authority_certificate = self._load()
        builder = _unsigned(_subject(name), authority_certificate.subject, key, authority_key, valid_days)
        names = [_general_name(host) for host in hosts]
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if names else [])]
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(authority_key, hashes.SHA256())

    def revocation_list(self, revocations: Iterable[Revocation], number: int) -> bytes:
        """The list (CRL, PEM) of what is no longer good; `number` grows with every list.

        It is good as long as the authority: a broker lets nobody in when its list is too old, and a house must not
        close because nobody wrote the same list again.
        """
        key, certificate = self._load()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(certificate.subject)
            .last_update(datetime.now(UTC))
            .next_update(certificate.not_valid_after_utc)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )
        for one in revocations:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at)
            if one.reason is not x509.ReasonFlags.unspecified:  # which RFC 5280 wants left out
                entry = entry.add_extension(x509.CRLReason(one.reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _load(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        try:
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        except OSError as error:
            raise ConfigurationError(
                f"{error.filename}: {error.strerror}; `provision central init` makes one"
            ) from None
        except (ValueError, TypeError):
            raise ConfigurationError(f"{self.directory}: ca.pem or ca-key.pem is no PEM file of an authority") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ConfigurationError(f"{self._key_file}: no key on an elliptic curve")
        return key, certificate


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file.

    Raises:
        ConfigurationError: it cannot be read, or is none.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise ConfigurationError(f"{path}: no certificate in PEM") from None


def _subject(name: str) -> x509.Name:
    if not 1 <= len(name) <= _MAX_NAME:
        raise ConfigurationError(f"{name!r}: a name in a certificate has 1 to {_MAX_NAME} characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _unsigned(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    valid_days: int,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=valid_days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
