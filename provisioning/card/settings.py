"""What a terminal's `/etc/rundtisch` begins with: its configuration out of the plan, and whom it trusts. No secret."""

import tempfile
import textwrap
from pathlib import Path
from typing import Any

import msgspec

from kiosk.contract import configuration
from kiosk.contract.configuration import Links, Mqtt, Terminal
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.wiring import PinFactory
from provisioning import toml
from provisioning.plan.model import Plan, Room
from provisioning.plan.source import Source

CONFIGURATION, AUTHORITY, PAGE = "terminal.toml", "ca.pem", "out-of-service.txt"
SERVER = "RUNDTISCH_ENROLMENT_SERVER"
"""As `provision enrol run` knows it."""
FOLDER = "etc/rundtisch"
_SERVER = "etc/systemd/system/kiosk-firstboot.service.d/60-enrolment-server.conf"
_PLACE = Path("/") / FOLDER
_COMMENT = "Made by `provision flash`; change what you like, then restart the units."
_INDENT = "    "
_OUT_OF_SERVICE = """\
Dieses Geraet ist zurzeit ausser Betrieb. Bitte wenden Sie sich an:
This terminal is out of service. Please ask:

{contact}
"""
_LINKS = Links(agent_user="rundtisch-device", ui_user="rundtisch-ui", media_user="rundtisch-media")


def files(plan: Plan, room: Room) -> dict[str, bytes]:
    """Path below the system's root, and content.

    Raises:
        ConfigurationError: the room's settings or the authority's certificate cannot be read, or what comes of them
            is no configuration.
    """
    authority = plan.central.ca_file
    try:
        certificate = authority.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{authority}: {error.strerror}; `provision central init` makes it") from None
    return {
        **({f"{FOLDER}/{PAGE}": page(room.contact).encode()} if room.contact else {}),
        f"{FOLDER}/{CONFIGURATION}": _configuration(plan, room).encode(),
        f"{FOLDER}/{AUTHORITY}": certificate,
        # Asked where there is no ticket.
        _SERVER: f"[Service]\nEnvironment={SERVER}={plan.central.enrolment}\n".encode(),
    }


def page(contact: str) -> str:
    """What a terminal's console shows when the terminal is out of service: `systemd/kiosk-out-of-service.service`."""
    return textwrap.indent(_OUT_OF_SERVICE.format(contact=textwrap.indent(contact.strip(), _INDENT)), _INDENT)


def _configuration(plan: Plan, room: Room) -> str:
    said = Source(room.settings).raw if room.settings else {}
    terminal = Terminal(
        name=room.name,
        room=room.title,
        time_zone=room.time_zone,
        language=room.language,
    )
    mqtt = Mqtt(
        host=plan.central.broker,
        port=plan.central.broker_port,
        ca_file=_PLACE / AUTHORITY,
        certificate_file=_PLACE / "certificate.pem",
    )
    # A room without settings has no wires; the screen works all the same.
    tree = {"room": {"pin_factory": PinFactory.LGPIO.value}} | said
    for name, section in (("links", _LINKS), ("mqtt", mqtt), ("terminal", terminal)):
        # What the plan itself knows is the plan's word, the rest of a section the settings'.
        tree[name] = {**_table(said, name), **msgspec.to_builtins(section, enc_hook=str)}
    text = f"# {_COMMENT}\n\n{toml.text(tree)}"
    _check(text, room.settings or plan.file)
    return text


def _table(said: dict[str, Any], name: str) -> dict[str, Any]:
    table = said.get(name, {})
    return table if isinstance(table, dict) else {}


def _check(text: str, source: Path) -> None:
    """As the terminal will read it; the fault is told of the file that people can change."""
    with tempfile.TemporaryDirectory(prefix="rundtisch-") as place:
        file = Path(place) / CONFIGURATION
        file.write_text(text, encoding="utf-8")
        try:
            configuration.load(file)
        except ConfigurationError as error:
            raise ConfigurationError(error.detail.replace(str(file), str(source))) from None
