"""When each sensor last changed, on disk: a sensor that is silent for days is noticed beyond restarts. No persons."""

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
    """Wall-clock seconds by part. Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._changed = self._read()
        self._is_written = True
        self._written_s = time.monotonic()

    def _read(self) -> dict[str, float]:
        try:
            data = self._path.read_bytes() if self._path else b"{}"
            read: dict[str, float] = codec.decode(data, dict[str, float], "sensors.json")
        except FileNotFoundError:
            return {}
        except (OSError, MalformedError) as error:
            _logger.warning("when sensors last changed is not known, they begin anew: %s", error)
            return {}
        now = time.time()
        return {part: min(at, now) for part, at in read.items()}

    def since(self, part: str) -> float:
        """When it last changed; one that is new has changed now."""
        return self._changed.setdefault(part, time.time())

    def note(self, part: str) -> None:
        """It has changed."""
        self._changed[part] = time.time()
        self._is_written = False

    def save(self, *, is_urgent: bool = False) -> None:
        """Once an hour, or now."""
        now = time.monotonic()
        if self._path is None or self._is_written or not (is_urgent or now - self._written_s > _WRITE_S):
            return
        self._is_written, self._written_s = True, now
        try:
            files.write(self._path, codec.encode(self._changed))
        except OSError as error:
            _logger.warning("when sensors last changed is not kept: %s", error.strerror)
