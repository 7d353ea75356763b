"""`python -m provisioning.update.first BUNDLE.tar TERMINAL.toml`: a terminal's first version, from its card.

Needs nothing but msgspec beside our own wheel. Believes the bundle: who wrote the card has checked it, see `flash`.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from kiosk.contract import configuration
from kiosk.contract.errors import RundtischError
from provisioning.release import bundle
from provisioning.update import disk
from provisioning.update.install import install
from provisioning.update.versions import Versions

TRUST = "root.json"
"""Beside the bundle: whose signatures count from now on."""


def first(file: Path, terminal: Path, root: Path | None = None) -> int:
    """Installs the bundle and lets it run; returns its serial. May be cut off and done again.

    Args:
        file: the bundle.
        terminal: its configuration; the file of trust goes where that says, or beside it in another system's root.
        root: where the software goes, if not where the configuration says.

    Raises:
        ConfigurationError: the terminal's file.
        ReleaseError: see `install`.
    """
    update = configuration.load(terminal).update
    trust = file.with_name(TRUST)
    if trust.exists():
        disk.write(terminal.parent / update.root_file.name if root else update.root_file, trust.read_bytes())
    versions = Versions(root or update.software_directory)
    manifest = bundle.manifest_of(file)
    if versions.manifest(manifest.serial) is None:
        # A clock that was never set says 1970: then the bundle's own day is the best there is.
        install(file, versions, terminal, max(datetime.now(UTC), manifest.made))
    versions.found(manifest.serial)
    return manifest.serial


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m provisioning.update.first", description=__doc__)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE.tar")
    parser.add_argument("configuration", type=Path, metavar="TERMINAL.toml")
    parser.add_argument("--root", type=Path, help="folder of the software")
    said = parser.parse_args()
    try:
        serial = first(said.bundle, said.configuration, said.root)
    except (RundtischError, OSError) as error:
        print(f"first: {error}", file=sys.stderr)
        return 1
    print(f"version {serial} is installed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
