"""A whole installation as one folder: authority, broker, desk servers, terminals, central services.

The demo's and the tests' installations are made here as a real one is; only where the parts will live differs.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract import topics
from kiosk.contract.configuration import Button, Configuration, Links, Mqtt, Output, PinFactory, Room, Terminal
from kiosk.contract.errors import ConfigurationError
from kiosk.runtime import invitation
from provisioning import broker, toml
from provisioning.authority import Authority, write_private
from provisioning.central.configuration import Central

ON_ITS_MACHINE = Path("/etc/rundtisch")
"""Where the folder of a terminal, desk server or of the central services is copied to."""
BROKER_ON_ITS_MACHINE = Path("/etc/mosquitto/rundtisch")
MQTT_KEY = "mqtt-key"
_COMMENT = "Made by `provision installation new`; change what you like, then restart the unit."


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the installation shall have."""

    terminals: tuple[str, ...]
    """`{site}.{room}` each."""
    hosts: tuple[str, ...]
    """Names and addresses of the broker; clients use the first."""
    broker_port: int = 8883
    desk_servers: tuple[str, ...] = ("desk-1",)
    desk_host: str = "127.0.0.1"
    desk_port: int = 8443
    page: str = "https://desk.example.org"
    """Address of the desk server as partners reach it."""
    media_servers: tuple[str, ...] = ()
    """`wss://` addresses of the media servers, to which partners' pages may then connect."""
    is_miniature: bool = False
    """All parts stay in the folder and run on this machine, as the user who starts them."""


@dataclass(frozen=True)
class Installation:
    """Where the parts of an installation are."""

    directory: Path

    @property
    def authority(self) -> Authority:
        return Authority(self.directory / "authority")

    @property
    def broker_file(self) -> Path:
        return self.directory / "broker" / "mosquitto.conf"

    @property
    def central_file(self) -> Path:
        return self.directory / "central" / "central.toml"

    def terminal_file(self, name: str) -> Path:
        return self.directory / "terminals" / name / "terminal.toml"

    def desk_file(self, name: str) -> Path:
        return self.directory / "desk-servers" / name / "desk.toml"

    @staticmethod
    def credentials(file: Path) -> Path:
        """The folder of keys that belongs to one of the files above, for `$CREDENTIALS_DIRECTORY`."""
        return file.parent / "credentials"


def create(directory: Path, plan: Plan) -> Installation:
    """Makes the folder; nothing is started.

    Raises:
        ConfigurationError: the folder is not empty, or the plan names a terminal or desk server that cannot be.
    """
    _check(directory, plan)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    installation = Installation(directory.resolve())
    authority = Authority.create(installation.authority.directory)
    broker.write(
        installation.broker_file.parent,
        authority,
        hosts=plan.hosts,
        port=plan.broker_port,
        address=plan.hosts[0] if plan.is_miniature else "",
        desk_servers=plan.desk_servers,
        place=None if plan.is_miniature else BROKER_ON_ITS_MACHINE,
    )
    desk_keys = invitation.new_key() + b"\n"
    for name in plan.terminals:
        file = installation.terminal_file(name)
        toml.write(file, _terminal(name, _client(installation, plan, name, file)), _COMMENT)
    for name in plan.desk_servers:
        file = installation.desk_file(name)
        mqtt = _client(installation, plan, name, file)
        write_private(installation.credentials(file) / invitation.KEY_CREDENTIAL, desk_keys)
        listen = {"host": plan.desk_host, "port": plan.desk_port}
        toml.write(file, {"media_servers": list(plan.media_servers), "listen": listen, "mqtt": mqtt}, _COMMENT)
    file = installation.central_file
    mqtt = _client(installation, plan, broker.CENTRAL, file)
    write_private(installation.credentials(file) / invitation.KEY_CREDENTIAL, desk_keys)
    central = Central(mqtt=mqtt, directory_file=Path("directory.toml"), page=plan.page)
    toml.write(file, central, _COMMENT)
    return installation


def next_steps(installation: Installation, plan: Plan) -> tuple[str, ...]:
    """What to do with the folder now, for a reader."""
    if plan.is_miniature:
        return (f"broker: mosquitto -c {installation.broker_file}",)
    return (
        f"keep {installation.authority.directory} to yourself: who has its key can let anybody in",
        f"broker: copy broker/ to {BROKER_ON_ITS_MACHINE}, give it to mosquitto (chown -R), and let mosquitto.service",
        f"  run mosquitto -c {BROKER_ON_ITS_MACHINE}/mosquitto.conf (systemd/mosquitto.service.d does)",
        f"terminals, desk servers, central: copy each folder to {ON_ITS_MACHINE} of its machine, owned by root",
        "central: write central/directory.toml, then `provision directory push` it",
    )


def _check(directory: Path, plan: Plan) -> None:
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigurationError(f"{directory}: is there already; an installation needs an empty folder")
    for name in plan.terminals:
        if not topics.is_terminal(name):
            raise ConfigurationError(f"{name!r} is no terminal: site.room, each 1 to 32 of a-z, 0-9 and -")
    for name in plan.desk_servers:
        if not topics.is_id(name) or name == broker.CENTRAL:
            raise ConfigurationError(f"{name!r} is no name for a desk server: 1 to 32 of a-z, 0-9 and -")
    if not plan.hosts:
        raise ConfigurationError("the broker needs a host name or address")


def _client(installation: Installation, plan: Plan, name: str, file: Path) -> Mqtt:
    """Certificate and key beside `file`, and what `file` says about them."""
    folder = file.parent
    installation.authority.issue(name, folder / "certificate.pem", installation.credentials(file) / MQTT_KEY)
    shutil.copyfile(installation.authority.ca_file, folder / "ca.pem")
    place = folder if plan.is_miniature else ON_ITS_MACHINE
    return Mqtt(
        host=plan.hosts[0],
        port=plan.broker_port,
        ca_file=place / "ca.pem",
        certificate_file=place / "certificate.pem",
        key_credential=MQTT_KEY,
    )


def _terminal(name: str, mqtt: Mqtt) -> Configuration:
    """As the units in systemd/ run it; rooms are wired differently, so the pins are a beginning."""
    return Configuration(
        terminal=Terminal(name=name, room=name.partition(".")[2]),
        mqtt=mqtt,
        links=Links(agent_user="rundtisch-device", ui_user="rundtisch-ui", media_user="rundtisch-media"),
        room=Room(
            pin_factory=PinFactory.LGPIO,
            sign_free=Output(pin=17),
            sign_busy=Output(pin=27),
            sign_wait=Output(pin=22),
            ceiling_light=Output(pin=23),
            help_button=Button(pin=24),
            help_lamp=Output(pin=25),
        ),
    )
