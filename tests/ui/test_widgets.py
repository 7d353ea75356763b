"""Parts follow their view, the theme and the direction of the language."""

import gc
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.ui.views import ButtonView, Kind, StageView, TileView
from kiosk.ui.views import Picture as Look
from tests.ui import mock_views as views
from tests.ui.stage import Glass
from tests.unit.ui.visits import BRANDT, KAYA, a_session, a_state, shown


def rgb(colour: Any) -> tuple[int, ...]:
    """A colour of the palette as pixels have it."""
    return tuple(round(part * 255) for part in colour[:3])


def test_a_new_view_changes_the_part(glass: Glass) -> None:
    """`.kv` follows `root.view`."""
    from kiosk.ui.widgets import Tile

    tile = Tile(view=TileView(name="Herr Brandt"))
    glass.put(tile)
    assert tile.ring_px == 0
    tile.view = TileView(name="Frau Kaya", speaks_text="spricht")
    assert tile.ids.pair.title == "Frau Kaya"
    assert tile.ring_px > 0


def test_contrast_switches_what_is_on_the_glass(glass: Glass) -> None:
    """At run time, without a new screen."""
    from kiosk.ui.theme import CONTRAST, NORMAL, theme
    from kiosk.ui.widgets import TouchButton

    button = TouchButton(view=ButtonView(text=" ", kind=Kind.PRIMARY), size_hint=(None, None), width=300)
    glass.put(button)
    assert glass.pixel(*button.center) == rgb(NORMAL.pine)
    theme.is_contrast = True
    glass.settle()
    assert glass.pixel(*button.center) == rgb(CONTRAST.pine)


def test_a_row_is_mirrored_with_the_language(glass: Glass) -> None:
    """The plate is first: left in German, right in Arabic; help is last."""
    from kiosk.ui.theme import theme
    from kiosk.ui.widgets import TopBar

    bar = TopBar(view=views.SESSION_BAR)
    glass.put(bar)
    plate, help_button = bar.ids.plate, bar.children[0]
    assert plate.x == 0
    assert help_button.right == bar.right
    theme.is_rtl = True
    glass.settle()
    assert plate.right == bar.right
    assert help_button.x == 0


def test_arrows_turn_round_and_cameras_do_not(glass: Glass) -> None:
    """Only what points along the line of reading is mirrored."""
    from kiosk.ui.theme import theme
    from kiosk.ui.widgets import Icon, Row

    row = Row()
    icons = [Icon(icon=name, size_px=60) for name in ("arrow-left", "video-camera")]
    for icon in icons:
        row.add_widget(icon)
    glass.put(row)
    before = [icon._glyph.tex_coords for icon in icons]
    theme.is_rtl = True
    glass.settle()
    after = [icon._glyph.tex_coords for icon in icons]
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_sizes_follow_the_panel(glass: Glass) -> None:
    """A primary button is 20 mm high on every glass."""
    from kiosk.ui.theme import PANELS, theme
    from kiosk.ui.widgets import TouchButton

    button = TouchButton(view=ButtonView(text="Fertig"))
    glass.put(button)
    assert button.height == 117
    theme.panel = PANELS[720, 1280]
    glass.settle()
    assert button.height == 165


def test_a_hidden_part_takes_no_room(glass: Glass) -> None:
    """A button without words is not there."""
    from kiosk.ui.widgets import Row, TouchButton

    row = Row(spacing=20)
    first, second = TouchButton(view=ButtonView()), TouchButton(view=ButtonView(text="Fertig"))
    row.add_widget(first)
    row.add_widget(second)
    glass.put(row)
    assert second.width == row.width
    first.view = ButtonView(text="Ändern")
    glass.settle()
    assert second.width == (row.width - 20) / 2


def test_a_tile_stays_the_same_when_the_order_changes(glass: Glass) -> None:
    """The key decides, so that no picture jumps to another partner."""
    from kiosk.ui.widgets import Grid

    grid = Grid(kind="Tile", shelves=[[1], [1]], entries=views.TILES)
    glass.put(grid)
    brandt = grid.child_of("brandt")
    grid.entries = tuple(reversed(views.TILES))
    glass.settle()
    assert grid.child_of("brandt") is brandt
    assert brandt is not None
    assert brandt.y < glass.window.height / 2 - brandt.height / 2
    grid.entries = views.TILES[1:]
    assert grid.child_of("brandt") is None


def test_long_words_get_smaller_before_they_are_cut(glass: Glass) -> None:
    """What a lamp says is always readable to its end."""
    from kiosk.ui.widgets import Row, Text

    row = Row(size_hint=(None, None), size=(200, 40))
    text = Text(text="Kamera NUR HIER", shrinks=True, max_lines=1)
    row.add_widget(text)
    glass.put(row)
    assert 150 < text.text_width <= 200


def test_an_ellipsis_somebody_typed_makes_no_letters_smaller(glass: Glass) -> None:
    """What fits stands in full size, and nothing counts as cut."""
    from kiosk.ui.widgets import Text

    plain, dotted = (Text(text=words, shrinks=True, max_lines=1) for words in ("Ich warte", "Ich warte …"))
    for text in (plain, dotted):
        glass.put(text)
    assert dotted.text_width > plain.text_width
    assert not dotted.is_cut


