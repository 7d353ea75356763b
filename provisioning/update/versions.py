"""The versions on a terminal's disk, and the two links to them: `current` runs, `proven` is what it would go back to.

A version is on probation exactly while the two differ. Each change is the renaming of one link.
"""

import os
import shutil
from pathlib import Path

import msgspec

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning import durable
from provisioning.release.bundle import MANIFEST, SHARE, TOOLS, WHEELS, Manifest
from provisioning.update import disk

ENVIRONMENT = ".venv"
_KEPT = 1
"""Versions that are neither current nor proven, for going back by hand."""


class Versions:
    """`{root}/versions/{serial}`; a version is there when its manifest is, which is written last and removed first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._all = root / "versions"

    def folder(self, serial: int) -> Path:
        return self._all / str(serial)

    @property
    def current(self) -> int:
        """Serial of what runs; 0 before the first."""
        return self._target("current")

    @property
    def proven(self) -> int:
        """Serial of what has proved itself; 0 before the first."""
        return self._target("proven")

    @property
    def is_on_probation(self) -> bool:
        return self.current != self.proven

    def _target(self, name: str) -> int:
        try:
            serial = Path(os.readlink(self.root / name)).name
        except OSError:
            return 0
        return int(serial) if serial.isdecimal() else 0

    def manifest(self, serial: int) -> Manifest | None:
        """Of a version that is complete, else None."""
        try:
            return msgspec.json.decode((self.folder(serial) / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError):
            return None

    def complete(self) -> tuple[int, ...]:
        """Serials of all versions that are whole, the newest first."""
        if not self._all.is_dir():
            return ()
        serials = (int(path.name) for path in self._all.iterdir() if path.name.isdecimal())
        return tuple(sorted((serial for serial in serials if self.manifest(serial)), reverse=True))

    def begin(self, serial: int) -> Path:
        """An empty folder for the version, in the place of what was left half done."""
        folder = self.folder(serial)
        self._discard(folder)
        folder.mkdir(parents=True)
        return folder

    def finish(self, serial: int, manifest: Manifest) -> None:
        """Everything of the version is on the disk; only now it counts."""
        os.sync()
        disk.write(self.folder(serial) / MANIFEST, msgspec.json.encode(manifest))
        durable.sync_folder(self._all)

    def switch(self, serial: int) -> None:
        """It runs from now on.

        Raises:
            ReleaseError: there is no such version.
        """
        if self.manifest(serial) is None:
            raise ReleaseError(Cause.DAMAGED, f"version {serial} is not complete")
        disk.link(self.root / "current", f"versions/{serial}")

    def prove(self) -> None:
        """What runs has proved itself."""
        disk.link(self.root / "proven", f"versions/{self.current}")

    def tidy(self, wanted: int) -> None:
        """Removes what is half done, and complete versions but for `wanted` and the last before the one that runs."""
        if not self._all.is_dir() or not self.current:
            return
        in_use = {self.current, self.proven}
        kept = {wanted, *in_use, *[serial for serial in self.complete() if serial < min(in_use)][:_KEPT]}
        for path in self._all.iterdir():
            serial = int(path.name) if path.name.isdecimal() else 0
            if serial not in kept or self.manifest(serial) is None:
                self._discard(path)

    def seeds(self) -> dict[str, Path]:
        """SHA-256 to file: what of the versions' bundles is still there, for those that come."""
        found: dict[str, Path] = {}
        for serial in self.complete():
            manifest = self.manifest(serial)
            for name, digest in manifest.files.items() if manifest else ():
                if digest not in found and (path := self.folder(serial) / name).is_file():
                    found[digest] = path
        return found

    def shed(self, newest: int) -> None:
        """Only that version keeps what its environment was made of."""
        for serial in self.complete():
            for name in (WHEELS, TOOLS, SHARE) if serial != newest else ():
                shutil.rmtree(self.folder(serial) / name, ignore_errors=True)

    def _discard(self, folder: Path) -> None:
        if folder.exists():
            durable.remove(folder / MANIFEST)
            shutil.rmtree(folder)

    def found(self, serial: int) -> None:
        """A terminal's first version: it runs, and there is nothing to compare it with."""
        self.switch(serial)
        self.prove()
