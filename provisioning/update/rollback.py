"""`python -m provisioning.update.rollback TERMINAL.toml`: a unit has failed; if its version is on probation, back.

Run by `OnFailure=` from the proven version. Where nothing is on probation, or what failed is started again already, it
does nothing.
"""

import argparse
import logging
import os
from pathlib import Path

from kiosk.contract import configuration
from kiosk.contract.configuration import Update
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.update import Cause
from kiosk.runtime import log
from provisioning.update.notebook import Notebook
from provisioning.update.probation import Probation
from provisioning.update.services import Systemd
from provisioning.update.versions import Versions

_UNIT = "MONITOR_UNIT"
"""In which systemd says whose failure it was."""


def update_of(file: Path) -> Update:
    """The section of the terminal's file; the usual places where the file cannot be read, which may be the fault."""
    try:
        return configuration.load(file).update
    except ConfigurationError:
        return Update()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m provisioning.update.rollback", description=__doc__)
    parser.add_argument("configuration", type=Path, metavar="TERMINAL.toml")
    options = parser.parse_args()
    log.set_up("rollback")
    update = update_of(options.configuration)
    services = Systemd(update.software_directory)
    if not services.has_given_up():
        logging.getLogger(__name__).info("what failed was about to be stopped, and is started anew")
        return 0
    versions, notebook = Versions(update.software_directory), Notebook(update.state_directory)
    probation = Probation(update, versions, notebook, services)
    probation.take_back(Cause.DID_NOT_START, os.environ.get(_UNIT, ""))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
