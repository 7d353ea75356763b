"""The panel by the kernel's files: which, which model, which bus; and what lies in wait there."""

from pathlib import Path

import pytest

from device.display import panel
from device.display.backlight import Backlight
from device.display.ddc import Ddc
from kiosk.contract.errors import DisplayError
from tests.fakes import screens


def test_a_connected_panel_has_a_name_and_a_bus(tmp_path: Path) -> None:
    """Maker, model, and not the serial number itself."""
    screens.connect(tmp_path)
    found = panel.find(tmp_path, "")
    assert (found.connector, found.bus) == ("HDMI-A-1", 4)
    assert found.screen.startswith("SAM0B5C-")
    assert panel.find(tmp_path, "HDMI-A-1") == found


def test_two_of_a_model_are_two_screens(tmp_path: Path) -> None:
    """By their serial numbers."""
    other = bytearray(screens.edid())
    other[12], other[127] = other[12] + 1, (other[127] - 1) % 256
    assert panel.screen_of(bytes(other)) != panel.screen_of(screens.edid())
    assert panel.screen_of(bytes(other))[:8] == panel.screen_of(screens.edid())[:8]


def test_what_is_not_connected_is_passed_over(tmp_path: Path) -> None:
    """The first that is, unless one is named."""
    (screens.connect(tmp_path, "HDMI-A-1") / "status").write_text("disconnected\n")
    screens.connect(tmp_path, "HDMI-A-2", bus=None)
    assert panel.find(tmp_path, "").connector == "HDMI-A-2"
    assert panel.find(tmp_path, "HDMI-A-1").screen == ""
    assert panel.find(tmp_path / "nothing", "") == panel.Panel()


@pytest.mark.parametrize("edid", [b"", b"\0" * 128, screens.edid()[:100], bytes([*screens.edid()[:127], 0])])
def test_no_edid_no_model(edid: bytes) -> None:
    """Short, empty, or with a sum that is not right."""
    assert panel.screen_of(edid) == ""


def test_touch_panels_are_counted(tmp_path: Path) -> None:
    """A keyboard is none, and neither is a file of nonsense."""
    screens.touch_panel(tmp_path, 0)
    screens.touch_panel(tmp_path, 1)
    screens.touch_panel(tmp_path, 2).write_text("3\n")
    screens.touch_panel(tmp_path, 3).write_text("touch\n")
    assert panel.count_touch_panels(tmp_path) == 2


@pytest.mark.parametrize(
    ("file", "text"), [("max_brightness", "0"), ("max_brightness", "much"), ("max_brightness", "")]
)
def test_a_backlight_that_lies_is_not_used(tmp_path: Path, file: str, text: str) -> None:
    """Zero steps, words, nothing."""
    (screens.backlight(tmp_path) / file).write_text(text)
    with pytest.raises(DisplayError, match=file):
        Backlight(tmp_path).probe()


def test_of_several_backlights_the_firmware_s_is_used(tmp_path: Path) -> None:
    """By the kernel's own advice."""
    screens.backlight(tmp_path, "a-raw")
    best = screens.backlight(tmp_path, "z-firmware", most=7)
    (best / "type").write_text("firmware\n")
    Backlight(tmp_path).set_brightness(100)
    Backlight(tmp_path).set_brightness(1)
    assert (best / "brightness").read_text() == "1"


@pytest.mark.parametrize(
    "answer",
    ["", "VCP D6 ERR", "VCP 10 C 50 100", "VCP D6", "VCP D6 C x y", "Display not found", "VCP D6 C 5 0"],
)
def test_a_monitor_that_mumbles_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """Whatever ddcutil prints."""
    screens.connect(tmp_path)
    program = tmp_path / "ddcutil"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", screens.first_on_path(tmp_path))
    way = Ddc(tmp_path, panel.find(tmp_path, ""))
    with pytest.raises(DisplayError):
        way.is_on()


def test_without_the_program_there_is_no_such_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the reason says which one to install."""
    screens.connect(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DisplayError, match="ddcutil is not installed"):
        Ddc(tmp_path, panel.find(tmp_path, "")).probe()
