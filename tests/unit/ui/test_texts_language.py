"""One language: plural forms, dates, direction, the nearest language, and what happens without a catalogue."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from kiosk.ui import texts
from kiosk.ui.texts import LANGUAGES
from kiosk.ui.texts.calendar import MONTHS, WEEKDAYS

ZONE = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 11, 24, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "date"),
    [
        ("de", "Dienstag, 24. November"),
        ("de-easy", "Dienstag, 24. November"),
        ("en", "Tuesday, 24 November"),
        ("tr", "24 Kasım Salı"),
        ("ar", "الثلاثاء، 24 نوفمبر"),
        ("uk", "Вівторок, 24 листопада"),
        ("ru", "Вторник, 24 ноября"),
    ],
)
def test_a_date_is_written_as_the_language_does(tag, date):
    """Weekday, day and month, with Latin digits."""
    assert texts.of(tag).date(MOMENT, ZONE) == date


@pytest.mark.parametrize("tag", LANGUAGES)
def test_days_and_months_are_those_of_the_locale_data(tag):
    """Every name of the table, as Babel has it; and the direction."""
    locale = Locale.parse(tag.split("-")[0])
    assert WEEKDAYS[locale.language] == tuple(locale.days["format"]["wide"][day] for day in range(7))
    assert MONTHS[locale.language] == tuple(locale.months["format"]["wide"][month] for month in range(1, 13))
    assert texts.of(tag).is_rtl == (locale.text_direction == "rtl")


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_clock_is_the_same_in_every_language(tag):
    """In the room's zone, with Latin digits."""
    assert texts.of(tag).clock(MOMENT, ZONE) == "10:12"


@pytest.mark.parametrize(
    ("tag", "count", "words"),
    [
        ("de", 1, "Diese Seite schließt in 1 Sekunde."),
        ("de", 20, "Diese Seite schließt in 20 Sekunden."),
        ("ar", 1, "تغلق هذه الصفحة بعد ثانية واحدة."),
        ("ar", 2, "تغلق هذه الصفحة بعد ثانيتين."),
        ("ar", 7, "تغلق هذه الصفحة بعد 7 ثوان."),
        ("ar", 20, "تغلق هذه الصفحة بعد 20 ثانية."),
        ("ru", 21, "Страница закроется через 21 секунду."),
        ("ru", 22, "Страница закроется через 22 секунды."),
        ("ru", 12, "Страница закроется через 12 секунд."),
        ("uk", 4, "Сторінка закриється за 4 секунди."),
        ("tr", 2, "Bu sayfa 2 saniye sonra kapanır."),
    ],
)
def test_a_number_takes_the_form_the_language_wants(tag, count, words):
    """Two forms in German, six in Arabic, three in Russian."""
    language = texts.of(tag)
    one, many = "This page closes in {count} second.", "This page closes in {count} seconds."
    assert language.count_of(one, many, count) == words


def test_only_arabic_runs_from_right_to_left():
    """The layout is mirrored for it alone."""
    assert [tag for tag in LANGUAGES if texts.of(tag).is_rtl] == ["ar"]


@pytest.mark.parametrize(
    ("tag", "nearest"),
    [("de", "de"), ("de-AT", "de"), ("de-easy", "de-easy"), ("ar-SY", "ar"), ("fr", "de"), ("", "de")],
)
def test_a_language_that_is_not_ours_is_answered_in_the_nearest(tag, nearest):
    """German where there is no nearer one."""
    assert texts.of(tag).tag == nearest


def test_words_of_the_directory_fall_back_to_german():
    """Easy German to German, and so does everything else."""
    words = {"de": "Jugendamt", "en": "Youth Office"}
    assert [texts.of(tag).words(words) for tag in ("en", "de-easy", "tr")] == ["Youth Office", "Jugendamt", "Jugendamt"]


def test_braces_in_a_name_are_only_braces():
    """A partner may be called anything."""
    assert texts.of("de").say_in("she", "{name} is waiting", name="Frau {x}") == "Frau {x} wartet"


def test_a_language_calls_the_others_by_its_own_words():
    """And says nothing where it knows no word."""
    assert (texts.of("de").language("ar"), texts.of("de").language("gsg")) == ("Arabisch", "")


def test_without_compiled_catalogues_the_set_up_is_named(tmp_path):
    """Nobody has to guess what to do."""
    copytree(
        Path(texts.__file__).parents[2],
        tmp_path / "kiosk",
        ignore=lambda *_: {"media", "desk", "widgets", "__pycache__"},
    )
    (tmp_path / "kiosk/ui/texts/tr/LC_MESSAGES/rundtisch.mo").unlink()
    (tmp_path / "kiosk/ui/texts/en/LC_MESSAGES/rundtisch.mo").write_bytes(b"no catalogue")
    code = "from kiosk.ui import texts\nfor tag in ('de', 'tr', 'en'):\n  try: texts.of(tag); print(tag)\n"
    code += "  except texts.language.ConfigurationError as error: print(error)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    good, missing, damaged = run.stdout.splitlines()
    assert good == "de"
    assert all("bash provisioning/setup.sh" in line for line in (missing, damaged))
    assert "tr/LC_MESSAGES/rundtisch.mo" in missing
