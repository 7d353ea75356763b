"""One TOML file; an error names the file, the path and the value."""

from pathlib import Path

import pytest

from kiosk.contract.configuration import load
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.wiring import HelpButton, PinFactory

GOOD = """
[terminal]
name = "nord.room-214"
room = "Raum 2.14"
[mqtt]
host = "broker.example"
ca_file = "/etc/rundtisch/ca.crt"
certificate_file = "/etc/rundtisch/terminal.crt"
[room]
pin_factory = "mock"
[room.parts.help-button]
role = "help-button"
pin = 17
"""


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    """Everything that is the same in most rooms has a default."""
    file = tmp_path / "terminal.toml"
    file.write_text(GOOD)
    configuration = load(file)
    assert configuration.room.pin_factory is PinFactory.MOCK
    assert configuration.room.parts == {"help-button": HelpButton(pin=17, bounce_time_s=0.05)}
    assert configuration.mqtt.port == 8883
    assert configuration.mqtt.ca_file == Path("/etc/rundtisch/ca.crt")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('name = "nord.room-214"', 'name = "Nord"'), "$.terminal.name"),
        (('host = "broker.example"', 'host = "b"\nport = "8883"'), "Expected `int`, got `str` - at `$.mqtt.port`"),
        (('host = "broker.example"', 'host = "b"\nport = 70000'), "$.mqtt.port"),
        (("pin = 17", "pin = 99"), "$.room.parts.help-button.pin"),
        (("pin = 17", "pin = 17\ncolour = 1"), "unknown field `colour` - at `$.room.parts.help-button`"),
        (('pin_factory = "mock"', 'pin_factory = "guess"'), "$.room.pin_factory"),
        (('pin_factory = "mock"', 'pin_factory = "lgpio"\nbench_socket = "/run/b"'), "$.room.bench_socket"),
        (("[mqtt]", "[display]\ndim_after_s = 900\n[mqtt]"), "$.display.dim_after_s"),
        (("[mqtt]", "[display]\ndarkest_pct = 60\nbrightest_pct = 40\n[mqtt]"), "$.display.darkest_pct"),
        (("[mqtt]", "[display]\ndark_room_lux = 900\n[mqtt]"), "$.display.dark_room_lux"),
        (
            ("[mqtt]", '[display]\ndaytimes = [{ at = "7:00", brightness_pct = 50 }]\n[mqtt]'),
            "$.display.daytimes[0].at",
        ),
        (("[mqtt]", "[mqtt"), "line"),
        (("[mqtt]", "[mqqt]"), "unknown field `mqqt`"),
    ],
)
def test_bad_values_are_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    """File and path stand in the error, so that nobody has to search."""
    file = tmp_path / "terminal.toml"
    file.write_text(GOOD.replace(*change))
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert str(file) in caught.value.detail
    assert message in caught.value.detail


def test_missing_file_is_named(tmp_path: Path) -> None:
    """No file is an error like any other."""
    with pytest.raises(ConfigurationError, match="No such file"):
        load(tmp_path / "none.toml")


def test_the_mark_of_an_editor_on_windows_is_no_fault(tmp_path: Path) -> None:
    """Who opens and saves the file there adds a byte order mark that nobody sees."""
    file = tmp_path / "terminal.toml"
    file.write_text(GOOD, encoding="utf-8-sig")
    assert load(file) == load(_saved(tmp_path / "plain.toml", GOOD))


def _saved(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file
