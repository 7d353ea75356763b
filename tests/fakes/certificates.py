"""Certificates that `provision` would not make: of any time, for any name."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provisioning.authority import Authority
from provisioning.enrolment import request

DAY = timedelta(days=1)


def issue(
    authority: Authority, folder: Path, name: str, begin: timedelta, end: timedelta, host: str = ""
) -> tuple[Path, Path]:
    """Certificate and key of `authority`, good from `begin` to `end`, both from now; their files in `folder`."""
    signer = serialization.load_pem_private_key((authority.directory / "ca-key.pem").read_bytes(), password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = request.new_key(), datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begin)
        .not_valid_after(now + end)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if host:
        is_address = host.replace(".", "").isdigit()
        name_there = x509.IPAddress(ip_address(host)) if is_address else x509.DNSName(host)
        builder = builder.add_extension(x509.SubjectAlternativeName([name_there]), critical=False)
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "certificate.pem", folder / "mqtt-key"
    certificate = builder.sign(signer, hashes.SHA256())
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(request.key_pem(key))
    return files


def below(directory: Path) -> tuple[Authority, Authority]:
    """The house's old authority, and one of ours below it, as `provision central init --csr` takes it over."""
    root, own = Authority(directory / "root"), Authority(directory / "authority")
    keys = {one: request.new_key() for one in (root, own)}
    names = {one: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one.directory.name)]) for one in keys}
    now, pems = datetime.now(UTC), {}
    for one, key in keys.items():
        certificate = (
            x509.CertificateBuilder()
            .subject_name(names[one])
            .issuer_name(names[root])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(keys[root], hashes.SHA256())
        )
        pems[one] = certificate.public_bytes(serialization.Encoding.PEM)
        one.directory.mkdir(parents=True)
        (one.directory / "ca-key.pem").write_bytes(request.key_pem(key))
        (one.directory / "ca.pem").write_bytes(pems[one] + (pems[root] if one is own else b""))
    return root, own
