"""A lock between programs: flock(2) on a file. Whoever holds it may die in any way, and it is free again."""

import fcntl
import os
from pathlib import Path


class Lock:
    """One program's hold on the file; not for two places of one program. The file is made where it is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def is_held(self) -> bool:
        """By us."""
        return self._file is not None

    def take(self) -> bool:
        """Takes it unless somebody else has it; whether it is ours now.

        Raises:
            OSError: there is no such folder, or we may not use the file.
        """
        if self._file is not None:
            return True
        # Read-only is enough for flock, so that one program may own the file and another only look.
        file = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        self._file = file
        return True

    def give(self) -> None:
        """Gives it back, if we have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
