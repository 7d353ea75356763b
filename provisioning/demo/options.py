"""What the demo can be asked for."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract.configuration import EngineChoice

LANGUAGES = ("de", "en", "ar")
_SIZE = re.compile(r"^(\d{3,4})x(\d{3,4})\Z")
_PANELS = {
    (1280, 800): (149.0, False),
    (1920, 1080): (141.0, False),
    (800, 480): (133.0, True),
    (720, 1280): (210.0, True),
}
"""Dots per inch of the panels that look was drawn for, and whether one sits near them."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """A screen, as the terminal's configuration wants it."""

    width_px: int
    height_px: int
    dpi: float
    is_near: bool


@dataclass(frozen=True, kw_only=True)
class Options:
    """See `--help`."""

    is_headless: bool
    seconds: float
    size: Size
    language: str
    camera: str
    """Empty: whatever there is."""
    microphone: str
    engine: EngineChoice
    screenshots: Path | None
    report: Path | None
    logs: Path | None

    @property
    def has_display(self) -> bool:
        """Whether there is somewhere to open a window."""
        return not self.is_headless and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Reads the command line; leaves with code 2 and a sentence where it is wrong."""
    parser = argparse.ArgumentParser(prog="demo.sh", description="Rundtisch on this machine, all parts of it.")
    parser.add_argument("--headless", action="store_true", help="no window; a visitor plays the whole way by touches")
    parser.add_argument(
        "--seconds", type=_seconds, default=20.0, metavar="N", help="length of that session, default 20"
    )
    parser.add_argument("--size", type=_size, default=_size("1280x800"), metavar="WxH", help="default 1280x800")
    parser.add_argument("--language", choices=LANGUAGES, default="de", help="the visitor's, default de")
    parser.add_argument("--camera", default="", metavar="pattern|FILE|/dev/videoN", help="default: a webcam or pattern")
    parser.add_argument("--microphone", default="", metavar="tone|FILE|NAME", help="default: the system's or tone")
    engines = ", ".join(choice.value for choice in EngineChoice)
    parser.add_argument(
        "--engine",
        type=_engine,
        default=EngineChoice.MESH,
        metavar="ENGINE",
        help=f"how media goes: {engines}; mesh (default) is peer to peer, the others start a media server (janus)",
    )
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="one PNG of every screen")
    parser.add_argument("--report", type=Path, metavar="FILE", help="what happened, as JSON; with --headless")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep every process's log there")
    said = parser.parse_args(arguments)
    if (said.report or said.screenshots) and not said.headless:
        parser.error("--report and --screenshots need --headless: it is the visitor who looks")
    for place in (said.screenshots, said.logs):
        _check_place(parser, place)
    _check_place(parser, said.report, is_file=True)
    return Options(
        is_headless=said.headless,
        seconds=said.seconds,
        size=said.size,
        language=said.language,
        camera=_source(parser, said.camera, ("pattern", "none", "picamera2")),
        microphone=_source(parser, said.microphone, ("tone", "none", "default")),
        engine=said.engine,
        screenshots=said.screenshots and said.screenshots.resolve(),
        report=said.report and said.report.resolve(),
        logs=said.logs and said.logs.resolve(),
    )


def _check_place(parser: argparse.ArgumentParser, place: Path | None, *, is_file: bool = False) -> None:
    """A visit takes a minute: that what was seen cannot be kept is said before it."""
    if place is None:
        return
    if is_file and place.is_dir():
        parser.error(f"{place} is a folder; name a file in it")
    there = next(one for one in (place.absolute(), *place.absolute().parents) if one.exists())
    if not there.is_dir() and not (is_file and there == place.absolute()):
        parser.error(f"{place}: {there} is no folder")
    if not os.access(there, os.W_OK):
        parser.error(f"{place}: you may not write to {there}")


def _engine(text: str) -> EngineChoice:
    try:
        return EngineChoice(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(EngineChoice)}") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 5 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 5 and 86400")
    return seconds


def _size(text: str) -> Size:
    match = _SIZE.match(text)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (480 <= width <= 3840 and 480 <= height <= 2160):
        raise argparse.ArgumentTypeError(f"{text!r} is no size from 480x480 to 3840x2160, as in 800x480")
    dpi, is_near = _PANELS.get((width, height), (149.0, False))
    return Size(width_px=width, height_px=height, dpi=dpi, is_near=is_near)


def _source(parser: argparse.ArgumentParser, text: str, words: Sequence[str]) -> str:
    """Files become absolute; one that is not there is refused here rather than in the middle of a call."""
    looks_like_a_file = "/" in text or Path(text).suffix != ""
    if not text or text in words or not looks_like_a_file:
        return text
    if not Path(text).exists():
        parser.error(f"{text}: there is no such file or device")
    return str(Path(text).resolve())
