"""What cannot be on the wires is refused before anything is switched: with the place in the file and the remedy."""

import tomllib
from pathlib import Path

import pytest

from kiosk.contract import wiring
from kiosk.contract.configuration import load
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.pinout import HEADER, PHYSICAL
from provisioning.demo.installation import PARTS

HEAD = """
[terminal]
name = "nord.r1"
room = "Raum 1"
[mqtt]
host = "broker.example"
ca_file = "/ca"
certificate_file = "/c"
[room]
pin_factory = "lgpio"
"""
SERVO = 'role = "shutter"\ndrive = "servo"\npin = 12\nis_open_pin = 5\nis_shut_pin = 6\n'
MOTOR = 'role = "shutter"\ndrive = "motor"\nopen_pin = 12\nshut_pin = 13\nis_open_pin = 5\nis_shut_pin = 6\n'


def part(name: str, text: str) -> str:
    return f"[room.parts.{name}]\n{text}\n"


LIGHT = part("light", 'role = "light"\npin = 23\n')


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "terminal.toml"
    file.write_text(HEAD + text)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert str(file) in caught.value.detail
    return caught.value.detail


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            LIGHT + part("led", 'role = "privacy-led"\npin = 23'),
            "used twice; wire it elsewhere - at `$.room.parts.light",
        ),
        (
            part("x", 'role = "light"\npin = 1'),
            "line 1 is needed for eeprom; wire it to a free line - at `$.room.parts.x",
        ),
        ('in_use = ["i2c"]\n' + part("x", 'role = "key"\nkey = "ok"\npin = 2'), 'take "i2c" out of $.room.in_use'),
        ('in_use = ["uart"]\n' + part("x", 'role = "key"\nkey = "ok"\npin = 15'), "line 15 is needed for uart"),
        ('in_use = ["spi"]\n' + part("x", 'role = "door-sign"\nlamps = { busy = 8 }'), "$.room.parts.x.lamps.busy"),
        ('in_use = ["fm-radio"]\n', "$.room.in_use[0]"),
        (part("s", MOTOR.replace("is_shut_pin = 6", "")), "wire an end switch - at `$.room.parts.s.is_shut_pin`"),
        (part("s", SERVO.replace("is_open_pin = 5", "")), "wire an end switch - at `$.room.parts.s.is_open_pin`"),
        (part("s", MOTOR.replace("shut_pin = 13", "", 1)), "name its line - at `$.room.parts.s.shut_pin`"),
        (part("s", SERVO + "open_pin = 20"), "a servo has no open_pin; take it out"),
        (part("x", 'role = "light"\npin = 3\nchip = 2\nis_dimmed = true'), "too slow for pulses"),
        (part("x", 'role = "light"\npin = 28'), "$.room.parts.x.pin"),
        (part("x", 'role = "light"\npin = 20\nis_dimmed = true\nfrequency_hz = 9000'), "$.room.parts.x.frequency_hz"),
        (part("x", 'role = "lamp"\npin = 20'), "Invalid value 'lamp' - at `$.room.parts.x.role`"),
        (part("x", "pin = 20"), "Object missing required field `role` - at `$.room.parts.x`"),
        (part("x", 'role = "door-button"\npin = 20\nopener = "door"'), "no door opener 'door'"),
        (part("x", 'role = "door-sign"\nlamps = { a = 20 }\nshows = { free = { lamps = ["b"] } }'), "no lamp 'b'"),
        (LIGHT + '[room.rules.session]\nlight = "disco"', "light has no word 'disco'; one of off, welcome, talk"),
        (LIGHT + '[room.rules.session]\nfountain = "on"', "no role and no part 'fountain' with rules"),
        (LIGHT + '[room.rules.party]\nlight = "talk"', "'party'"),
        (part("b", 'role = "start-button"\npin = 20') + '[room.rules.idle]\nb = "on"', "no role and no part 'b'"),
        ('bench_socket = "/run/b"\n', "take it out - at `$.room.bench_socket`"),
        ("sign_free = { pin = 17 }\n", "[room.parts.door-sign]"),
        ("sign_free = { pin = 17 }\n", "at `$.room.sign_free`"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    """One sentence that says what to change, and where."""
    assert says in refused(tmp_path, text)


def test_the_same_number_on_another_chip_is_another_line(tmp_path: Path) -> None:
    """An expander that the kernel drives has lines of its own, which no function of the header needs."""
    file = tmp_path / "terminal.toml"
    file.write_text(HEAD + LIGHT + part("led", 'role = "help-lamp"\npin = 23\nchip = 2') + part("x", SERVO))
    room = load(file).room
    assert room.parts["led"].chip == 2


def test_own_scenes_are_words(tmp_path: Path) -> None:
    """Of the light, and of the role."""
    file = tmp_path / "terminal.toml"
    scenes = part("light", 'role = "light"\npin = 23\nis_dimmed = true\nscenes = { film = 10, talk = 80 }')
    file.write_text(HEAD + scenes + '[room.rules.session]\nlight = "film"\n[room.rules.ended]\nlight = "off"')
    assert wiring.role(load(file).room.parts["light"]) == "light"


def test_every_line_of_the_header_has_one_place() -> None:
    """28 lines, 12 pins for power and ground, as printed on every Pi since the B+."""
    assert sorted(HEADER) == list(range(1, 41))
    assert sorted(PHYSICAL) == list(range(28))
    assert (PHYSICAL[17], PHYSICAL[18], PHYSICAL[21], PHYSICAL[0]) == (11, 12, 40, 27)


def test_the_readme_shows_a_room_that_is_accepted(tmp_path: Path) -> None:
    """Its example is read by the same code."""
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    example = readme[readme.index("```toml\n[room]") + 8 :]
    file = tmp_path / "terminal.toml"
    file.write_text(HEAD.partition("[room]")[0] + example[: example.index("```")])
    assert len(load(file).room.parts) > 8
    assert tomllib.loads(file.read_text())["room"]["pin_factory"] == "lgpio"


def test_every_part_of_the_demo_has_its_lines() -> None:
    """None is used twice."""
    pins = [pin for one in PARTS.values() for pin in wiring.lines(one).values()]
    assert len(pins) == len(set(pins)) == 14
