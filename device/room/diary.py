"""How long each sensor has said the same, on disk: one that is silent for days is noticed beyond restarts. No persons.

What counts is the time in which we looked: days in which the terminal was off are no silence, nor is a set clock.
"""

import logging
import time
from pathlib import Path

from device import files
from kiosk.contract import codec
from kiosk.contract.errors import MalformedError

_logger = logging.getLogger(__name__)

_WRITE_S = 3600.0
"""A card is not written to for every step that somebody takes."""


class Diary:
    """Seconds by part. Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._silent_s = self._read()
        self._counted_s = self._written_s = time.monotonic()

    def _read(self) -> dict[str, float]:
        try:
            data = self._path.read_bytes() if self._path else b"{}"
            read: dict[str, float] = codec.decode(data, dict[str, float], "silence.json")
        except FileNotFoundError:
            return {}
        except (OSError, MalformedError) as error:
            _logger.warning("how long sensors have been silent is not known, they begin anew: %s", error)
            return {}
        return {part: max(silent_s, 0.0) for part, silent_s in read.items()}

    def silence_s(self, part: str) -> float:
        """How long it has not changed; one that is new has changed now."""
        self._count()
        return self._silent_s.setdefault(part, 0.0)

    def note(self, part: str) -> None:
        """It has changed."""
        self._count()
        self._silent_s[part] = 0.0

    def _count(self) -> None:
        now_s = time.monotonic()
        passed_s, self._counted_s = now_s - self._counted_s, now_s
        self._silent_s = {part: silent_s + passed_s for part, silent_s in self._silent_s.items()}

    def save(self, *, is_urgent: bool = False) -> None:
        """Once an hour, or now."""
        self._count()
        if self._path is None or not (is_urgent or self._counted_s - self._written_s > _WRITE_S):
            return
        self._written_s = self._counted_s
        try:
            files.write(self._path, codec.encode(self._silent_s))
        except OSError as error:
            _logger.warning("how long sensors have been silent is not kept: %s", error.strerror)
