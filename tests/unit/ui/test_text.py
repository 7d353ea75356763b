"""Lines are broken in reading order and drawn in the right one."""

from kiosk.ui.text import break_lines, has_rtl, visual


def by_letters(line: str) -> float:
    """Every letter is ten pixels wide."""
    return len(line) * 10


def test_latin_text_stays_as_it_is() -> None:
    """Nothing happens where nothing has to."""
    assert visual("Frau Özdemir, Raum 2.14", False) == "Frau Özdemir, Raum 2.14"


def test_arabic_letters_are_joined_and_reversed() -> None:
    """The glyphs are presentation forms, drawn from left to right."""
    drawn = visual("عرض", True)
    assert has_rtl(drawn)
    assert drawn != "عرض"
    assert drawn[-1] == "ﻋ"


def test_times_and_names_keep_their_order_in_arabic() -> None:
    """10:42 must not become 24:01, nor Kaya ayaK."""
    drawn = visual("الساعة 10:42 Kaya", True)
    assert "10:42" in drawn
    assert "Kaya" in drawn
    assert drawn.startswith("Kaya")


def test_brackets_and_points_follow_the_direction() -> None:
    """A bracket opens on the right in a right-to-left line."""
    assert visual("(عرض)", True) == "(" + visual("عرض", True) + ")"
    assert visual("عرض [2] (Kaya) 50%", True).startswith("50% (Kaya) [2] ")
    assert visual("Kaya (Jugendamt)", True) == "Kaya (Jugendamt)"
    assert visual("1) عرض", True).endswith("(1")
    assert visual("Hallo.", True) == ".Hallo"


def test_lines_break_at_spaces_and_where_the_text_says() -> None:
    """Words are never cut while they fit."""
    lines = break_lines("Noch sieht Sie\nniemand", 110, by_letters, is_rtl=False).lines
    assert lines == ["Noch sieht", "Sie", "niemand"]


def test_lines_are_broken_before_they_are_reordered() -> None:
    """The first line of an Arabic text holds its first words."""
    lines = break_lines("واحد اثنان ثلاثة", 110, by_letters, is_rtl=True).lines
    assert lines[0] == visual("واحد اثنان", True)
    assert lines[1] == visual("ثلاثة", True)


def test_a_german_sentence_on_an_arabic_screen_keeps_its_points_behind_it() -> None:
    """What partners write, and words of the directory that nobody translated; not a name in Arabic words."""
    assert break_lines("Sie sucht einen Platz.", 0, by_letters, is_rtl=True).lines == ["Sie sucht einen Platz."]
    assert break_lines("Dolmetschen: Arabisch", 130, by_letters, is_rtl=True).lines == ["Dolmetschen:", "Arabisch"]
    assert break_lines("عرض Frau Kaya.", 110, by_letters, is_rtl=True).lines[1] == ".Kaya"
    assert break_lines("- 42", 0, by_letters, is_rtl=True).lines == [visual("- 42", True)]


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    """A word that is too long, and the last line that is allowed."""
    assert break_lines("Schuldnerberatung", 60, by_letters, is_rtl=False) == (["Schul…"], False)
    assert break_lines("eins zwei drei", 60, by_letters, is_rtl=False, max_lines=2) == (["eins", "zwei…"], False)


def test_no_width_means_no_breaks() -> None:
    """A label that hugs its words has no width yet."""
    assert break_lines("eins zwei", 0, by_letters, is_rtl=False) == (["eins zwei"], True)


def test_an_ellipsis_of_the_text_itself_is_no_cut() -> None:
    """Somebody typed it; where words are left out as well, it is one."""
    assert break_lines("und so …", 80, by_letters, is_rtl=False) == (["und so …"], True)
    assert break_lines("undsoweiter…", 80, by_letters, is_rtl=False) == (["undsowe…"], False)


def test_pictographs_leave_no_boxes() -> None:
    """As calendars have them in titles; a title of nothing else is still there to be touched."""
    for text, drawn in (
        ("📅 Erstgespräch", "Erstgespräch"),
        ("Erstgespräch 👩🏽", "Erstgespräch"),
        ("Tee ☕\ufe0f, dann Anfrage → Kammer", "Tee ☕, dann Anfrage → Kammer"),
        ("🇩🇪 Deutsch 🎓\nam Tisch", "Deutsch \nam Tisch"),
        ("🎉", "🎉"),
    ):
        assert break_lines(text, 0, by_letters, is_rtl=False).lines == drawn.split("\n")
