"""Files of the kernel, read with distrust: they vanish, are empty, say nonsense, or may not be read. Never raises."""

import errno
import os
from collections import Counter
from pathlib import Path

MOST_BYTES = 64 * 1024
"""No file that is read here has a hundredth of it."""
_DIGITS = 20
"""More than any number of 64 bits has."""


class Tree:
    """`/proc`, `/sys` and `/dev` below a root, so that a test can have its own."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root
        self.lies: Counter[str] = Counter()
        """How often a file made no sense, could not be read, or was gone after it had been there; by its name."""
        self._seen: set[str] = set()

    def text(self, path: str) -> str | None:
        """What the file says, without white space at its ends; None where there is none, or nothing to read in it."""
        try:
            descriptor = os.open(self.root / path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            # What never was there is another machine, no lie.
            if error.errno not in (errno.ENOENT, errno.ENOTDIR) or path in self._seen:
                self.lies[_name(path)] += 1
            return None
        try:
            data = os.read(descriptor, MOST_BYTES + 1)
        except OSError:
            data = b""
        finally:
            os.close(descriptor)
        self._seen.add(path)
        text = data.decode("ascii", errors="replace").strip("\0 \n\t")
        if not text or len(data) > MOST_BYTES:
            self.lies[_name(path)] += 1
            return None
        return text

    def number(self, path: str, base: int = 10, least: int = -(2**63), most: int = 2**64) -> int | None:
        """The whole number that the file says, None where it says none, or one that cannot be."""
        text = self.text(path)
        if text is None:
            return None
        value = whole(text, base)
        if value is None or not least <= value <= most:
            self.lies[_name(path)] += 1
            return None
        return value

    def doubt(self, path: str) -> None:
        """The file was read, and makes no sense."""
        self.lies[_name(path)] += 1

    def names(self, path: str) -> tuple[str, ...]:
        """What is in a folder, sorted; nothing where there is none."""
        try:
            return tuple(sorted(os.listdir(self.root / path)))
        except OSError:
            return ()


def whole(text: str, base: int = 10) -> int | None:
    """A whole number, however it is meant; None for anything else."""
    try:
        return int(text, base) if len(text) <= _DIGITS else None
    except ValueError:
        return None


def share(text: str) -> float | None:
    """A number with a point, as pressure files have; None for anything else, infinities included."""
    try:
        value = float(text) if len(text) <= _DIGITS else float("nan")
    except ValueError:
        return None
    return value if abs(value) < 2**63 else None


def _name(path: str) -> str:
    """Short, and the same for every device of a kind."""
    return Path(path).name
