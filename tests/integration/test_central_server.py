"""What `provision central init` makes is taken by the real programs, on a machine that its install.sh has made."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.contract import topics
from provisioning.__main__ import main
from provisioning.authority import Authority
from provisioning.release import publication
from provisioning.release.repository import Repository
from tests.fakes.appliance_probe import break_in
from tests.fakes.central_machine import CA, NAMES, PARTS, ROOT, CentralMachine, central_machine
from tests.fakes.process_list import ProcessList, secrets_below
from tests.fakes.releases import Publisher
from tests.integration.appliance_house import OUT_THERE, cable
from tests.integration.appliance_rights import CENTRAL_RIGHTS, holes

CENTRAL, DESK = NAMES


def _init(folder: Path, *more: str, address: str = "192.0.2.8") -> Path:
    house = folder / "house"
    command = ["central", "init", str(house), "--host", CENTRAL, "--address", address, "--page", f"https://{DESK}"]
    assert main([*command, *more]) == 0
    return house


def test_nftables_takes_the_rules(tmp_path: Path) -> None:
    """With and without networks of administrators."""
    for number, more in enumerate(
        ((), ("--admin-network", "10.0.0.0/8", "--admin-network", "fd00::/8"), ("--no-relay",))
    ):
        house = _init(tmp_path / str(number), *more)
        done = subprocess.run(
            ["/usr/sbin/nft", "-c", "-f", str(house / "firewall/rundtisch.nft")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_nginx_takes_the_site(tmp_path: Path) -> None:
    """As one of its sites; with and without a media server."""
    authority = Authority.create(tmp_path / "authority")
    files = tmp_path / "page.pem", tmp_path / "page-key.pem"
    authority.issue("page", *files, hosts=(DESK,))
    for number, more in enumerate(((), ("--no-media-server",))):
        house = _init(tmp_path / str(number), "--certificate", *map(str, files), *more)
        site = (house / "proxy/nginx.conf").read_text().replace("/var/log/nginx/", f"{tmp_path}/")
        (tmp_path / "site").write_text(site)
        whole = f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log off; include {tmp_path}/site; }}\n"
        (tmp_path / "nginx.conf").write_text(whole)
        done = subprocess.run(
            ["/usr/sbin/nginx", "-t", "-q", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_installer_changes_nothing_where_something_is_missing(tmp_path: Path) -> None:
    """The software, a program, the page's certificate: each is named, with what to do."""
    house = _init(tmp_path)
    root = tmp_path / "root"

    def install() -> str:
        done = subprocess.run(["sh", str(house / "install.sh"), str(root)], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        return done.stderr

    (root / "etc").mkdir(parents=True)
    assert "current/systemd: missing; the software belongs there" in install()
    (root / "opt/rundtisch/current").mkdir(parents=True)
    (root / "opt/rundtisch/current/systemd").symlink_to(ROOT / "systemd")
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    assert "there is no user mosquitto; apt-get install mosquitto nginx nftables janus coturn" in install()
    (root / "etc/passwd").write_text("mosquitto:x:101:101::/:/bin/sh\nturnserver:x:102:102::/:/bin/sh\n")
    assert "/etc/ssl/rundtisch/page.pem: missing; the certificate that partners' browsers trust" in install()
    assert sorted(one.name for one in (root / "etc").iterdir()) == ["passwd"]


def test_an_installation_that_was_cut_off_revokes_all_the_same(tmp_path: Path) -> None:
    """At whichever step: the broker's list is newer than the folder's, and without it stolen terminals come in."""
    house, root = _init(tmp_path), tmp_path / "root"
    for folder in ("etc/ssl/rundtisch", "etc/mosquitto/rundtisch", "opt/rundtisch/current", "usr/lib/sysusers.d"):
        (root / folder).mkdir(parents=True)
    (root / "opt/rundtisch/current/systemd").symlink_to(ROOT / "systemd")
    users = ("mosquitto", "turnserver", "rundtisch-enrolment", "rundtisch-releases")
    (root / "etc/passwd").write_text("".join(f"{user}:x:0:0::/:/bin/sh\n" for user in ("root", *users)))
    (root / "etc/group").write_text("".join(f"{user}:x:0:\n" for user in ("root", *users)))
    for name in ("page.pem", "page-key.pem"):
        (root / "etc/ssl/rundtisch" / name).write_text("x")
    revoked = root / "etc/mosquitto/rundtisch/revoked.crl"
    revoked.write_text("of today")
    tool = tmp_path / "bin/mv"
    tool.parent.mkdir()
    for cut in range(3):  # where a folder of the broker is moved for the first, the second time, never
        tool.write_text(_CUT.format(count=tmp_path / f"moved-{cut}", cut=cut))
        tool.chmod(0o755)
        path = f"{tool.parent}:/usr/sbin:/usr/bin:/sbin:/bin"
        command = ("sh", str(house / "install.sh"), str(root))
        done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)
        assert done.returncode in ((9, 0) if cut else (9,)), done.stderr
    assert done.returncode == 0
    assert revoked.read_text() == "of today"
    assert [one.name for one in (root / "etc/mosquitto").iterdir()] == ["rundtisch"]


