"""A machine of the central side, booted: this machine's system and programs, a folder from `provision central init`.

Needs root and a cable (`appliance_house.cable`). What it writes is in memory and gone with it.
"""

import contextlib
import json
import shutil
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from provisioning.authority import Authority
from provisioning.enrolment.places import Places
from tests.fakes import appliance
from tests.fakes.appliance import Disk, Machine

NAMES = ("central.example.org", "desk.example.org")
ROOT = Path(__file__).parents[2]
CA = "/srv/public/ca.pem"
"""Who signed the page's certificate."""
PARTS = ("nftables", "mosquitto", "nginx", "kiosk-desk", "kiosk-enrolment", "janus", "coturn")
_HOUSE, _SOFTWARE = "/srv/house", "/opt/rundtisch/current"
_IN_MEMORY = "/dev/shm"
"""Not on the disk that is the machine's lowest layer: overlays refuse to lie within themselves."""
_BROKER_PORT = 8883
_ANSWER_S = 5.0
_HELLO = b"\x10\x0f\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x02me"
"""CONNECT of MQTT 5, as `me`."""
_SAY = """
import json, sys
from pathlib import Path
from kiosk.contract.configuration import Mqtt
from provisioning.central.configuration import Central
from provisioning.central.messages import connected
host, ca, certificate, credentials, topic, message = sys.argv[1:]
mqtt = Mqtt(host=host, ca_file=Path(ca), certificate_file=Path(certificate))
with connected(Central(mqtt=mqtt, directory_file=Path(ca), credentials_directory=Path(credentials))) as broker:
    broker.publish(topic, json.loads(message))
"""
_ETC = "/etc/rundtisch"
_SECRET = (
    *("desk/desk.toml", "desk/certificate.pem", "desk/credentials/desk-key", "central/central.toml"),
    *("central/credentials/mqtt-key", "central/relay.toml", "enrolment/authority/ca-key.pem"),
)
_SETTINGS = "[Manager]\nDefaultEnvironment=PYTHONPATH={software} PYTHONDONTWRITEBYTECODE=1\n"


class CentralMachine:
    """While it is on; commands run on it as root."""

    def __init__(self, machine: Machine, address: str) -> None:
        self.machine, self.address = machine, address

    def install(self) -> None:
        """The folder's own script."""
        self.machine.run("sh", f"{_HOUSE}/install.sh", timeout_s=60)

    def provision(self, *words: str) -> dict[str, Any]:
        """What a command answers as JSON, whether it found faults or not."""
        environment = (f"PYTHONPATH={_SOFTWARE}", f"RUNDTISCH_ENROLMENT={_ETC}/enrolment/enrolment.toml")
        software = (f"{_SOFTWARE}/.venv/bin/python", "-m", "provisioning")
        more = f"RUNDTISCH_CENTRAL={_ETC}/central/central.toml"
        _, said = self.machine.attempt("env", *environment, more, *software, *words, "--json")
        answer: dict[str, Any] = json.loads(said.splitlines()[-1])
        return answer

    def readable(self, user: str) -> list[str]:
        """Which of the files that matter this user can read."""
        script = 'for file in "$@"; do ! cat "$file" || echo " $file"; done 2> /dev/null | grep "^ " || true'
        files = (f"{_ETC}/{one}" for one in _SECRET)
        said = self.machine.run("runuser", "-u", user, "--", "sh", "-c", script, "sh", *files)
        return [line.strip().removeprefix(f"{_ETC}/") for line in said.splitlines()]

    def publish(self) -> None:
        """A file as `provision release publish` leaves it; the folder as systemd makes it for the unit."""
        script = (
            "cd /var/lib && install -d -m 711 rundtisch-releases && cd rundtisch-releases && mkdir -p public/metadata"
            " && echo {} > public/metadata/1.root.json && install -d -m 700 online && echo secret > online/key"
        )
        self.machine.run("sh", "-c", script)

    def fetch(self, path: str) -> str:
        """What the page's server answers to this path as it is, asked from outside; with its head."""
        context = ssl.create_default_context(cadata=self.machine.path(CA).read_text())
        with socket.create_connection((self.address, 443), timeout=_ANSWER_S) as sock:
            with context.wrap_socket(sock, server_hostname=NAMES[1]) as opened:
                opened.sendall(f"GET {path} HTTP/1.0\r\nHost: {NAMES[1]}\r\n\r\n".encode())
                with opened.makefile("rb") as said:
                    return said.read().decode()

    def enrol(self, terminal: str, name: str) -> Places:
        """A ticket is drawn for a new machine, `name`, which enrols with it."""
        places = Places(Path("/srv", name), Path("/srv", name, "boot"))
        self.machine.run("mkdir", "-p", str(places.boot))
        self.provision("central", "enrolment", "token", "new", terminal, "--to", str(places.ticket))
        options = ("--root", str(places.root), "--boot", str(places.boot), "--once", "--keep", "plain")
        self.provision("enrol", "run", *options)
        return places

    def say(self, places: Places, topic: str, message: object) -> None:
        """What this terminal tells the broker, retained, with its own certificate."""
        files = (places.authority, places.certificate, places.plain_credential.parent)
        words = (NAMES[0], *map(str, files), topic, json.dumps(message))
        self.machine.run("env", f"PYTHONPATH={_SOFTWARE}", f"{_SOFTWARE}/.venv/bin/python", "-c", _SAY, *words)

    def is_let_in(self, places: Places) -> bool:
        """Whether the broker takes this terminal's certificate, asked from outside."""
        context = ssl.create_default_context(cadata=self.machine.path(places.authority).read_text())
        with tempfile.NamedTemporaryFile() as identity:
            identity.write(self.machine.path(places.plain_credential).read_bytes())
            identity.flush()
            context.load_cert_chain(identity.name)
        with socket.create_connection((self.address, _BROKER_PORT), timeout=_ANSWER_S) as sock:
            try:
                with context.wrap_socket(sock, server_hostname=NAMES[0]) as opened:
                    opened.sendall(_HELLO)
                    return opened.recv(1) == b"\x20"
            except ssl.SSLError:
                return False


@contextlib.asynccontextmanager
async def central_machine(house: Path, public: Authority, network: Path, address: str) -> AsyncIterator[CentralMachine]:
    """Boots a machine with the folder `house`, at `address` in `network`; nothing of it is installed yet.

    Args:
        public: signed the page's certificate, `page.pem` and `page-key.pem` beside the folder.
    """
    with tempfile.TemporaryDirectory(prefix="rt-", dir=_IN_MEMORY) as place:
        disk = Disk(Path(place), "/")
        shutil.copytree(house, disk.upper / _HOUSE.lstrip("/"))
        disk.write(CA, public.ca_file.read_bytes())
        for name in ("page.pem", "page-key.pem"):
            disk.write(f"etc/ssl/rundtisch/{name}", (house.parent / name).read_bytes())
        disk.write("etc/hosts", f"127.0.0.1 localhost\n{address} {' '.join(NAMES)}\n")
        disk.write("etc/systemd/system.conf.d/test.conf", _SETTINGS.format(software=_SOFTWARE))
        target = disk.upper / "etc/systemd/system/default.target"
        target.parent.mkdir(parents=True)
        target.symlink_to("/lib/systemd/system/basic.target")  # no more of this machine's services than are asked for
        async with appliance.booted(disk, network, f"--bind-ro={ROOT}:{_SOFTWARE}") as machine:
            yield CentralMachine(machine, address)
