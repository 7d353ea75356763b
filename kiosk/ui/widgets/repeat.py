"""One child for every entry of a view, kept when the entry stays, so that a video tile is not made anew."""

from collections.abc import Hashable, Sequence
from typing import Any

from kivy.factory import Factory
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.ui.widgets.part import Part


class Repeat(Part):
    """Mix into a layout: makes a `kind` for each of `entries` and hands the entry on as `view`.

    An entry with a `key` keeps its child wherever it moves; others keep it by their place. What a child dispatches as
    `on_intent`, this dispatches too.
    """

    __events__ = ("on_intent",)

    kind: str = StringProperty("")
    """Name of the widget class."""
    entries: Sequence[Any] = ObjectProperty(())

    def __init__(self, **kwargs: Any) -> None:
        self._made: dict[Hashable, Widget] = {}
        super().__init__(**kwargs)
        self.bind(entries=self._match, kind=self._begin_again)
        self._match()

    def on_intent(self, _intent: object) -> None:
        """What was meant by a touch on one of the children."""

    def child_of(self, key: Hashable) -> Widget | None:
        """The child that shows an entry."""
        return self._made.get(key)

    def _begin_again(self, *_: object) -> None:
        for child in self._made.values():
            self.remove_widget(child)
        self._made.clear()
        self._match()

    def _match(self, *_: object) -> None:
        if not self.kind:
            return
        keys = [getattr(entry, "key", "") or place for place, entry in enumerate(self.entries)]
        for key in set(self._made) - set(keys):
            self.remove_widget(self._made.pop(key))
        for key, entry in zip(keys, self.entries, strict=True):
            if key not in self._made:
                self._made[key] = self._make()
            self._made[key].view = entry
        wanted = [self._made[key] for key in keys]
        mine = set(wanted)
        if [child for child in reversed(self.children) if child in mine] != wanted:
            for child in wanted:
                self.remove_widget(child)
                self.add_widget(child)

    def _make(self) -> Widget:
        child = Factory.get(self.kind)()
        if child.is_event_type("on_intent"):
            child.bind(on_intent=self._hand_on)
        self.add_widget(child)
        return child

    def _hand_on(self, _child: Widget, intent: object) -> None:
        self.dispatch("on_intent", intent)
