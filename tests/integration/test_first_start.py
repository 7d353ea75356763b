"""The first start of a terminal from its card, on Debian without a network: by real apt, pip, systemctl and shred."""

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning import plan
from provisioning.authority import Authority
from provisioning.card import parts, settings
from provisioning.card.preparation import Preparation
from provisioning.card.software import Software
from provisioning.card.system import System
from provisioning.central.enrolment import configuration as enrolment_configuration
from provisioning.central.enrolment.configuration import Enrolment, Listen, Revocations
from provisioning.demo.waiting import until
from provisioning.enrolment import ticket
from tests.fakes import appliance, first_start
from tests.fakes.enrolment_house import EnrolmentHouse
from tests.fakes.first_start import SERIAL, BlankDisk
from tests.integration.appliance_house import CENTRAL, cable

pytestmark = pytest.mark.appliance

NAME = "rathaus.zimmer-2"
PLAN = """
[central]
broker = "broker.example.org"
enrolment = "https://central.example.org:8444"
[sites.rathaus]
title = "Rathaus"
contact = "Empfang, 030 4711"
staff_pin_file = "pin"
ntp = ["ntp.example.org"]
dot1x = { method = "tls", identity = "{name}", ca_file = "ca.pem", certificate_file = "ca.pem", key_file = "key.pem" }
[sites.rathaus.rooms.zimmer-2]
title = "Zimmer 2"
"""
PIN = "271828"
SCRIPT = "/boot/firmware/rundtisch/firstboot.sh"
_STARTS_ANEW = 133
"""What systemd-nspawn says of a machine that does so."""
_INSTALL_S = 60
SECRET_FOLDERS = ("network", "connections", "credentials")
UNIT = "etc/systemd/system/multi-user.target.wants/rundtisch-firstboot.service"


@pytest.fixture(scope="module")
def layers() -> str:
    return appliance.layers()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, layers: str) -> Preparation:
    """A card for a room whose switch wants a certificate, with software and packages."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "plan.toml").write_text(PLAN)
    authority = Authority.create(folder / "authority")
    (folder / "ca.pem").write_bytes(authority.ca_file.read_bytes())
    (folder / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nsecret of the switch\n")
    (folder / "root.json").write_text("{}")
    (folder / "pin").write_text(f"{PIN}\n")
    (folder / "pin").chmod(0o600)
    software = Software(first_start.make_bundle(folder, layers), folder / "root.json")
    read = plan.read(folder)
    room = read.room(NAME)
    card = ticket.new(
        server="https://central.example.org:8444",
        fingerprint=authority.fingerprint,
        token="t" * 43,
        terminal=NAME,
        now=datetime.now(UTC),
        valid_for=timedelta(days=14),
    )
    return Preparation(
        terminal=NAME,
        network=room.network,
        ticket=card,
        staff_pin=parts.staff_pin(room.staff_pin_file) if room.staff_pin_file else "",
        settings=settings.files(read, room),
        software=lambda system: software,
        packages=first_start.make_packages(folder / "packages"),
    )


@pytest.fixture
def disk(tmp_path: Path, layers: str) -> BlankDisk:
    return BlankDisk(tmp_path, layers)


async def test_a_blank_system_becomes_a_terminal_however_often_it_is_cut_off(
    disk: BlankDisk, prepared: Preparation, tmp_path: Path
) -> None:
    """Cut off at every step; then it boots, sets itself up without a server, starts anew and enrols by its ticket."""
    with cable() as network:
        async with _enrolment(tmp_path) as house:
            disk.flash(replace(prepared, ticket=house.ticket(NAME)), System.TRIXIE)
            assert disk.run("bash", SCRIPT, "prepare") == (0, "")
            _check_prepared(disk)
            for step in range(2, 7):
                _cut(disk, step)
                assert disk.path(UNIT).is_symlink(), f"after step {step}"
            disk.without_console("rundtisch-firstboot.service", "kiosk-firstboot.service")
            async with appliance.booted(disk.disk, network) as machine, asyncio.timeout(_INSTALL_S):
                assert await machine.process.wait() == _STARTS_ANEW
            _check(disk)
            async with appliance.booted(disk.disk, network) as machine:
                enrolled = machine.path("/etc/rundtisch/enrolment.toml")
                await until(enrolled.exists, 30.0, "the terminal is enrolled")
                await machine.until_state("kiosk.target")
                await machine.until_state("kiosk-firstboot.service", "inactive")
                assert f'terminal = "{NAME}"' in enrolled.read_text()
                assert machine.path("/etc/rundtisch/credentials/staff-pin").read_text() == f"{PIN}\n"
                assert "Empfang, 030 4711" in machine.path("/etc/rundtisch/out-of-service.txt").read_text()
            assert {one.terminal for one in house.valid(NAME)} == {NAME}
            assert not (disk.boot / ticket.NAME).exists()


@contextlib.asynccontextmanager
async def _enrolment(place: Path) -> AsyncIterator[EnrolmentHouse]:
    """A real enrolment server at the other end of the machine's cable."""
    authority = Authority.create(place / "authority")
    enrolment = Enrolment(
        url=f"https://{CENTRAL}:1",
        authority_directory=authority.directory,
        state_directory=place / "state",
        listen=Listen(host=CENTRAL, port=0),
        revocations=Revocations(file=place / "revoked.crl"),
    )
    enrolment_configuration.write(place / "enrolment.toml", enrolment, authority, (CENTRAL,))
    house = EnrolmentHouse(place, enrolment_configuration.load(place / "enrolment.toml"))
    with house.registry:
        async with house.serving(CENTRAL):
            yield house


