"""The screens of a running session on every panel: nothing lies on anything else, everything can be hit and read."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.media import Quality, Showing
from kiosk.contract.state import Consent, Notice, Sheet, Standing, State, TextSize
from kiosk.ui.present import present
from kiosk.ui.present.views import ScreenView
from tests.ui.stage import Glass
from tests.unit.ui.test_present_everywhere import OVER, SHOWING
from tests.unit.ui.test_present_needs import RING
from tests.unit.ui.visits import (
    BRANDT,
    DIRECTORY,
    HADDAD,
    KAYA,
    OEZDEMIR,
    SETTING,
    a_partner,
    a_session,
    at,
    busy,
    free,
    seen,
    sheet,
    with_peers,
)

EXPECTED = {"standing": Standing.EXPECTED, "consent": Consent.NONE, "admitted_at": None}
WHY = "Sie sucht mit Ihnen einen Platz in der Kita und braucht dafür noch den Bescheid und zwei Unterschriften."
LONG = a_partner("g-1", "Herr Petersen-Wolkenstein", office="Handwerkskammer", is_guest=True, is_muted=True)
MORE = tuple(replace(LONG, id=f"g-{i}", call=f"call-g-{i}") for i in (2, 3))
SHARING = replace(BRANDT, is_sharing=True)
PRESENCE = {**free("words-2", "words-3", "debts-1"), "youth-1": busy("10:50")}


def heard(state: State, *calls: str) -> State:
    """The state while these speak."""
    assert state.session is not None
    admitted = [partner for partner in state.session.partners if partner.standing is Standing.ADMITTED]
    return with_peers(state, *(seen(partner.call, is_speaking=partner.call in calls) for partner in admitted))


WORDY = replace(
    DIRECTORY,
    needs=tuple(replace(need, name={"de": "Anerkennung von Abschlüssen aus dem Ausland"}) for need in DIRECTORY.needs),
)
ROUND = heard(a_session(SHARING, HADDAD, KAYA, presence=PRESENCE), SHARING.call)
CROWD = a_session(SHARING, OEZDEMIR, LONG, *MORE, HADDAD, KAYA, presence=PRESENCE)
STATES: dict[str, State] = {
    "shown screen": ROUND,
    "nobody waits": a_session(SHARING, HADDAD),
    "more partners": CROWD,
    "more partners, nobody waits": a_session(SHARING, OEZDEMIR, LONG, *MORE, HADDAD),
    "speaker": heard(a_session(BRANDT, HADDAD, KAYA), BRANDT.call),
    "one partner": a_session(BRANDT),
    "one partner, one waits": a_session(BRANDT, KAYA),
    "alone": a_session(replace(BRANDT, **EXPECTED), replace(OEZDEMIR, **EXPECTED), replace(LONG, **EXPECTED)),
    "alone, one waits": a_session(replace(BRANDT, **EXPECTED), KAYA),
    "nobody": a_session(),
    "paused": a_session(SHARING, HADDAD, session={"is_paused": True}),
    "five minutes": a_session(SHARING, HADDAD, KAYA, clock="11:06", appointments=()),
    "one minute": a_session(SHARING, HADDAD, clock="11:09"),
    "time is up": a_session(SHARING, HADDAD, KAYA, clock="11:12"),
    "door": sheet(ROUND, Sheet.DOOR, at_door=KAYA.call),
    "door, many words": sheet(
        a_session(replace(KAYA, name="Frau Dr. Kaya-Hohenstein", why=WHY)), Sheet.DOOR, at_door=KAYA.call
    ),
    "needs": sheet(ROUND, Sheet.NEEDS),
    "needs, many words": replace(sheet(ROUND, Sheet.NEEDS), directory=WORDY),
    "desks": sheet(ROUND, Sheet.DESKS, chosen_need="arabic"),
    "desks, nobody": sheet(a_session(BRANDT), Sheet.DESKS, chosen_need="arabic"),
    "ringing": sheet(ROUND, Sheet.RINGING, ring=RING, chosen_need="arabic"),
    "ringing, over": sheet(ROUND, Sheet.RINGING, ring=OVER, chosen_need="arabic"),
    "end": sheet(ROUND, Sheet.END),
    "end, many": sheet(CROWD, Sheet.END),
    "end, one": sheet(a_session(BRANDT), Sheet.END),
    "show": sheet(ROUND, Sheet.SHOW),
    "show, many": sheet(CROWD, Sheet.SHOW),
    "show, nobody": sheet(a_session(), Sheet.SHOW),
    "show, showing": sheet(SHOWING, Sheet.SHOW),
    "showing": SHOWING,
    "showing, somebody waits, five minutes": a_session(
        SHARING, HADDAD, KAYA, clock="11:06", appointments=(), session={"showing": Showing.DOCUMENT}
    ),
    "weak": with_peers(
        a_session(replace(BRANDT, is_muted=True), HADDAD),
        seen(BRANDT.call, quality=Quality.WEAK),
        seen(HADDAD.call, quality=Quality.INTERRUPTED),
    ),
}
SIZES = ((1280, 800), (1920, 1080), (800, 480), (720, 1280))
every_state = pytest.mark.parametrize("name", STATES)
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def host(glass: Glass) -> Any:
    """The place of the screens; may be bigger than the window."""
    from kiosk.ui.screens import Host

    return glass.place(Host(size_hint=(None, None)))


def settle() -> None:
    """Give every layout its turns, without drawing: much quicker than frames."""
    from kivy.clock import Clock
    from kivy.lang import Builder

    for _ in range(8):
        Clock.tick()
        Builder.sync()
        Clock.tick_draw()
        Builder.sync()


def show(host: Any, state: State, size: tuple[int, int], *, before: ScreenView | None = None) -> ScreenView:
    """Show a state on a panel of this size, as after a start."""
    from kiosk.ui.present import Form
    from kiosk.ui.theme import PANELS, theme

    theme.panel = PANELS[size]
    host.size = size
    form = Form.WIDE if theme.is_wide else Form(theme.panel.form.value)
    view = present(state, replace(SETTING, form=form), state.now, before=before)
    host.show(view)
    settle()
    return view


def seen_below(root: Any, kind: type[Any]) -> Iterator[Any]:
    """Widgets of a kind that are on the glass."""
    for child in root.children:
        if not getattr(child, "is_shown", True) or child.x < -1e4 or child.width < 1 or child.height < 1:
            continue
        if isinstance(child, kind):
            yield child
        yield from seen_below(child, kind)


def box(widget: Any) -> tuple[float, float, float, float]:
    """Left, low, right, high; of the words themselves where it is a text."""
    if not hasattr(widget, "text_width"):
        return widget.x, widget.y, widget.right, widget.top
    to_left = (widget.align == "start") != widget.is_mirrored
    x = widget.x if to_left else widget.right - widget.text_width
    x = widget.center_x - widget.text_width / 2 if widget.align == "center" else x
    y = widget.top - widget.text_height if widget.rises else widget.center_y - widget.text_height / 2
    return x, y, x + widget.text_width, y + widget.text_height


def overlap(one: Any, other: Any, tolerance: float = 0) -> bool:
    """Whether two boxes have more than the tolerance in common."""
    a, b = box(one), box(other)
    return min(a[2], b[2]) - max(a[0], b[0]) > tolerance and min(a[3], b[3]) - max(a[1], b[1]) > tolerance


def is_inside(widget: Any, root: Any, tolerance: float = 0) -> bool:
    """Whether all of it lies on the glass."""
    x, y, right, top = box(widget)
    return x >= -tolerance and y >= -tolerance and right <= root.width + tolerance and top <= root.height + tolerance


def faults(host: Any, *, is_text_checked: bool = True) -> list[str]:
    """What is wrong on the glass."""
    from kiosk.ui.theme import theme
    from kiosk.ui.widgets import Text, Tile, Touchable

    controls = [part for part in seen_below(host, Touchable) if part.meaning is not None or not isinstance(part, Tile)]
    texts = [text for text in seen_below(host, Text) if text.text]
    found = [f"{part.speech!r} leaves the glass" for part in controls if not is_inside(part, host)]
    low = theme.mm(15) - 1
    touched = [part for part in controls if part.meaning is not None]
    found += [f"{part.speech!r} is {part.height} px high" for part in touched if min(part.size) < low]
    found += [f"{a.speech!r} lies on {b.speech!r}" for a, b in combinations(touched, 2) if overlap(a, b)]
    if is_text_checked:
        found += [f"{text.text!r} leaves the glass" for text in texts if not is_inside(text, host, 2)]
        # A line has air above and below its letters.
        air = theme.text_px * 0.2
        found += [f"{a.text!r} lies on {b.text!r}" for a, b in combinations(texts, 2) if overlap(a, b, air)]
        for part in controls:
            for text in seen_below(part, Text):
                x, y, right, top = box(text)
                is_wide, is_high = x < part.x - 1 or right > part.right + 1, y < part.y - air or top > part.top + air
                if text.text and (is_wide or is_high):
                    found.append(f"{text.text!r} leaves {part.speech!r}")
    return found


@every_size
@every_state
def test_nothing_lies_on_anything_and_all_can_be_hit(glass: Glass, host: Any, name: str, size: tuple[int, int]) -> None:
    """In a short, a long and a right-to-left language; the words lie where nothing else does."""
    for tag in ("de", "ar", "ru"):
        show(host, replace(STATES[name], language=tag), size)
        assert faults(host) == [], tag


@every_size
@every_state
def test_large_letters_fit(glass: Glass, host: Any, name: str, size: tuple[int, int]) -> None:
    """Every target keeps its size and its place on the glass; high contrast moves nothing."""
    state = replace(STATES[name], text_size=TextSize.LARGE, is_high_contrast=True)
    show(host, replace(state, language="uk"), size)
    assert faults(host) == []


@every_size
@every_state
def test_every_intent_of_the_view_can_be_touched(glass: Glass, host: Any, name: str, size: tuple[int, int]) -> None:
    """And comes out of the host as the agent is to get it; on narrow panels pause may be missing on sheets."""
    from kiosk.ui.widgets import Touchable
    from tests.unit.ui.test_present_everywhere import parts

    view = show(host, STATES[name], size)
    wanted = {
        part.key: part.intent
        for part in parts(view)
        if getattr(part, "intent", None) is not None and getattr(part, "is_possible", True)
    }
    said: list[object] = []
    host.bind(on_intent=lambda _, intent: said.append(intent))
    there = {part.view.key: part for part in seen_below(host, Touchable) if part.view.key in wanted}
    assert set(wanted) - set(there) <= (
        {"pause", "more-time"} if size == (720, 1280) and "session" not in type(view).__name__.lower() else set()
    )
    for key, part in there.items():
        part.activate()
        assert said.pop() == wanted[key], key
        assert not said


def test_a_finger_on_the_chip_opens_the_door(glass: Glass, host: Any) -> None:
    """Through the window, as on the real panel."""
    from kiosk.ui.widgets import Chip

    show(host, ROUND, (1280, 800))
    said: list[object] = []
    host.bind(on_intent=lambda _, intent: said.append(intent))
    (chip,) = seen_below(host, Chip)
    glass.rest()
    glass.touch(chip)
    assert said == [intents.OpenDoor(call=KAYA.call)]


def test_exactly_one_thing_has_the_big_place(glass: Glass, host: Any) -> None:
    """A shown screen, a speaker, or the table; each asks for its own pictures only."""
    from kiosk.ui.widgets import Stage, TableDrawing, Tile

    big = []
    for name in ("shown screen", "speaker", "nobody"):
        show(host, STATES[name], (1280, 800))
        parts = [part for kind in (Stage, Tile, TableDrawing) for part in seen_below(host, kind)]
        big.append(max(parts, key=lambda part: part.width * part.height))
    assert [type(part) for part in big] == [Stage, Tile, TableDrawing]
    show(host, ROUND, (1280, 800))
    (stage,) = seen_below(host, Stage)
    assert stage.picture.tile == f"{SHARING.call}/screen"
    assert sorted(tile.picture.tile for tile in seen_below(host, Tile)) == sorted(
        f"{p.call}/camera" for p in (SHARING, HADDAD)
    )


@every_size
def test_an_interpreter_is_never_behind_the_button_for_more(glass: Glass, host: Any, size: tuple[int, int]) -> None:
    """Two tiles, three on a wide panel; the others are behind "+2"."""
    from kiosk.ui.widgets import CornerButton, Tile

    show(host, CROWD, size)
    tiles = list(seen_below(host, Tile))
    assert len(tiles) == (3 if size == (1920, 1080) else 2)
    assert any(tile.view.is_interpreter for tile in tiles)
    more = [part.view for part in seen_below(host, CornerButton) if part.view.key == "more-partners"]
    assert [view.intent for view in more] == [intents.OpenShow()]


def test_a_tile_keeps_its_picture_while_others_come_and_go(glass: Glass, host: Any) -> None:
    """The same widget shows the same partner; no other picture is shown in it for a moment."""
    from kiosk.ui.widgets import Tile

    def tile_of(call: str) -> Any:
        return next(tile for tile in seen_below(host, Tile) if tile.view.key == f"{call}/camera")

    show(host, ROUND, (1280, 800))
    before = tile_of(HADDAD.call)
    show(host, CROWD, (1280, 800))
    assert tile_of(HADDAD.call) is before
    show(host, a_session(SHARING, HADDAD), (1280, 800))
    assert tile_of(HADDAD.call) is before


@every_size
def test_a_notice_hides_no_button_of_the_bottom_bar(glass: Glass, host: Any, size: tuple[int, int]) -> None:
    """The toast stands below the top bar."""
    from kiosk.ui.widgets import BarButton, Toast

    show(host, replace(ROUND, notice=Notice(kind="time-10", until=at("10:47"))), size)
    (toast,) = seen_below(host, Toast)
    assert toast.view.text
    assert not any(overlap(toast, button) for button in seen_below(host, BarButton))
