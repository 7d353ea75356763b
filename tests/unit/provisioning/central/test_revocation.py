"""The list that tells the broker who is let in no longer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from provisioning.authority import Authority, Revocation
from provisioning.central.enrolment import revocation
from provisioning.central.enrolment.registry import Registry
from tests.fakes.enrolment_house import EnrolmentHouse, make, now


@pytest.fixture
def house(tmp_path: Path) -> Iterator[EnrolmentHouse]:
    house = make(tmp_path)
    house.authority.issue("nord.r1", tmp_path / "c1.pem", tmp_path / "k1")
    house.authority.issue("nord.r2", tmp_path / "c2.pem", tmp_path / "k2")
    with house.registry:
        house.issuance.revoke("nord.r1")
        revocation.write_list(house.enrolment, house.authority, house.registry, now())
        yield house


def _serials(house: EnrolmentHouse) -> set[int]:
    found = x509.load_pem_x509_crl(house.enrolment.revocations.file.read_bytes())
    return {one.serial_number for one in found}


def _serial(file: Path) -> int:
    return x509.load_pem_x509_certificate(file.read_bytes()).serial_number


def test_a_lost_registry_opens_nothing_again(house: EnrolmentHouse, tmp_path: Path) -> None:
    """What the old list names stays on the new one, whose number is higher."""
    with Registry(tmp_path / "new.sqlite") as empty:
        assert revocation.write_list(house.enrolment, house.authority, empty, now()) == 2
        assert not empty.lists.is_told
    assert _serials(house) == {_serial(tmp_path / "c1.pem")}


def test_a_list_of_another_authority_is_not_gone_on_with(house: EnrolmentHouse, tmp_path: Path) -> None:
    """Nor is rubbish in its place; the registry has it all."""
    stranger = Authority.create(tmp_path / "other")
    for data in (stranger.revocation_list((Revocation(serial=9, at=now()),), 70), b"rubbish"):
        house.enrolment.revocations.file.write_bytes(data)
        assert revocation.write_list(house.enrolment, house.authority, house.registry, now()) < 70
        assert _serials(house) == {_serial(tmp_path / "c1.pem")}
