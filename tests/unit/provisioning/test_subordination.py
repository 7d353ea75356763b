"""An authority below the house's own: what comes back signed is taken when it can serve, and told when it cannot."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.contract.errors import ConfigurationError
from provisioning import subordination
from tests.fakes.house_authority import HouseAuthority


def test_what_the_house_signed_serves_as_authority(tmp_path: Path) -> None:
    """It issues certificates whose chain ends at the house; the request asks for exactly that."""
    house, folder = HouseAuthority(), tmp_path / "authority"
    request = subordination.request(folder)
    constraints = x509.load_pem_x509_csr(request.read_bytes()).extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert (folder / "ca-key.pem").stat().st_mode & 0o077 == 0
    signed = tmp_path / "signed.pem"
    signed.write_bytes(house.answer(request) + house.pem)
    authority = subordination.adopt(folder, signed)
    authority.issue("nord.r1", tmp_path / "c.pem", tmp_path / "k.pem")
    issued = x509.load_pem_x509_certificate((tmp_path / "c.pem").read_bytes())
    issued.verify_directly_issued_by(authority.certificate)
    authority.certificate.verify_directly_issued_by(house.certificate)


def test_the_same_key_asks_again(tmp_path: Path) -> None:
    """Until there is an authority."""
    first = x509.load_pem_x509_csr(subordination.request(tmp_path).read_bytes())
    again = x509.load_pem_x509_csr(subordination.request(tmp_path).read_bytes())
    assert first.public_key() == again.public_key()
    (tmp_path / "ca.pem").write_text("x")
    with pytest.raises(ConfigurationError, match="authority already"):
        subordination.request(tmp_path)


def test_what_cannot_serve_is_refused(tmp_path: Path) -> None:
    """For another key, without the right to sign, too old, or with a gap in the chain."""
    house, other = HouseAuthority(), HouseAuthority("Nachbar")
    request = subordination.request(tmp_path / "authority")
    root = house.pem
    answers = {
        house.answer(request, key=ec.generate_private_key(ec.SECP256R1())) + root: "not for the key",
        house.answer(request, is_authority=False) + root: r"have it signed as an authority",
        house.answer(request, days=-1) + root: "valid from .* and not now",
        house.answer(request): "CN=Haus is missing; append it",
        house.answer(request) + other.pem: "CN=Rundtisch was not signed by the certificate after it",
        b"nothing": "no certificates",
    }
    for content, message in answers.items():
        signed = tmp_path / "signed.pem"
        signed.write_bytes(content)
        with pytest.raises(ConfigurationError, match=message):
            subordination.adopt(tmp_path / "authority", signed)
    assert not (tmp_path / "authority" / "ca.pem").exists()
    with pytest.raises(ConfigurationError, match=r"init --csr"):
        subordination.adopt(tmp_path / "elsewhere", signed)
