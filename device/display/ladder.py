"""The ladder of ways to a panel's light: the best that works is used and remembered, one that fails gives way to the
next. Everything here blocks; use it from one thread at a time."""

import logging
import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from device.display.book import Book
from device.display.way import Abilities, Way
from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError

_logger = logging.getLogger(__name__)

RETRY_S = 600.0
"""So long a way that failed is left alone."""
PATIENCE_S = 3.0
"""So long a touch panel may live on after its monitor has gone to sleep."""


class Ladder:
    """Power and brightness of one screen, each by its own way."""

    def __init__(
        self,
        ways: Sequence[Way],
        screen: str,
        book: Book,
        count_touch_panels: Callable[[], int],
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`ways` from the best to the worst."""
        self._ways = {way.rung: way for way in ways}
        self._screen = screen
        self._book = book
        self._count_touch_panels = count_touch_panels
        self._patience_s = patience_s
        self._abilities: dict[Rung, Abilities] = {}
        self._failed: dict[Rung, float] = {}
        """Ways that did not do what they were told, or are there no longer, and when that was."""
        self.is_sensed = False
        """A sensor tells when somebody comes, so that nothing depends on a touch."""
        self.used = {"power": Rung.BLACK, "brightness": Rung.BLACK}
        """Read it from any thread."""

    @property
    def is_faulty(self) -> bool:
        """A way that has worked does no longer."""
        return bool(self._failed)

    def way(self, ability: str) -> Way | None:
        """For `power` or `brightness`: the remembered way, else the first that can; None: there is none."""
        self._forgive()
        entry = self._book.entry(self._screen)
        known = entry.power if ability == "power" else entry.brightness
        for rung in sorted(self._ways, key=lambda rung: rung is not known):  # a stable sort keeps the others in order
            if rung in self._failed or (ability == "power" and not self._is_fit(rung)):
                continue
            abilities = self._probe(self._ways[rung], is_known=rung is known)
            if abilities.can_power if ability == "power" else abilities.can_dim:
                self._remember(ability, rung)
                return self._ways[rung]
        self._remember(ability, Rung.BLACK)
        return None

    def set_power(self, is_on: bool) -> Way | None:
        """By the best way that does it; returns that way, None where none does."""
        while way := self.way("power"):
            try:
                if is_on or way.is_quick or way.rung in self._book.entry(self._screen).tried:
                    way.set_power(is_on)
                    return way
                if self._try_dark(way):
                    return way
            except DisplayError as error:
                self._note(way, error)
        return None

    def set_brightness(self, pct: int) -> Way | None:
        while way := self.way("brightness"):
            try:
                way.set_brightness(pct)
            except DisplayError as error:
                self._note(way, error)
            else:
                return way
        return None

    def _try_dark(self, way: Way) -> bool:
        """The first time in the dark: where the touch panel goes with the light, nobody could ever wake it again."""
        before = self._count_touch_panels()
        way.set_power(False)
        until = time.monotonic() + self._patience_s
        while self._count_touch_panels() >= before:
            if time.monotonic() >= until:
                entry = self._book.entry(self._screen)
                self._book.keep(self._screen, replace(entry, tried=(*entry.tried, way.rung)))
                return True
            time.sleep(self._patience_s / 10)
        _logger.warning("display: %s cuts the power of the touch panel too, it is not used", way.rung.value)
        entry = self._book.entry(self._screen)
        self._book.keep(self._screen, replace(entry, unfit=(*entry.unfit, way.rung)))
        way.set_power(True)
        return False

    def _is_fit(self, rung: Rung) -> bool:
        """A way on which a touch would not get through is for rooms with a sensor."""
        is_deaf = rung is Rung.COMPOSITOR and not self.is_sensed
        return not is_deaf and rung not in self._book.entry(self._screen).unfit

    def _probe(self, way: Way, *, is_known: bool) -> Abilities:
        """A way that has worked with this screen and is there no longer has failed."""
        if way.rung not in self._abilities:
            self._abilities[way.rung] = Abilities()
            try:
                self._abilities[way.rung] = way.probe()
            except DisplayError as error:
                if is_known:
                    self._note(way, error)
                else:
                    _logger.info("display: no %s: %s", way.rung.value, error.detail)
        return self._abilities[way.rung]

    def _remember(self, ability: str, rung: Rung) -> None:
        """What a way in trouble gives way to is not kept: the better one may be well again after a restart."""
        self.used[ability] = rung
        entry = self._book.entry(self._screen)
        if self._failed or (entry.power if ability == "power" else entry.brightness) is rung:
            return
        self._book.keep(self._screen, replace(entry, **{ability: rung}))

    def _note(self, way: Way, error: DisplayError) -> None:
        if way.rung not in self._failed:
            _logger.error("display: %s fails, the next way is tried: %s", way.rung.value, error.detail)
        self._failed[way.rung] = time.monotonic()

    def _forgive(self) -> None:
        for rung, at in tuple(self._failed.items()):
            if time.monotonic() - at >= RETRY_S:
                del self._failed[rung]
                self._abilities.pop(rung, None)
