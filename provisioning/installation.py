"""A whole installation as one folder: authority, broker, desk servers, terminals, central services.

The demo's and the tests' installations are made here as a real one is; only where the parts will live differs.
"""

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract import topics
from kiosk.contract.configuration import Configuration, Display, Links, Mqtt, SelfTest, Terminal
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.wiring import DoorSign, HelpButton, HelpLamp, Light, PinFactory, Room
from kiosk.runtime import invitation
from provisioning import broker, toml
from provisioning.authority import Authority, write_private
from provisioning.central.configuration import Central
from provisioning.central.enrolment import configuration

ON_ITS_MACHINE = Path("/etc/rundtisch")
"""Where a terminal's folder is copied to."""
DESK_ON_ITS_MACHINE = ON_ITS_MACHINE / "desk"
CENTRAL_ON_ITS_MACHINE = ON_ITS_MACHINE / "central"
ENROLMENT_ON_ITS_MACHINE = ON_ITS_MACHINE / "enrolment"
"""With the authority beside its file."""
BROKER_ON_ITS_MACHINE = Path("/etc/mosquitto/rundtisch")
MQTT_KEY = "mqtt-key"
STAFF_PIN = "staff-pin"
_PIN_DIGITS = 6
_COMMENT = "Made by `provision central init`; change what you like, then restart the unit."


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

    @property
    def enrolment_file(self) -> Path:
        return self.directory / "enrolment" / "enrolment.toml"

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
        ConfigurationError: the folder is not empty (but for an authority below the house's own, see
            `subordination`), or the plan names a terminal or desk server that cannot be.
    """
    check(directory, plan)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    installation = Installation(directory.resolve())
    authority = installation.authority
    if not authority.ca_file.exists():
        authority = Authority.create(authority.directory)
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
        mqtt = _client(installation, plan, name, file, ON_ITS_MACHINE)
        toml.write(file, _terminal(plan, name, mqtt), _COMMENT)
        write_private(
            installation.credentials(file) / STAFF_PIN,
            f"{secrets.randbelow(10**_PIN_DIGITS):0{_PIN_DIGITS}}\n".encode(),
        )
    for name in plan.desk_servers:
        file = installation.desk_file(name)
        mqtt = _client(installation, plan, name, file, DESK_ON_ITS_MACHINE)
        write_private(installation.credentials(file) / invitation.KEY_CREDENTIAL, desk_keys)
        listen = {"host": plan.desk_host, "port": plan.desk_port}
        toml.write(file, {"media_servers": list(plan.media_servers), "listen": listen, "mqtt": mqtt}, _COMMENT)
    file = installation.central_file
    mqtt = _client(installation, plan, broker.CENTRAL, file, Path())
    write_private(installation.credentials(file) / invitation.KEY_CREDENTIAL, desk_keys)
    central = Central(mqtt=mqtt, directory_file=Path("directory.toml"), page=plan.page)
    toml.write(file, central, _COMMENT)
    _enrolment(installation, plan)
    return installation


def in_url(host: str) -> str:
    """A name or address as it stands in a web address."""
    return f"[{host}]" if ":" in host else host


def check(directory: Path, plan: Plan) -> None:
    """Raises ConfigurationError, as `create` would."""
    if directory.exists() and (not directory.is_dir() or _is_used(directory)):
        raise ConfigurationError(f"{directory}: is there already; an installation needs an empty folder")
    for name in plan.terminals:
        if not topics.is_terminal(name):
            raise ConfigurationError(f"{name!r} is no terminal: site.room, each 1 to 32 of a-z, 0-9 and -")
    for name in plan.desk_servers:
        if not topics.is_id(name) or name == broker.CENTRAL:
            raise ConfigurationError(f"{name!r} is no name for a desk server: 1 to 32 of a-z, 0-9 and -")
    if not plan.hosts:
        raise ConfigurationError("the broker needs a host name or address")


def _is_used(directory: Path) -> bool:
    names = {one.name for one in directory.iterdir()}
    return bool(names) and not (names == {"authority"} and not (directory / "authority" / "issued").exists())


def _client(installation: Installation, plan: Plan, name: str, file: Path, place: Path) -> Mqtt:
    """Certificate and key beside `file`, and what `file` says about them; it will be in the folder `place`."""
    folder = file.parent
    installation.authority.issue(name, folder / "certificate.pem", installation.credentials(file) / MQTT_KEY)
    shutil.copyfile(installation.authority.ca_file, folder / "ca.pem")
    place = folder if plan.is_miniature else place
    return Mqtt(
        host=plan.hosts[0],
        port=plan.broker_port,
        ca_file=place / "ca.pem",
        certificate_file=place / "certificate.pem",
        key_credential=MQTT_KEY,
    )


def _enrolment(installation: Installation, plan: Plan) -> None:
    """The server that lets terminals in; as `central` it can throw out of the broker who is there."""
    file = installation.enrolment_file
    mqtt = _client(installation, plan, broker.CENTRAL, file, Path())
    # Elsewhere kiosk-revocations.path brings the list to the broker, which the server cannot and need not reach.
    list_file = (installation.broker_file.parent if plan.is_miniature else configuration.STATE) / broker.REVOKED
    settings = configuration.Enrolment(
        url=f"https://{in_url(plan.hosts[0])}:{configuration.PORT}",
        authority_directory=Path("../authority" if plan.is_miniature else "authority"),
        state_directory=Path("state") if plan.is_miniature else configuration.STATE,
        listen=configuration.Listen(host=plan.hosts[0] if plan.is_miniature else ""),
        revocations=configuration.Revocations(file=list_file, mqtt=mqtt),
    )
    configuration.write(file, settings, installation.authority, plan.hosts)


def _terminal(plan: Plan, name: str, mqtt: Mqtt) -> Configuration:
    """As the units in systemd/ run it; rooms are wired differently, so the pins are a beginning."""
    return Configuration(
        terminal=Terminal(name=name, room=name.partition(".")[2]),
        mqtt=mqtt,
        links=Links(agent_user="rundtisch-device", ui_user="rundtisch-ui", media_user="rundtisch-media"),
        room=Room(
            pin_factory=PinFactory.LGPIO,
            parts={
                "door-sign": DoorSign(lamps={"free": 17, "busy": 27, "wait": 22}),
                "ceiling-light": Light(pin=23),
                "help-button": HelpButton(pin=24),
                "help-lamp": HelpLamp(pin=25),
            },
        ),
        # A miniature lives on a machine that is used for something else: its screens are left alone.
        display=Display(rungs=()) if plan.is_miniature else Display(),
        # Nor does it open its camera by itself.
        self_test=SelfTest(is_on=not plan.is_miniature),
    )
