"""What the terminal says of its own accord: a toast for six seconds, a fault that stays."""

from kivy.input.motionevent import MotionEvent
from kivy.properties import BooleanProperty, ObjectProperty

from kiosk.ui.views import NoticeView
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Row
from kiosk.ui.widgets.surface import Surface


class Toast(Surface, Row):
    """Stands below the top bar, never over the bottom one; whoever shows it takes it away."""

    view: NoticeView = ObjectProperty(NoticeView(), rebind=True)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Nobody means what it covers on a narrow panel."""
        return bool(self.collide_point(*touch.pos) or super().on_touch_down(touch))


class FaultCard(Surface, Row):
    """What happened and what one can do; `is_big` with a headline, as on the screen "not ready"."""

    view: NoticeView = ObjectProperty(NoticeView(), rebind=True)
    is_big: bool = BooleanProperty(False)


load_rules(__file__)
