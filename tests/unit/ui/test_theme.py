"""The theme keeps the promises of LOOK.md: contrast, millimetres, letters, forms."""

import itertools

import pytest

from kiosk.contract.state import TextSize
from kiosk.ui.theme import CONTRAST, NORMAL, PANELS, Form, Palette, Rgba, Theme
from kiosk.ui.theme.look import button_look, lamp_look
from kiosk.ui.theme.metrics import measure
from kiosk.ui.views import Kind, Lamp


def contrast(one: Rgba, other: Rgba) -> float:
    """WCAG 2, relative luminance."""

    def luminance(colour: Rgba) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXTS = [("ink", "paper"), ("ink", "card"), ("ink", "sand"), ("ink2", "paper"), ("ink2", "card"), ("pine", "card")]
TEXTS += [("on_strong", ground) for ground in ("pine", "leaf", "plum", "brick")]
TEXTS += [("on_night", "night"), ("on_amber", "amber"), ("ink", "pine_tint"), ("ink", "brick_tint"), ("leaf", "card")]
BOLD = [("leaf", "paper"), ("amber_edge", "paper"), ("brick", "brick_tint")]


@pytest.mark.parametrize("palette", [NORMAL, CONTRAST], ids=["normal", "contrast"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_has_seven_to_one(palette: Palette, text: str, ground: str) -> None:
    """Text stands out from its ground by 7:1."""
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 7


@pytest.mark.parametrize("palette", [NORMAL, CONTRAST], ids=["normal", "contrast"])
@pytest.mark.parametrize(("text", "ground"), BOLD)
def test_bold_text_has_six_to_one(palette: Palette, text: str, ground: str) -> None:
    """The three values that LOOK.md allows in bold only stay above 6:1."""
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 6


@pytest.mark.parametrize("palette", [NORMAL, CONTRAST], ids=["normal", "contrast"])
def test_borders_of_what_can_be_touched_have_three_to_one(palette: Palette) -> None:
    """Whoever sees badly finds the edge of a button."""
    assert contrast(palette.line, palette.paper) >= 3
    assert contrast(palette.line, palette.card) >= 3


FONTS = {
    (1280, 800): (115, 60, 36, 29, 22),
    (1920, 1080): (109, 57, 34, 27, 21),
    (800, 480): (77, 40, 24, 20, 16),
    (720, 1280): (122, 64, 38, 31, 25),
}


@pytest.mark.parametrize("size", FONTS)
def test_letters_are_as_high_as_the_table_says(size: tuple[int, int]) -> None:
    """Font sizes follow from millimetres, the panel's dpi and the distance of the eye."""
    metrics = measure(PANELS[size], is_large=False, is_contrast=False)
    fonts = (metrics.display_px, metrics.headline_px, metrics.action_px, metrics.text_px, metrics.staff_px)
    assert fonts == FONTS[size]


def test_forms_follow_from_the_panel() -> None:
    """Two sizes lie down, one is small, one stands upright; only the big one is wide."""
    assert [panel.form for panel in PANELS.values()] == [Form.LANDSCAPE, Form.LANDSCAPE, Form.SMALL, Form.UPRIGHT]
    assert [panel.is_wide for panel in PANELS.values()] == [False, True, False, False]


def test_primary_targets_are_twenty_millimetres() -> None:
    """LOOK.md: 117, 111, 105 and 165 pixels."""
    assert [panel.mm(20) for panel in PANELS.values()] == [117, 111, 105, 165]


def test_large_letters_are_headlines_and_take_the_narrower_form() -> None:
    """In the size "Groß" every text has the height of a headline."""
    metrics = measure(PANELS[1280, 800], is_large=True, is_contrast=False)
    assert metrics.text_px == metrics.action_px == metrics.headline_px == 60
    assert metrics.form is Form.SMALL


def test_a_switch_reaches_everything_at_once() -> None:
    """Contrast, size and panel change what follows from them, and observers hear of it."""
    theme = Theme()
    heard: list[object] = []
    theme.bind(colours=lambda _, value: heard.append(value), text_px=lambda _, value: heard.append(value))
    theme.is_contrast = True
    assert (theme.border_px, theme.foot_px) == (3, 0)
    theme.panel = PANELS[800, 480]
    assert theme.mm(20) == 105
    theme.text_size = TextSize.LARGE
    assert heard == [CONTRAST, 20, 40]


def test_reset_takes_back_what_the_visitor_chose() -> None:
    """Nothing a visitor chose outlives the session; the panel stays."""
    theme = Theme()
    theme.panel = PANELS[800, 480]
    theme.is_contrast = theme.is_rtl = True
    theme.text_size = TextSize.LARGE
    theme.reset()
    assert (theme.is_contrast, theme.is_rtl, theme.text_size, theme.text_px) == (False, False, TextSize.NORMAL, 20)


@pytest.mark.parametrize("palette", [NORMAL, CONTRAST], ids=["normal", "contrast"])
def test_button_words_can_be_read_in_every_state(palette: Palette) -> None:
    """No kind and no state of a button loses its words."""
    for kind, is_pressed, is_possible in itertools.product(Kind, (False, True), (False, True)):
        look = button_look(kind, is_pressed, is_possible, palette)
        ground = look.ground if look.ground[3] else palette.paper
        assert contrast(look.text, ground) >= 7, (kind, is_pressed, is_possible)


def test_what_is_not_possible_is_dashed_and_has_no_foot() -> None:
    """Never merely pale."""
    look = button_look(Kind.PRIMARY, False, False, NORMAL)
    assert look.is_dashed
    assert not look.has_foot


def test_every_lamp_has_its_own_shape_and_colour() -> None:
    """A state never rests on colour alone."""
    looks = {lamp: lamp_look(lamp, NORMAL) for lamp in Lamp}
    assert len(set(looks.values())) == len(Lamp)
    assert looks[Lamp.ON].is_pill
    assert not looks[Lamp.OFF].is_pill
    assert looks[Lamp.HERE].is_dashed
