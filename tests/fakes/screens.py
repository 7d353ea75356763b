"""Panels that are not there: trees of the kernel's files, and the programs that talk to monitors, as scripts.

Each program keeps its panel in a file and answers in the words of the real one.
"""

import json
import os
from pathlib import Path

EDID = bytes.fromhex("00ffffffffffff004c2d5c0b4d3c2b1a") + bytes(111)
"""A Samsung of model 0B5C; the last byte makes the sum right."""

_PROGRAM = """#!/usr/bin/env python3
import json, pathlib, sys
FILE = pathlib.Path({file!r})
def keep():
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(panel))
    new.replace(FILE)
panel = json.loads(FILE.read_text())
words = sys.argv[1:]
panel["calls"] = panel.get("calls", 0) + 1
keep()
if panel.get("breaks"):
    sys.exit("something went wrong")
{body}
keep()
"""

_DDCUTIL = """
code = words[3]
if words[:2] != ["--bus", "4"]:
    sys.exit("no such bus")
if words[2] == "getvcp":
    assert words[4:] == ["--brief"], words
    print("VCP D6 SNC x%02x" % (1 if panel["on"] else 4) if code == "D6" else "VCP 10 C %d 200" % (panel["pct"] * 2))
elif code == "D6":
    assert words[5:] == ["--noverify"], words
    panel["on"] = words[4] == "1"
else:
    panel["pct"] = int(words[4]) // 2
"""

_CEC_CTL = """
assert words[0] == "-d" and words[1].endswith("/dev/cec0"), words
if "--give-device-power-status" in words:
    print("    REPORT_POWER_STATUS (0x90):\\n\\tpwr-state: %s (0x00)" % ("on" if panel["on"] else "standby"))
elif "--standby" in words:
    panel["on"] = False
elif "--image-view-on" in words:
    panel["on"] = True
elif "--active-source" in words:
    assert words[-1] == "phys-addr=1.0.0.0", words
    panel["input"] = words[-1]
else:
    print("\\tPhysical Address           : 1.0.0.0")
"""

_WLR_RANDR = """
import os
assert os.environ["WAYLAND_DISPLAY"] == "wayland-0", os.environ
if "--off" in words or "--on" in words:
    assert words[:2] == ["--output", "HDMI-A-1"], words
    panel["on"] = "--on" in words
else:
    print('HDMI-A-1 "Samsung 0x0B5C (HDMI-A-1)"\\n  Enabled: %s\\n  Modes:' % ("yes" if panel["on"] else "no"))
    print("    1280x800 px, 60.000000 Hz (preferred, current)")
"""


class Program:
    """A panel behind a program."""

    def __init__(self, folder: Path, name: str, body: str) -> None:
        self._file = folder / f"{name}.json"
        self.write(on=True, pct=50)
        script = folder / name
        script.write_text(_PROGRAM.format(file=str(self._file), body=body))
        script.chmod(0o755)

    def read(self) -> dict[str, object]:
        panel: dict[str, object] = json.loads(self._file.read_text())
        return panel

    def write(self, **values: object) -> None:
        before = self.read() if self._file.exists() else {}
        new = self._file.with_suffix(".mine")
        new.write_text(json.dumps({**before, **values}))
        new.replace(self._file)


def ddcutil(folder: Path) -> Program:
    return Program(folder, "ddcutil", _DDCUTIL)


def cec_ctl(folder: Path) -> Program:
    return Program(folder, "cec-ctl", _CEC_CTL)


def wlr_randr(folder: Path) -> Program:
    return Program(folder, "wlr-randr", _WLR_RANDR)


def first_on_path(folder: Path) -> str:
    """A PATH on which the programs in `folder` are found before the real ones."""
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def edid() -> bytes:
    block = bytearray(EDID)
    return bytes([*block, -sum(block) % 256])


def connect(root: Path, connector: str = "HDMI-A-1", bus: int | None = 4) -> Path:
    """A monitor on a connector, with the I²C bus in its cable."""
    folder = root / f"sys/class/drm/card1-{connector}"
    folder.mkdir(parents=True)
    (folder / "status").write_text("connected\n")
    (folder / "edid").write_bytes(edid())
    if bus is not None:
        (root / f"sys/bus/i2c/devices/i2c-{bus}").mkdir(parents=True)
        (folder / "ddc").symlink_to(root / f"sys/bus/i2c/devices/i2c-{bus}")
        _device(root, f"i2c-{bus}")
    return folder


def backlight(root: Path, name: str = "10-0045", most: int = 255) -> Path:
    folder = root / f"sys/class/backlight/{name}"
    folder.mkdir(parents=True)
    for file, text in (("type", "raw"), ("max_brightness", str(most)), ("brightness", str(most)), ("bl_power", "0")):
        (folder / file).write_text(f"{text}\n")
    return folder


def cec_adapter(root: Path) -> None:
    _device(root, "cec0")


def touch_panel(root: Path, number: int = 0) -> Path:
    file = root / f"sys/class/input/event{number}/device/capabilities/abs"
    file.parent.mkdir(parents=True)
    file.write_text(f"{1 << 0x35 | 1 << 0x36 | 3:x}\n")
    return file


def light_sensor(root: Path, lux: float, name: str = "bh1750") -> Path:
    folder = root / "sys/bus/iio/devices/iio:device0"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "in_illuminance_scale").write_text("0.5\n")
    (folder / "in_illuminance_raw").write_text(f"{lux * 2:.0f}\n")
    return folder


def _device(root: Path, name: str) -> None:
    (root / "dev").mkdir(parents=True, exist_ok=True)
    (root / "dev" / name).touch()
