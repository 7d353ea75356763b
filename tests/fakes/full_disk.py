"""`python -m tests.fakes.full_disk TERMINAL.toml [BUNDLE | back]`: an update or the way back on a full disk."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from kiosk.contract import configuration
from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import REPORT, Cause, Wish
from provisioning.update.install import install
from provisioning.update.updater import Surroundings, Updater
from tests.fakes.releases import Processes


def main() -> None:
    file = Path(sys.argv[1])
    loaded = configuration.load(file)
    services = Processes(loaded.update.software_directory, loaded.update.runtime_directory / REPORT)
    updater = Updater(loaded, file, Surroundings(services, lambda: datetime.now(UTC)))
    if sys.argv[2:] == ["back"]:
        updater.probation.take_back(Cause.NO_FRAMES, "")
        services.stop()
    elif len(sys.argv) > 2:
        try:
            install(Path(sys.argv[2]), updater.versions, file, datetime.now(UTC))
        except ReleaseError as error:
            print(error.cause.value)
    else:
        print(updater.run(Wish.APPLY).cause)
    print(updater.versions.current)
    folder = loaded.update.software_directory / "versions"
    print("versions:", *sorted(path.name for path in folder.iterdir()))


if __name__ == "__main__":
    main()
