"""The number of the staff: a credential that is read when it is needed, compared in constant time, never logged."""

import hmac
import logging
import re

from kiosk.consultation import commands, events
from kiosk.contract.configuration import STAFF_PIN
from kiosk.contract.errors import ConfigurationError
from kiosk.runtime import credential

_logger = logging.getLogger(__name__)
_DIGITS = re.compile(STAFF_PIN.encode())


class Pin:
    """Of the credential of this name; without one, or with one that is no number, there is no staff page."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def is_known(self) -> bool:
        return bool(self._read())

    def check(self, command: commands.CheckPin) -> events.PinChecked:
        """Whether this is the number."""
        number = self._read()
        return events.PinChecked(is_right=bool(number) and hmac.compare_digest(number, command.typed.encode()))

    def _read(self) -> bytes:
        try:
            number = credential.path_of(self._name).read_bytes().strip()
        except (ConfigurationError, OSError):
            return b""
        if not _DIGITS.match(number):
            _logger.warning("credential %r: four to eight digits are expected, so there is no staff page", self._name)
            return b""
        return number
