"""The demo's command line: sizes, sources and lengths are checked before anything starts."""

from pathlib import Path

import pytest

from provisioning.demo import options


@pytest.mark.parametrize(
    ("text", "dpi", "is_near"),
    [("1280x800", 149, False), ("1920x1080", 141, False), ("800x480", 133, True), ("720x1280", 210, True)],
)
def test_known_panels_have_their_own_density(text: str, dpi: float, is_near: bool) -> None:
    """Millimetres on the screen are those of the panel that the size belongs to."""
    size = options.parse(["--size", text]).size
    assert (f"{size.width_px}x{size.height_px}", size.dpi, size.is_near) == (text, dpi, is_near)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--size", "big"],
        ["--size", "100x100"],
        ["--seconds", "0"],
        ["--seconds", "long"],
        ["--language", "fr"],
        ["--camera", "/dev/video99"],
        ["--camera", "holiday.mp4"],
        ["--report", "r.json"],
        ["--screenshots", "shots"],
        ["--headless", "--screenshots", "/dev/null"],
        ["--headless", "--screenshots", "/dev/null/shots"],
        ["--headless", "--report", "."],
        ["--headless", "--report", "/dev/null/r.json"],
        ["--logs", "/dev/null"],
    ],
)
def test_what_cannot_be_is_refused_at_once(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and a sentence."""
    with pytest.raises(SystemExit) as caught:
        options.parse(arguments)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_file_may_stand_in_for_the_camera(tmp_path: Path) -> None:
    """Relative to where the demo was started."""
    file = tmp_path / "person.mp4"
    file.touch()
    assert options.parse(["--camera", str(file)]).camera == str(file)
    assert options.parse(["--camera", "pattern"]).camera == "pattern"


def test_report_and_pictures_come_with_the_visitor(tmp_path: Path) -> None:
    """Their paths are absolute, since the demo may change folders."""
    said = options.parse(["--headless", "--report", "r.json", "--screenshots", "shots"])
    assert said.report is not None
    assert said.report.is_absolute()
    assert said.screenshots is not None
    assert said.screenshots.is_absolute()
