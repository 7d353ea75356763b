"""What a terminal is known by."""

from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.authority import Authority
from provisioning.enrolment import identity, request
from provisioning.enrolment.faults import Fault, FaultError


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority"))


def test_it_is_renewed_after_two_thirds_of_its_life(authority: Authority) -> None:
    """90 days: a month is left for whatever is in the way."""
    key = request.new_key()
    certificate = authority.sign(key.public_key(), "nord.r1", valid_days=90)
    joined = identity.join(key, [certificate], "nord.r1", authority.certificate)
    assert timedelta(days=29) < joined.expires_at - joined.due_at < timedelta(days=31)
    assert identity.read(joined.pem).pem == joined.pem
    assert "PRIVATE" not in repr(joined)


def test_an_answer_that_is_not_ours_is_refused(authority: Authority, tmp_path: Path) -> None:
    """Another key, another name, no terminal's name, another authority, nothing at all."""
    key, other = request.new_key(), request.new_key()
    stranger = Authority.create(tmp_path / "other")
    ours = authority.sign(key.public_key(), "nord.r1")
    for answer, name in (
        ([authority.sign(other.public_key(), "nord.r1")], "nord.r1"),
        ([ours], "nord.r2"),
        ([authority.sign(key.public_key(), "central")], ""),
        ([stranger.sign(key.public_key(), "nord.r1")], "nord.r1"),
        ([], "nord.r1"),
    ):
        with pytest.raises(FaultError) as caught:
            identity.join(key, answer, name, authority.certificate)
        assert caught.value.fault is Fault.ANSWER_WRONG
    assert identity.join(key, [ours], "", authority.certificate).terminal == "nord.r1"


def test_a_key_with_anothers_certificate_is_no_identity(authority: Authority) -> None:
    """A half-written or mixed-up file is known as such."""
    key, other = request.new_key(), request.new_key()
    mixed = identity.Identity(key, authority.sign(other.public_key(), "nord.r1")).pem
    for pem in (mixed, request.key_pem(key), b"", mixed[:100]):
        with pytest.raises(ValueError):
            identity.read(pem)
