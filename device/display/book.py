"""Which way works for which screen, in a file of the state directory, so that each is tried once."""

import logging
from pathlib import Path

import msgspec
from msgspec import Struct

from device import files
from kiosk.contract import codec
from kiosk.contract.display import Rung
from kiosk.contract.errors import MalformedError
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)


class Entry(Struct, frozen=True, kw_only=True):
    """What was learned about one screen."""

    power: Rung = Rung.BLACK
    brightness: Rung = Rung.BLACK
    tried: tuple[Rung, ...] = ()
    """Ways by which the screen was dark once, and the touch panel lived on."""
    unfit: tuple[Rung, ...] = ()
    """Ways by which the touch panel goes dead with the light."""


class Book:
    """`displays.json`; a bad file is refused and written anew."""

    def __init__(self, file: Path, refusals: Refusals) -> None:
        self._file = file
        self._refusals = refusals
        self._entries = self._load()

    def entry(self, screen: str) -> Entry:
        return self._entries.get(screen, Entry())

    def keep(self, screen: str, entry: Entry) -> None:
        if self._entries.get(screen) == entry:
            return
        self._entries[screen] = entry
        try:
            files.write(self._file, msgspec.json.encode(self._entries))
        except OSError as error:
            _logger.error("%s: %s", self._file.name, error.strerror)

    def _load(self) -> dict[str, Entry]:
        try:
            entries: dict[str, Entry] = codec.decode(self._file.read_bytes(), dict[str, Entry], self._file.name)
            return entries
        except FileNotFoundError:
            return {}
        except OSError as error:
            _logger.error("%s: %s", self._file.name, error.strerror)
        except MalformedError as error:
            self._refusals.note(error)
        return {}