def test_a_stage_shows_all_of_a_screen_and_fills_with_a_person(glass: Glass) -> None:
    """Nothing of a shown page is cut off."""
    from kiosk.ui.widgets import Stage

    stage = Stage(view=StageView(text="Herr Brandt zeigt seinen Bildschirm"))
    glass.put(stage)
    assert stage.picture.fit == "contain"
    stage.view = StageView()
    assert stage.picture.fit == "cover"


def test_parts_that_are_gone_are_forgotten(glass: Glass) -> None:
    """The theme outlives every screen and must not keep one."""
    from kiosk.ui.widgets import Tile, TopBar

    tile, bar = Tile(view=views.TILES[0]), TopBar(view=views.SESSION_BAR)
    glass.put(tile)
    glass.put(bar)
    glass.clear()
    gone = [weakref.ref(tile), weakref.ref(bar)]
    del tile, bar
    glass.settle()
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


@pytest.mark.parametrize("language", ["de", "ar"])
def test_no_name_stays_in_memory_when_a_screen_is_left(glass: Glass, language: str) -> None:
    """The goodbye says that names were deleted: they are, also where lines are kept ready to be drawn again."""
    from kiosk.ui.garbage import Garbage
    from kiosk.ui.screens import Host

    host, garbage = glass.place(Host()), Garbage()
    word = "".join(("Quitten", "baum"))  # no constant of this file
    name = f"Frau {word}"
    host.show(shown(a_session(replace(BRANDT, name=name), replace(KAYA, name=name), language=language)))
    glass.settle()
    assert list(holders(word))
    garbage.wait()
    host.show(shown(a_state("10:12")))
    glass.settle()
    assert list(holders(word)) == []


def holders(word: str) -> Iterator[str]:
    """Lines with this word that something keeps, but for the running tests themselves."""
    for one in gc.get_objects():
        if type(one) is not FrameType:
            yield from (kept for kept in gc.get_referents(one) if type(kept) is str and word in kept and word != kept)


def test_only_a_connecting_tile_moves(glass: Glass) -> None:
    """A still screen asks for no frames; with reduced motion nothing does."""
    from kiosk.ui.theme import theme
    from kiosk.ui.widgets import Tile, WaitingIcon

    tile = Tile(view=views.TILES[0])
    glass.put(tile)
    waiting = next(part for part in tile.walk() if isinstance(part, WaitingIcon))
    turning = [waiting.is_turning]
    tile.view = TileView(name="Herr Petersen", picture=Look.CONNECTING)
    turning.append(waiting.is_turning)
    theme.is_still = True
    turning.append(waiting.is_turning)
    assert turning == [False, True, False]


def test_a_bar_is_filled_as_far_as_its_share(glass: Glass) -> None:
    """Along the line of reading, so from the right in Arabic; from below when it is upright."""
    from kiosk.ui.theme import NORMAL, theme
    from kiosk.ui.widgets import LevelBar

    bar = glass.put(LevelBar(share=0.5, size_hint=(None, None), size=(200, 40), pos=(100, 100), edge_px=2))

    def filled() -> list[bool]:
        glass.settle()
        middle = bar.center_x, bar.center_y
        first, last = ((bar.x + 50, middle[1]), (bar.right - 50, middle[1]))
        if bar.is_upright:
            first, last = ((middle[0], bar.y + 50), (middle[0], bar.top - 50))
        return [glass.pixel(*place) == rgb(NORMAL.leaf) for place in (first, last)]

    assert filled() == [True, False]
    theme.is_rtl = True
    assert filled() == [False, True]
    bar.is_upright, bar.size = True, (40, 200)
    assert filled() == [True, False]
    bar.share = 1.0
    assert filled() == [True, True]
    bar.share = 0.0
    assert filled() == [False, False]


def test_what_is_not_seen_is_not_drawn(glass: Glass) -> None:
    """A hidden part, one without words, one without a colour; and all of them again when they are seen."""
    from kiosk.ui.widgets import Icon, Row, Surface, Text

    def drawn(widget: Any) -> list[str]:
        found: list[Any] = [widget.canvas]
        for group in found:
            found += getattr(group, "children", [])
        return [name for one in found if (name := type(one).__name__) in ("Mesh", "Rectangle", "Color")]

    row = Row()
    parts = [Icon(icon="globe", size_px=60), Text(text="Hallo"), Surface(ground=[1, 0, 0, 1])]
    for part in parts:
        row.add_widget(part)
    glass.put(row)
    seen = [drawn(part) for part in parts]
    assert seen == [["Color", "Rectangle"], ["Color", "Rectangle"], ["Color", "Mesh"]]
    for part in parts:
        part.is_shown = False
    glass.settle()
    assert [drawn(part) for part in parts] == [[], [], []]
    for part in parts:
        part.is_shown = True
    parts[2].ground = [0, 0, 0, 0]
    glass.settle()
    assert [drawn(part) for part in parts] == [*seen[:2], []]
