"""Starts a bench as it has to run: set up, in a network namespace of its own, with the project's Python.

Needs nothing but any Python 3 itself.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

_ROOT = Path(__file__).resolve().parents[2]


def run(module: str) -> NoReturn:
    """Gives this process and its arguments to `python -m module`. Standard output stays for the result."""
    set_up = ["bash", str(_ROOT / "provisioning/setup.sh"), "tests"]
    if subprocess.run(set_up, stdout=sys.stderr, check=False).returncode:
        sys.exit(1)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(name, None)
    os.environ.update(KIVY_NO_ARGS="1", PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=str(_ROOT))
    python = str(_ROOT / ".venv/bin/python")
    os.execvp("bash", ["bash", str(_ROOT / "provisioning/namespace.sh"), python, "-m", module, *sys.argv[1:]])
