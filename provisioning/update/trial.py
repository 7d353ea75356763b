"""`python -m provisioning.update.trial TERMINAL.toml`: a new version's own test, before it is switched to.

Needs no network, no device and no screen, and opens none.
"""

import argparse
import importlib
import sys
from pathlib import Path

from kiosk.contract import configuration
from kiosk.contract.errors import RundtischError

MODULES = (
    *("device.agent", "device.room.safe", "kiosk.media.process", "kiosk.ui.present", "kiosk.ui.store", "kivy"),
    *("kiosk.desk.robot.partner", "provisioning.update.updater", "provisioning.update.rollback"),
)
"""With all they import they are what a terminal runs, but for the window itself."""


def faults(file: Path) -> list[str]:
    """What does not work, one line each."""
    found = []
    for module in MODULES:
        try:
            importlib.import_module(module)
        except ImportError as error:
            found.append(f"{module}: {error}")
    try:
        configuration.load(file)
    except RundtischError as error:
        found.append(error.detail)
    fonts = Path(sys.prefix) / "share" / "rundtisch" / "fonts"
    if not any(fonts.glob("*.ttf")):
        found.append(f"{fonts}: no fonts")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m provisioning.update.trial", description=__doc__)
    parser.add_argument("configuration", type=Path, metavar="TERMINAL.toml")
    found = faults(parser.parse_args().configuration)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
