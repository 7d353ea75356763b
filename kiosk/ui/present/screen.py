"""What all screens share: direction, look, top bar, toast; and cutting a list into pages."""

from collections.abc import Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.display import Display, Wakefulness
from kiosk.contract.state import TextSize
from kiosk.ui.present.notices import toast
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.top_bar import top_bar
from kiosk.ui.present.views import ScreenView, TurnPage
from kiosk.ui.views import ButtonView

VEIL = 0.55
_Screen = TypeVar("_Screen", bound=ScreenView)
_Entry = TypeVar("_Entry")


def fill(scene: Scene, kind: type[_Screen], **fields: Any) -> _Screen:
    """A view of this kind with what all have, and its own `fields`."""
    state = scene.state
    return kind(
        language=scene.language.tag,
        is_rtl=scene.language.is_rtl,
        is_large=state.text_size is TextSize.LARGE,
        is_contrast=state.is_high_contrast,
        top=top_bar(scene),
        toast=toast(scene),
        veil=_veil(state.display),
        **fields,
    )


def _veil(display: Display) -> float:
    """As dark as still can be read, where the panel has no light that could be turned down."""
    is_ours = display.wakefulness is Wakefulness.DIMMED and not display.report.can_dim
    return VEIL if is_ours else 0.0


def changed(view: _Screen, **fields: Any) -> _Screen:
    """The view with some fields changed."""
    return replace(view, **fields)


def paged(scene: Scene, entries: Sequence[_Entry], places: int) -> tuple[tuple[_Entry, ...], ButtonView, int]:
    """The entries of the open page, the button to the next one (empty when all are seen), and the page's number."""
    pages = max(1, -(-len(entries) // places))
    page = scene.page % pages
    shown = tuple(entries[page * places : (page + 1) * places])
    if pages == 1:
        return shown, ButtonView(), 0
    text = scene.language.say("More")
    button = ButtonView(key="more", text=text, icon="caret-right", intent=TurnPage(page=(page + 1) % pages))
    return shown, button, page


def close(scene: Scene) -> ButtonView:
    """Back from a sheet to the conversation."""
    text = scene.language.say("Back to the conversation")
    return ButtonView(key="close", text=text, icon="arrow-left", intent=intents.CloseSheet())


def ltr(scene: Scene, text: str) -> str:
    """What stands so in every language: figures with their sign or unit, addresses, commands."""
    return (
        f"\N{LEFT-TO-RIGHT EMBEDDING}{text}\N{POP DIRECTIONAL FORMATTING}" if scene.language.is_rtl and text else text
    )
