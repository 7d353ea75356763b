"""Tells Kivy about the panel before its window is made. Everything it would read from a home folder is set here."""

import logging
import os

from kiosk.contract.configuration import Ui

IDLE_FPS = 20
"""Frames a second while nothing moves: a touch is seen within 50 ms, and the processor sleeps in between."""
ASLEEP_FPS = 10
"""While there is nothing to be seen: often enough for a touch that wakes."""
CALL_FRAME_S = 1 / 31
"""From one frame to the next in a call: a little less than from picture to picture, so that none is left out."""
ARRIVAL_FPS = 60
"""While somebody's first picture is waited for."""
_LEAST_FRAME_S = 0.001
_SLEPT = 11 / 15
"""Of a frame: Kivy's clock ends its sleep early."""


def fps_for(frame_s: float) -> float:
    """What to tell Kivy's clock so that the next frame comes after `frame_s`."""
    return _SLEPT / max(frame_s, _LEAST_FRAME_S)


def prepare(ui: Ui) -> None:
    """Call once, before `kivy.core.window` is imported."""
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_CONFIG", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    logging.getLogger("kivy").addFilter(lambda record: record.levelno >= logging.WARNING)  # its level Kivy sets itself
    from kivy.config import Config

    rotation = ui.rotation
    settings = {
        "width": ui.height_px if rotation % 180 else ui.width_px,  # of the panel as it is wired
        "height": ui.width_px if rotation % 180 else ui.height_px,
        "rotation": rotation,
        "fullscreen": int(ui.is_fullscreen),
        "borderless": int(ui.is_fullscreen),
        "show_cursor": int(not ui.is_fullscreen),
        "resizable": 0,
        "multisamples": 0,
        "maxfps": IDLE_FPS,
    }
    for name, value in settings.items():
        Config.set("graphics", name, str(value))
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "keyboard_mode", "")
    Config.remove_section("input")
    Config.add_section("input")
    # The window hands on what the compositor sees; a finger comes once, as a mouse, so that no device is read twice.
    Config.set("input", "mouse", "mouse,disable_on_activity,disable_multitouch")
    Config.remove_section("modules")
    Config.add_section("modules")
