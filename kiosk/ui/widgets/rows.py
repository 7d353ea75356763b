"""Rows and tiles of lists: appointments, people, desks, needs, languages."""

from kivy.properties import BooleanProperty, ObjectProperty

from kiosk.ui.views import DeskRowView, NeedView, PersonRowView, SessionRowView
from kiosk.ui.widgets.areas import Areas, Shelves
from kiosk.ui.widgets.button import TouchButton
from kiosk.ui.widgets.repeat import Repeat
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Column, Row
from kiosk.ui.widgets.surface import Surface
from kiosk.ui.widgets.touch import Touchable


class SessionRow(Surface, Areas):
    """One appointment; the one that can be joined has the only filled button."""

    __events__ = ("on_intent",)

    view: SessionRowView = ObjectProperty(SessionRowView(), rebind=True)

    def on_intent(self, _intent: object) -> None:
        """Its button was touched."""


class PersonRow(Surface, Row):
    """Somebody who will be there."""

    view: PersonRowView = ObjectProperty(PersonRowView(), rebind=True)


class DeskRow(Surface, Touchable, Row):
    """A desk of a partner: dashed while it rings; to be touched if its view has an intent."""

    view: DeskRowView = ObjectProperty(DeskRowView(), rebind=True)


class NeedTile(Surface, Touchable, Column):
    """What somebody may need, and who is there for it."""

    view: NeedView = ObjectProperty(NeedView(), rebind=True)
    is_beside: bool = BooleanProperty(False)
    """Whether the words stand beside the icon: with less height, or with large letters."""


class List(Repeat, Column):
    """Rows of one `kind`, sharing the height."""


class Grid(Repeat, Shelves):
    """Tiles of one `kind` on shelves."""


class LanguageButton(TouchButton):
    """A language by its own name."""


class LanguageRow(Repeat, Row):
    """All languages in one line, each as wide as its name needs; panels with less room use `LanguageGrid`."""


class LanguageGrid(Repeat, Shelves):
    """The house's own language twice as wide (or a whole line of an upright panel), the others equal."""


load_rules(__file__)
