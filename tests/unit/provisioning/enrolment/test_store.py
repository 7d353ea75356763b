"""Where a terminal keeps its identity, and how the running agent gets it."""

import os
import stat
import sys
from pathlib import Path

import pytest

from provisioning.authority import Authority
from provisioning.enrolment import agent, clock, identity, request, routes
from provisioning.enrolment.faults import Fault, FaultError
from provisioning.enrolment.identity import Identity
from provisioning.enrolment.places import Places
from provisioning.enrolment.store import Store


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority"))


def _identity(authority: Authority) -> Identity:
    key = request.new_key()
    return identity.join(key, [authority.sign(key.public_key(), "nord.r1")], "nord.r1", authority.certificate)


def test_what_is_stored_is_what_is_loaded(authority: Authority, tmp_path: Path) -> None:
    """Plain: one file of 0600, where the agent's unit loads it from, and a certificate to read."""
    store = Store(Places(tmp_path), is_encrypted=False)
    assert store.load() is None
    for new in (_identity(authority), _identity(authority)):
        store.save(new)
        loaded = store.load()
        assert loaded
        assert loaded.pem == new.pem
    file = store.places.plain_credential
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (new.pem, 0o600)
    assert store.places.certificate.read_bytes() == new.certificate_pem


@pytest.mark.skipif(not os.access("/var/lib/systemd", os.W_OK), reason="systemd's host key is root's")
def test_systemd_keeps_it_encrypted(authority: Authority, tmp_path: Path) -> None:
    """No plain copy stays, and the unit is told where it is; going back to plain leaves none of that."""
    places = Places(tmp_path)
    new = _identity(authority)
    Store(places, is_encrypted=False).save(new)
    Store(places).save(new)
    loaded = Store(places).load()
    assert loaded
    assert loaded.pem == new.pem
    assert not places.plain_credential.exists()
    assert f"LoadCredentialEncrypted=mqtt-key:{places.encrypted_credential}" in places.drop_in.read_text()
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and b"PRIVATE" in one.read_bytes()]
    Store(places, is_encrypted=False).save(new)
    assert not places.drop_in.exists()
    assert not places.encrypted_credential.exists()


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    """Not taken for a terminal without a certificate."""
    places = Places(tmp_path)
    places.plain_credential.parent.mkdir(parents=True)
    places.plain_credential.write_text("rubbish")
    with pytest.raises(FaultError) as caught:
        Store(places).load()
    assert caught.value.fault is Fault.DISK


def test_the_agent_is_given_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    """Even where the agent's folder holds a trap: a link that leads elsewhere is put aside, not followed."""
    places = Places(tmp_path)
    assert not agent.hand_over(places, b"identity", (sys.executable, "-c", ""))
    places.handed_over.parent.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text("theirs")
    places.handed_over.symlink_to(victim)
    assert agent.hand_over(places, b"identity", (sys.executable, "-c", ""))
    assert victim.read_text() == "theirs"
    assert not places.handed_over.is_symlink()
    assert (places.handed_over.read_bytes(), stat.S_IMODE(places.handed_over.stat().st_mode)) == (b"identity", 0o600)
    assert os.listdir(places.handed_over.parent) == ["mqtt-key"]
    assert not agent.hand_over(places, b"identity", ("/nowhere/at-all",))


def test_a_clock_before_what_has_been_is_wrong() -> None:
    """1970, and the day before the ticket was drawn."""
    ticket = clock.FLOOR.replace(year=clock.FLOOR.year + 1)
    for now in (clock.FLOOR.replace(year=1970), ticket.replace(day=ticket.day) - (ticket - clock.FLOOR) / 2):
        with pytest.raises(FaultError) as caught:
            clock.check(now, ticket)
        assert caught.value.fault is Fault.CLOCK_WRONG
        assert f"{now.year}" in caught.value.seen
    clock.check(ticket, ticket)
    clock.check(clock.FLOOR)


def test_a_machine_without_an_address_has_no_way_out(tmp_path: Path) -> None:
    """Loopback and what is within the cable lead nowhere."""
    ipv4, ipv6 = tmp_path / "route", tmp_path / "ipv6_route"
    head = "Iface\tDestination\tGateway\n"
    local = f"fe80{'0' * 28} 40 {'0' * 32} 00 {'0' * 32} 00000100 00000001 00000000 00000001     eth0\n"
    loop = f"{'0' * 31}1 80 {'0' * 32} 00 {'0' * 32} 00000000 00000002 00000000 80200001       lo\n"
    ipv4.write_text(head)
    ipv6.write_text(local + loop)
    assert not routes.lead_out(ipv4, ipv6)
    assert not routes.lead_out(tmp_path / "none", tmp_path / "none")
    ipv4.write_text(head + "eth0\t00000000\t010200C0\n")
    assert routes.lead_out(ipv4, ipv6)
    ipv4.write_text(head)
    ipv6.write_text(local + local.replace("fe80", "2001", 1))
    assert routes.lead_out(ipv4, ipv6)
