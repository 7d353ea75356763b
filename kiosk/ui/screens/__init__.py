"""The screens: one `.kv` file each, bound to the view of the same name; and the one place on the glass they share.

A screen has one property in (`view`) and one event out (`on_intent`). It has no branch: those are in `present`.
"""

from pathlib import Path
from typing import Any

from kivy.factory import Factory
from kivy.lang import Builder
from kivy.properties import ObjectProperty

import kiosk.ui.screens.pieces
import kiosk.ui.screens.talk  # noqa: F401  (their classes are used in the rules)
from kiosk.contract.state import TextSize
from kiosk.ui.present.views import ScreenView
from kiosk.ui.theme import theme
from kiosk.ui.widgets import Areas

Factory.unregister("Screen")  # Kivy's own, whose name rules would find instead of ours


class Screen(Areas):
    """Base of all screens: what is below the top bar, and the way out for intents."""

    __events__ = ("on_intent",)

    view: ScreenView = ObjectProperty(ScreenView(), rebind=True)

    def on_intent(self, _intent: object) -> None:
        """A touch on one of the parts meant this."""


class Host(Areas):
    """The glass: top bar and toast, which all screens share, and the screen that belongs to the view.

    The screen is kept while the kind of view stays the same. One that is left is dropped with all it showed: names and
    pictures do not wait in memory for their return.
    """

    __events__ = ("on_intent",)

    view: ScreenView = ObjectProperty(ScreenView(), rebind=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.screen: Screen | None = None

    def on_intent(self, _intent: object) -> None:
        """What was meant by a touch on the screen or the top bar."""

    def show(self, view: ScreenView) -> None:
        """Draw this view."""
        theme.is_rtl = view.is_rtl
        theme.is_contrast = view.is_contrast
        theme.text_size = TextSize.LARGE if view.is_large else TextSize.NORMAL
        is_same = self.screen is not None and type(self.screen.view) is type(view)
        self.view = view
        if self.screen is not None and is_same:
            self.screen.view = view
            return
        if self.screen is not None:
            self.remove_widget(self.screen)
        name = type(view).__name__.removesuffix("View") + "Screen"
        self.screen = Factory.get(name)(view=view, area="screen")
        self.screen.bind(on_intent=self._hand_on)
        self.add_widget(self.screen, index=len(self.children))  # below the toast

    def _hand_on(self, _screen: Screen, intent: object) -> None:
        self.dispatch("on_intent", intent)


for _rules in sorted(Path(__file__).parent.glob("*.kv")):
    Builder.load_file(str(_rules), encoding="utf-8")
