"""New certificates for the central side's own machines, before the old ones end. Names and places stay."""

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from provisioning.authority import read_certificate
from provisioning.installation import MQTT_KEY, Installation


def renew(installation: Installation) -> tuple[str, ...]:
    """Writes new keys and certificates into the folder; returns for whom.

    Raises:
        ConfigurationError: a certificate or the authority cannot be read.
    """
    pairs = _pairs(installation)
    old = [read_certificate(certificate) for certificate, _ in pairs]  # all or none
    names = []
    for (certificate, key), before in zip(pairs, old, strict=True):
        name = str(before.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        installation.authority.issue(name, certificate, key, hosts=_hosts(before))
        names.append(name)
    return tuple(names)


def _pairs(installation: Installation) -> list[tuple[Path, Path]]:
    broker, enrolment = installation.broker_file.parent, installation.enrolment_file
    files = [*sorted(installation.directory.glob("desk-servers/*/desk.toml")), installation.central_file, enrolment]
    return [
        (broker / "certificate.pem", broker / "key.pem"),
        *((file.parent / "certificate.pem", installation.credentials(file) / MQTT_KEY) for file in files),
        (enrolment.parent / "server.pem", installation.credentials(enrolment) / "enrolment-key"),
    ]


def _hosts(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]
