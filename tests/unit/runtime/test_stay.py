"""What a process reads after an update has turned the link it was started by."""

import shutil
import subprocess
import sys
from pathlib import Path

import kiosk

_PROGRAM = """
import os, sys, early, kiosk
os.symlink("versions/2", "new")
os.rename("new", "current")
import kiosk.late, early.late, late
print(kiosk.late.SERIAL, early.late.SERIAL, late.SERIAL, *(open(f"{sys.path[0]}/serial").read().split()))
"""


def _version(folder: Path, serial: int) -> None:
    for package in ("kiosk", "early", "."):
        (folder / package).mkdir(parents=True, exist_ok=True)
        (folder / package / "late.py").write_text(f"SERIAL = {serial}\n")
    (folder / "early" / "__init__.py").touch()
    shutil.copy(kiosk.__file__, folder / "kiosk")
    (folder / "serial").write_text(str(serial))


def test_a_process_stays_with_the_version_it_was_started_from(tmp_path: Path) -> None:
    """Modules that it needs late, of packages that it had begun with and of others, and files beside them."""
    for serial in (1, 2):
        _version(tmp_path / "versions" / str(serial), serial)
    (tmp_path / "current").symlink_to("versions/1")
    program = f'import sys; sys.path.insert(0, "{tmp_path}/current"){_PROGRAM}'
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["1", "1", "1", "1"], "")
