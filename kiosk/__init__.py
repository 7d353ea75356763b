"""The terminal's processes, the desk and what they agree on.

A process stays with the version it was started from: an update turns the link `current` while the last version's
processes still run, and whatever they read only then would be the next one's, or not be there.
"""

import os
import sys


def _stay() -> None:
    packages = [
        path for module in list(sys.modules.values()) if isinstance(path := getattr(module, "__path__", 0), list)
    ]
    for folders in (sys.path, *packages):
        folders[:] = [os.path.realpath(folder) for folder in folders]
    sys.prefix, sys.exec_prefix = os.path.realpath(sys.prefix), os.path.realpath(sys.exec_prefix)


_stay()
