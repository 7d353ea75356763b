"""A boot partition as bytes in a file of its own: mounted by nobody, changed by mtools, so nobody has to be root.

Needs the Debian packages mtools and dosfstools. What becomes of the file is not known here.
"""

import os
import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from kiosk.contract.errors import CardError
from provisioning.card import boot

_FREE = re.compile(r"([\d\s]+) bytes free")
_HARMLESS = re.compile(
    r"fsck\.fat |Free cluster summary|  Auto-correcting|Leaving filesystem|There are differences between boot sector"
    r"|This is mostly harmless|  \d+:[0-9a-f]{2}/|  Not automatically|.*: \d+ files, "
)
"""What fsck.vfat says of a whole file system; the count of free clusters is put right by whoever mounts it."""
_ENVIRONMENT = {"MTOOLSRC": "/dev/null", "MTOOLS_NO_VFAT": "0", "LC_ALL": "C.UTF-8"}


class Fat:
    """See `Boot`."""

    def __init__(self, file: Path, name: str) -> None:
        self.name = name
        self._file = file
        self.check()

    def check(self) -> None:
        """Looks at the whole file system.

        Raises:
            CardError: it is damaged, or was not unmounted.
        """
        done = self._run("fsck.vfat", "-n", str(self._file))
        lines = done.stdout.decode(errors="replace").splitlines()
        faults = [line.strip() for line in lines if line.strip() and not _HARMLESS.match(line)]
        if any(line.startswith("Dirty bit is set") for line in faults):
            raise CardError(f"{self.name} was pulled out while in use: write it anew, or repair it with fsck.vfat -a")
        if done.returncode and (faults or done.stderr):
            what = faults[0] if faults else done.stderr.decode(errors="replace").strip().splitlines()[0]
            raise CardError(f"{self.name} is damaged ({what}): write it anew, or repair it with fsck.vfat -a")

    def names(self) -> frozenset[str]:
        listed = self._mtool("mdir", "-b", "::/").decode(errors="replace").splitlines()
        return frozenset(line.removeprefix("::/").rstrip("/").lower() for line in listed)

    def read(self, name: str) -> bytes | None:
        return self._mtool("mcopy", f"::/{name}", "-") if self._is_there(name) else None

    def write(self, name: str, content: bytes | Path) -> None:
        for folder in reversed(PurePosixPath(name).parents[:-1]):
            if not self._is_there(str(folder)):
                self._mtool("mmd", f"::/{folder}")
        self.remove(name)
        # mcopy calls a copy that did not fit a success.
        if boot.size_of(content) > self.free_bytes():
            raise CardError(f"{self.name} is full: {name} does not fit")
        source = (str(content), b"") if isinstance(content, Path) else ("-", content)
        self._mtool("mcopy", source[0], f"::/{name}", said=source[1])
        if not self._is_same(name, content):
            raise CardError(f"{self.name}: {name} reads back otherwise than it was written")

    def remove(self, name: str) -> None:
        if self._is_there(name):
            self._mtool("mdeltree", f"::/{name}")

    def free_bytes(self) -> int:
        found = _FREE.search(self._mtool("mdir", "::/").decode(errors="replace"))
        return int(re.sub(r"\D", "", found[1])) if found else 0

    def _is_same(self, name: str, content: bytes | Path) -> bool:
        """Piece by piece: a bundle is large."""
        command = ("mcopy", "-i", str(self._file), f"::/{name}", "-")
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment()) as reading:
            assert reading.stdout is not None
            with boot.reader(content) as wanted:
                return boot.same(cast(BinaryIO, reading.stdout), wanted)

    def _is_there(self, name: str) -> bool:
        done = self._run("mdir", "-i", str(self._file), "-b", f"::/{name}")
        if done.returncode and b"not found" not in done.stderr:
            raise self._refused(done)
        return not done.returncode

    def _mtool(self, program: str, *words: str, said: bytes = b"") -> bytes:
        done = self._run(program, "-i", str(self._file), *words, said=said)
        if done.returncode:
            raise self._refused(done)
        return done.stdout

    def _refused(self, done: "subprocess.CompletedProcess[bytes]") -> CardError:
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        return CardError(f"{self.name} is damaged ({said.splitlines()[0]}): write it anew")

    def _run(self, *command: str, said: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(command, input=said, capture_output=True, env=_environment(), check=False)
        except FileNotFoundError:
            package = "dosfstools" if command[0] == "fsck.vfat" else "mtools"
            raise CardError(f"the program {command[0]} is missing: apt-get install {package}") from None


def _environment() -> dict[str, str]:
    return os.environ | _ENVIRONMENT | {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
