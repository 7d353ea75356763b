"""The wiring plan: every line of the configuration is on it, at the right pin, with its name in words."""

import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kiosk.contract import configuration, wiring
from kiosk.contract.pinout import PHYSICAL
from kiosk.contract.wiring import HelpButton, PinFactory, Presence, Room
from provisioning.__main__ import main
from provisioning.demo.installation import PARTS
from provisioning.wiring import rows, table

HEAD = """
[terminal]
name = "rathaus.zimmer-2"
room = "Beratung <2>"
[mqtt]
host = "broker.example"
ca_file = "/etc/rundtisch/ca.pem"
certificate_file = "/etc/rundtisch/certificate.pem"
"""
DRAWN = Path(__file__).with_name("wiring.svg")
"""As the README shows it. Drawn anew by `RUNDTISCH_DRAW=1 pytest tests/unit/provisioning/test_wiring.py`."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The room of the README."""
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    room = readme[readme.index("```toml\n[room]") + 8 :]
    made = tmp_path / "terminal.toml"
    made.write_text(HEAD + room[: room.index("```")])
    os.utime(made, (1_795_975_200, 1_795_975_200))
    return made


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_line_of_every_part_is_in_the_table() -> None:
    """One row a line, by the header's pins; lines of an expander come last, with their chip."""
    parts = {**PARTS, "far": HelpButton(pin=3, chip=2), "radar": Presence(pin=21)}
    room = Room(pin_factory=PinFactory.LGPIO, parts=parts)
    lines = table(room)
    assert len(rows(room)) == sum(len(wiring.lines(part)) for part in parts.values()) == 16
    assert [line.split()[:2] for line in lines if "shutter · is shut" in line] == [["36", "GPIO16"]]
    assert next(line for line in lines if "radar" in line).split()[:6] == [
        "40",
        "GPIO21",
        "radar",
        "presence",
        "in",
        "high",
    ]
    assert [row.part for row in rows(room)][-1] == "far"
    assert any(line.startswith("-    chip 2: 3  far") for line in lines)


def test_the_drawing_names_every_wire_and_every_pin(file: Path, tmp_path: Path) -> None:
    """BCM and physical numbers, parts, power, what is to be left free; the terminal, and what it was drawn from."""
    svg = tmp_path / "plan.svg"
    assert main(["wiring", str(file), "--svg", str(svg)]) == 0
    said = words(svg.read_text(encoding="utf-8"))
    room = configuration.load(file).room
    for row in rows(room):
        assert row.label in said
        assert f"GPIO{row.bcm}" in said
        assert str(PHYSICAL[row.bcm]) in said
    assert sorted(int(word) for word in said if re.fullmatch(r"\d+", word)) == list(range(1, 41))
    assert (said.count("GND"), said.count("3.3 V"), said.count("5 V")) == (8, 2, 2)
    assert "GPIO2  i2c: leave free, pull-up on board" in said
    assert "Wiring plan  rathaus.zimmer-2" in said
    assert any("Beratung <2>" in word for word in said)
    assert any(re.match(r"from terminal.toml of 2026-11-29 18:00 UTC, [0-9a-f]{12}$", word) for word in said)


def test_the_drawing_of_the_readme_is_the_one_that_is_made(file: Path, tmp_path: Path) -> None:
    """The same configuration makes the same sheet."""
    svg = tmp_path / "plan.svg"
    main(["wiring", str(file), "--svg", str(svg)])
    if os.environ.get("RUNDTISCH_DRAW"):
        DRAWN.write_bytes(svg.read_bytes())
    assert svg.read_text(encoding="utf-8") == DRAWN.read_text(encoding="utf-8")


def test_what_cannot_be_drawn_is_said(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration that is refused, and a place that cannot be written to."""
    assert main(["wiring", str(file), "--svg", str(tmp_path / "none" / "plan.svg")]) == 1
    file.write_text(file.read_text().replace("pin = 24", "pin = 27"))
    assert main(["wiring", str(file)]) == 1
    said = capsys.readouterr().err
    assert "plan.svg: No such file or directory" in said
    assert "line 27 is used twice" in said
