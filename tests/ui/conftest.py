"""One window for all UI tests of a process, on no screen."""

import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("KIVY_NO_ARGS", "1")
os.environ.setdefault("KIVY_NO_FILELOG", "1")
os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
os.environ.setdefault("KIVY_HOME", tempfile.mkdtemp(prefix="kivy-"))
os.environ["SDL_VIDEODRIVER"] = "offscreen"

if TYPE_CHECKING:
    from tests.ui.stage import Glass


@pytest.fixture(scope="session")
def _window() -> "Glass":
    from tests.ui.stage import Glass

    glass = Glass(1280, 800)
    import kiosk.ui.widgets  # noqa: F401

    return glass


@pytest.fixture
def glass(_window: "Glass") -> Iterator["Glass"]:
    """The window, with the theme as the house shows it."""
    from kiosk.ui.theme import PANELS, theme

    yield _window
    theme.reset()
    theme.panel = PANELS[1280, 800]
    _window.clear()
