"""A new installation: every file is readable by what it is for, and nothing is overwritten."""

import stat
import tomllib
from pathlib import Path

import pytest

from kiosk.contract import configuration
from kiosk.contract.errors import ConfigurationError
from kiosk.desk import configuration as desk_configuration
from provisioning import installation, toml
from provisioning.central import configuration as central_configuration
from provisioning.installation import Plan

PLAN = Plan(terminals=("nord.r1", "nord.r2"), hosts=("broker.example", "10.0.0.1"), broker_port=18883)


def _all_files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_the_files_of_every_part_are_there_and_can_be_read(tmp_path: Path) -> None:
    """Terminals and central read their TOML; paths are those of the machines they will be on."""
    made = installation.create(tmp_path / "house", PLAN)
    for name in PLAN.terminals:
        terminal = configuration.load(made.terminal_file(name))
        assert terminal.terminal.name == name
        assert terminal.mqtt.host == "broker.example"
        assert terminal.mqtt.ca_file == Path("/etc/rundtisch/ca.pem")
    central = central_configuration.load(made.central_file)
    assert central.mqtt.certificate_file == made.central_file.parent / "certificate.pem"  # wherever the folder is
    desk = desk_configuration.load(made.desk_file("desk-1"))
    assert desk.mqtt.certificate_file == Path("/etc/rundtisch/desk/certificate.pem")
    assert "acl_file /etc/mosquitto/rundtisch/access.acl" in made.broker_file.read_text()


def test_a_miniature_stays_where_it_is(tmp_path: Path) -> None:
    """Every path in every file is in the folder, and what is named exists."""
    house = tmp_path / "house"
    plan = Plan(terminals=("nord.r1",), hosts=("127.0.0.1",), is_miniature=True)
    made = installation.create(house, plan)
    mqtt = configuration.load(made.terminal_file("nord.r1")).mqtt
    assert mqtt.ca_file.is_relative_to(house)
    assert mqtt.certificate_file.exists()
    assert (made.credentials(made.terminal_file("nord.r1")) / mqtt.key_credential).exists()
    assert f"acl_file {house}/broker/access.acl" in made.broker_file.read_text()
    assert "listener 8883 127.0.0.1" in made.broker_file.read_text()


def test_no_key_is_readable_for_others(tmp_path: Path) -> None:
    """Neither keys nor the folder they are in."""
    made = installation.create(tmp_path / "house", PLAN)
    keys = [path for path in _all_files(made.directory) if "PRIVATE" in path.read_text() or path.name.endswith("-key")]
    assert len(keys) == 10  # authority, broker; two each: terminals, desk server, central, enrolment server
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.directory.stat().st_mode) == 0o700


def test_desk_server_and_central_share_the_key_of_the_links(tmp_path: Path) -> None:
    """What central signs the desk server believes; a terminal has no such key."""
    made = installation.create(tmp_path / "house", PLAN)
    files = {path.read_text() for path in made.directory.rglob("desk-key")}
    assert len(files) == 1
    assert len(list(made.directory.rglob("desk-key"))) == 2


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(terminals=("Raum 1",), hosts=("x",)), "'Raum 1' is no terminal"),
        (Plan(terminals=("a.b/c",), hosts=("x",)), "is no terminal"),
        (Plan(terminals=("nord.r1",), hosts=()), "host name"),
        (Plan(terminals=("nord.r1",), hosts=("x",), desk_servers=("central",)), "'central' is no name"),
        (Plan(terminals=("nord.r1",), hosts=("x",), desk_servers=("desk\nuser x",)), "is no name"),
    ],
)
def test_names_that_cannot_be_are_refused_before_anything_is_written(tmp_path: Path, plan: Plan, message: str) -> None:
    """No half installation."""
    with pytest.raises(ConfigurationError, match=message):
        installation.create(tmp_path / "house", plan)
    assert not (tmp_path / "house").exists()


def test_an_installation_is_never_made_over_another(tmp_path: Path) -> None:
    """A new authority would lock every terminal out."""
    installation.create(tmp_path / "house", PLAN)
    before = {path: path.read_bytes() for path in _all_files(tmp_path)}
    with pytest.raises(ConfigurationError, match="empty folder"):
        installation.create(tmp_path / "house", PLAN)
    assert {path: path.read_bytes() for path in _all_files(tmp_path)} == before


def test_toml_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Quotes, umlauts, lists, nested tables and odd keys survive."""
    table = {"a": 'say "hü"\\\n', "b": [1, 2.5, True], "c": {"d e": {"f": "x"}, "g-1": Path("/x")}, "none": None}
    assert tomllib.loads(toml.text(table)) == {
        "a": 'say "hü"\\\n',
        "b": [1, 2.5, True],
        "c": {"d e": {"f": "x"}, "g-1": "/x"},
    }
