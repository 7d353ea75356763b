"""Where a process finds its secrets: files that systemd (`LoadCredential=`) or the demo puts into a private folder."""

import os
from pathlib import Path

from kiosk.contract.errors import ConfigurationError


def path_of(name: str) -> Path:
    """The file that holds the credential `name`; it is not read here.

    Raises:
        ConfigurationError: there is no folder of credentials, or no such file in it.
    """
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not directory:
        raise ConfigurationError(f"credential {name!r}: $CREDENTIALS_DIRECTORY is not set")
    path = Path(directory, name)
    if not path.is_file():
        raise ConfigurationError(f"credential {name!r}: there is no {path}")
    return path