_CUT = """#!/bin/sh
case $1 in */etc/mosquitto/rundtisch | */etc/mosquitto/rundtisch.new)
    echo >> "{count}"
    [ "$(wc -l < "{count}")" -le {cut} ] || [ {cut} = 2 ] || exit 9 ;;
esac
exec /bin/mv "$@"
"""


@pytest.mark.appliance
async def test_a_machine_of_the_central_side_is_made_and_found_well(tmp_path: Path) -> None:
    """By install.sh, twice; all parts by their units at their real places and ports. Without two exactly those fail."""
    house = _init(tmp_path, address=OUT_THERE)
    public = Authority.create(tmp_path / "public", name="Public")
    public.issue(DESK, tmp_path / "page.pem", tmp_path / "page-key.pem", hosts=(DESK,))
    with cable() as network, ProcessList() as processes:
        async with central_machine(house, public, network, OUT_THERE) as central:
            central.install()
            central.install()
            central.publish()
            machine = central.machine
            assert {machine.state(f"{part}.service") for part in PARTS} == {"active"}
            assert machine.run("systemctl", "--failed", "--no-legend") == ""
            _check_files(central)
            central.provision("directory", "push", "/opt/rundtisch/current/provisioning/demo/directory.toml")
            well = central.provision("central", "check", "--page-ca", CA)
            _check_revocations(central)
            _check_rollout(central, tmp_path)
            loot = break_in(machine, CENTRAL_RIGHTS, {})
            machine.run("systemctl", "stop", "kiosk-desk.service", "janus.service")
            missing = _faults(central.provision("central", "check", "--page-ca", CA))
    found = {unit: holes(unit, rights, loot[unit]) for unit, rights in CENTRAL_RIGHTS.items()}
    assert {unit: what for unit, what in found.items() if what} == {}, "a burglar gets no further than his unit"
    assert _faults(well) == {}
    assert {one["part"] for one in well["checks"]} == {"broker", "page", "enrolment", "media server", "relay"}
    assert set(missing) == {("page", "answer"), ("media server", "answer")}
    assert "the proxy answers 502" in missing["page", "answer"]
    assert processes.has("sh", "/srv/house/install.sh")
    assert processes.leaks(secrets_below(house)) == []


def _check_files(central: CentralMachine) -> None:
    """Who reads which, and what the web server shows of releases."""
    everybody = ["desk/desk.toml", "desk/certificate.pem", "central/central.toml"]
    assert central.readable("nobody") == everybody
    assert central.readable("mosquitto") == everybody
    assert central.readable("rundtisch-enrolment") == [*everybody, "enrolment/authority/ca-key.pem"]
    assert central.fetch("/releases/metadata/1.root.json").endswith("\r\n\r\n{}\n")
    for path in ("/releases../online/key", "/releases/../online/key"):
        assert "secret" not in central.fetch(path)


def _check_revocations(central: CentralMachine) -> None:
    """A stolen terminal is out when the command returns: by kiosk-revocations the broker has the list, and runs on."""
    machine = central.machine
    assert machine.state("kiosk-revocations.path") == "active"
    broker = machine.pid("mosquitto.service")
    stolen = central.enrol("rathaus.zimmer-2", "stolen")
    assert central.is_let_in(stolen)
    central.provision("central", "enrolment", "revoke", "rathaus.zimmer-2")
    assert not central.is_let_in(stolen)
    assert machine.show("kiosk-revocations.service", "Result", "ActiveState") == {
        "Result": "success",
        "ActiveState": "inactive",
    }
    lists = [
        machine.path(f"{place}/revoked.crl") for place in ("/var/lib/rundtisch-enrolment", "/etc/mosquitto/rundtisch")
    ]
    assert lists[0].read_bytes() == lists[1].read_bytes()
    assert machine.pid("mosquitto.service") == broker
    assert central.is_let_in(central.enrol("rathaus.zimmer-2", "new"))
    assert not central.is_let_in(stolen)


def _check_rollout(central: CentralMachine, folder: Path) -> None:
    """A terminal has taken a release back: by kiosk-rollout, which holds the key to that, nobody else begins it."""
    machine, publisher = central.machine, Publisher(folder / "publisher")
    publisher.release(8)
    releases = publisher.repository.directory
    shutil.copytree(releases, machine.path("/srv/releases"))
    place = "/var/lib/rundtisch-releases"
    script = f"rm -rf {place}/* && cp -a /srv/releases/* {place} && rm -rf /srv/releases"
    machine.run("sh", "-c", f"{script} && chown -R rundtisch-releases: {place}")
    terminal = central.enrol("rathaus.zimmer-3", "unlucky")
    state = {"time": datetime.now(UTC).isoformat(), "clock": "ntp", "serial": 7, "offered": 8, "cause": "no-frames"}
    central.say(terminal, topics.terminal("rathaus.zimmer-3", "state", "update"), state)
    assert machine.state("kiosk-rollout.timer") == "active"
    machine.run("systemctl", "start", "kiosk-rollout.service")
    now = publication.rollout_of(Repository(machine.path(place)))
    assert (now.serial, now.is_halted) == (8, True), machine.journal("kiosk-rollout.service")
    assert now.why == "1 of 1 terminals that tried it could not keep it: 1 × no-frames"


def _faults(answer: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(one["part"], one["check"]): one["detail"] for one in answer["checks"] if one["result"] == "fault"}