def _check_prepared(disk: BlankDisk) -> None:
    key = disk.path("etc/rundtisch/network/key.pem")
    assert (b"secret of the switch" in key.read_bytes(), stat.S_IMODE(key.stat().st_mode)) == (True, 0o600)
    number = disk.path("etc/rundtisch/credentials/staff-pin")
    assert (number.read_text(), stat.S_IMODE(number.stat().st_mode)) == (f"{PIN}\n", 0o600)
    assert stat.S_IMODE(number.parent.stat().st_mode) == 0o700
    assert not [path for path in (disk.boot / "rundtisch").iterdir() if path.name.startswith(SECRET_FOLDERS)]
    assert disk.run("systemd-analyze", "verify", f"/{UNIT}") == (0, "")


def _cut(disk: BlankDisk, step: int) -> None:
    with disk.start("bash", SCRIPT, "install") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if f"[{step}/6]" in line:
                process.kill()
                break


def _check(disk: BlankDisk) -> None:
    assert disk.path("opt/rundtisch/current").readlink() == Path(f"versions/{SERIAL}")
    python = "/opt/rundtisch/current/.venv/bin/python"
    assert disk.run(python, "-c", "import provisioning.enrolment.ticket") == (0, "")
    assert disk.run("systemctl", "is-enabled", "kiosk.target", "kiosk-firstboot.service")[0] == 0
    assert disk.run("systemctl", "is-enabled", "getty@tty1.service")[1].strip() == "masked"
    assert disk.run("dpkg-query", "-W", "-f", "${Status}", "cage")[1] == "install ok installed"
    assert "NTP=ntp.example.org" in disk.path("etc/systemd/timesyncd.conf.d/60-rundtisch.conf").read_text()
    assert disk.path("etc/rundtisch/terminal.toml").exists()
    assert disk.path("etc/cloud/cloud-init.disabled").exists()
    assert not disk.path(UNIT).is_symlink()
    assert not (disk.boot / "rundtisch").exists()
    assert "802.1x" not in (disk.boot / "network-config").read_text()


def test_bookworm_gets_its_name_and_its_network_before_the_usual_start(disk: BlankDisk, prepared: Preparation) -> None:
    """And its own line to the kernel back, by which it starts as usual from then on."""
    disk.flash(prepared, System.BOOKWORM)
    assert "systemd.run=" in (disk.boot / "cmdline.txt").read_text()
    code, said = disk.run("bash", "/boot/firmware/firstrun.sh")
    assert code == 0, said
    assert disk.path("etc/hostname").read_text() == "rathaus-zimmer-2\n"
    assert disk.path("etc/localtime").readlink() == Path("/usr/share/zoneinfo/Europe/Berlin")
    connection = disk.path("etc/NetworkManager/system-connections/rundtisch.nmconnection")
    assert ("802-1x" in connection.read_text(), stat.S_IMODE(connection.stat().st_mode)) == (True, 0o600)
    assert disk.path("etc/rundtisch/network/key.pem").exists()
    assert disk.path(UNIT).is_symlink()
    assert disk.path("etc/systemd/system/userconfig.service").readlink() == Path("/dev/null")
    words = (disk.boot / "cmdline.txt").read_text().split()
    assert not [word for word in words if word.startswith("systemd.")]
    assert "root=x" in words
    left = {path.name for path in disk.boot.iterdir()} | {path.name for path in (disk.boot / "rundtisch").iterdir()}
    assert left & {"firstrun.sh", *SECRET_FOLDERS} == set()


def test_secrets_that_were_half_overwritten_are_not_taken_again(disk: BlankDisk, prepared: Preparation) -> None:
    """The power goes while the card's copy is being destroyed: the terminal keeps what it took, the rest goes."""
    disk.flash(prepared, System.TRIXIE)
    assert disk.run("bash", SCRIPT, "prepare") == (0, "")
    half = disk.boot / "rundtisch/credentials.old"
    half.mkdir()
    (half / "staff-pin").write_bytes(b"\x93\x07")
    (disk.boot / "rundtisch/network.old").mkdir()
    assert disk.run("bash", SCRIPT, "prepare") == (0, "")
    _check_prepared(disk)


def test_a_card_that_is_worn_is_named(disk: BlankDisk, prepared: Preparation) -> None:
    """Before anything is installed from it; and the unit tries again when it was written anew."""
    disk.flash(prepared, System.TRIXIE)
    disk.run("bash", SCRIPT, "prepare")
    file = disk.boot / "rundtisch/bundle.tar"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"x")
    code, said = disk.run("bash", SCRIPT, "install")
    assert code == 1
    assert "bundle.tar: FAILED" in said
    assert "write the card anew" in said
    assert not disk.path("opt/rundtisch").exists()
    assert disk.path(UNIT).is_symlink()


def test_without_packages_or_software_it_says_what_is_missing(disk: BlankDisk, prepared: Preparation) -> None:
    """No package server, and nothing on the card."""
    disk.flash(replace(prepared, packages=()), System.TRIXIE)
    disk.run("bash", SCRIPT, "prepare")
    code, said = disk.run("bash", SCRIPT, "install")
    assert (code, "no package server? Check the network, or flash --packages" in said) == (1, True), said
    disk.flash(replace(prepared, software=None), System.TRIXIE)
    code, said = disk.run("bash", SCRIPT, "install")
    assert (code, "there is no software on the card (flash --releases)" in said) == (1, True), said
