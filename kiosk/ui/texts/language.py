"""One language: its sentences, its way to write dates, its direction. Knows no screen and no Kivy."""

import re
from datetime import datetime, tzinfo
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

from msgspec import Struct

from kiosk.consultation.roster import words
from kiosk.contract.directory import Texts
from kiosk.contract.errors import ConfigurationError
from kiosk.ui.texts.calendar import MONTHS, WEEKDAYS

DOMAIN = "rundtisch"
_FIELDS = re.compile(r"EEEE|MMMM|d")
FALLBACK = "de"
"""The directory has every word in this language, and so has the terminal."""
KEYWORDS = {"say": None, "say_in": ((1, "c"), 2), "count_of": (1, 2), "mark": None, "mark_in": ((1, "c"), 2)}
"""Functions whose arguments are sentences, as Babel's extraction wants them."""


class Name(Struct, frozen=True):
    """How a language calls itself."""

    own: str
    short: str
    """For the corner, where only one word has room."""
    is_rtl: bool = False


LANGUAGES = {
    "de": Name("Deutsch", "Deutsch"),
    "de-easy": Name("Leichte Sprache", "Leicht"),
    "en": Name("English", "English"),
    "tr": Name("Türkçe", "Türkçe"),
    "ar": Name("العربية", "العربية", is_rtl=True),
    "uk": Name("Українська", "Українська"),
    "ru": Name("Русский", "Русский"),
}
"""In the order in which they are offered."""


def mark(sentence: str) -> str:
    """Marks a sentence of a table for extraction; it is said later."""
    return sentence


def mark_in(context: str, sentence: str) -> str:
    """Marks a sentence that means something else in another context; `context` is needed again to say it."""
    return sentence


class Language:
    """Says things in one language."""

    def __init__(self, tag: str, catalogue: GNUTranslations) -> None:
        self.tag = tag
        self.name = LANGUAGES[tag]
        self.is_rtl = self.name.is_rtl
        self._catalogue = catalogue

    def say(self, sentence: str, /, **values: object) -> str:
        """A sentence, its `{places}` filled."""
        return self._catalogue.gettext(sentence).format(**values)

    def say_in(self, context: str, sentence: str, /, **values: object) -> str:
        """A sentence whose words depend on what it is about."""
        return self._catalogue.pgettext(context, sentence).format(**values)

    def count_of(self, one: str, many: str, count: int, /, **values: object) -> str:
        """A sentence about `{count}` things, in the plural form that number has in this language."""
        return self._catalogue.ngettext(one, many, count).format(count=count, **values)

    def words(self, texts: Texts) -> str:
        """Words of the directory, in this language or, where it has none, in German."""
        return words(texts, self.tag)

    def clock(self, moment: datetime, zone: tzinfo) -> str:
        """The time of day: 10:42, with Latin digits in every language."""
        return moment.astimezone(zone).strftime("%H:%M")

    def date(self, moment: datetime, zone: tzinfo) -> str:
        """Weekday, day and month: "Dienstag, 24. November"."""
        return self._dated(moment, zone, self.say_in("date", "EEEE, d MMMM"))

    def day(self, moment: datetime, zone: tzinfo) -> str:
        """Day and month: "24. November"."""
        return self._dated(moment, zone, self.say_in("date", "d MMMM"))

    def language(self, tag: str) -> str:
        """What this language calls another one: "Arabisch" for `ar`; empty when it has no word for it."""
        from babel import Locale  # some megabytes of names, for who needs an interpreter

        return str(Locale.parse(self._tongue).languages.get(tag.split("-")[0], ""))

    @property
    def _tongue(self) -> str:
        return self.tag.split("-")[0]

    def _dated(self, moment: datetime, zone: tzinfo, pattern: str) -> str:
        """`pattern` as in CLDR, of these three fields only."""
        day = moment.astimezone(zone)
        names = {"EEEE": WEEKDAYS[self._tongue][day.weekday()], "MMMM": MONTHS[self._tongue][day.month - 1]}
        text = _FIELDS.sub(lambda field: names.get(field[0], str(day.day)), pattern)
        return text[:1].upper() + text[1:]


def tag_for(tag: str) -> str:
    """The language of ours that comes nearest: itself, the one it is a kind of, or German."""
    for candidate in (tag, tag.split("-")[0]):
        if candidate in LANGUAGES:
            return candidate
    return FALLBACK


@cache
def of(tag: str) -> Language:
    """The language with this tag, or the one that comes nearest.

    Raises:
        ConfigurationError: its compiled catalogue is missing or damaged: set-up has to be run.
    """
    known = tag_for(tag)
    path = Path(__file__).parent / known / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        with path.open("rb") as file:
            return Language(known, GNUTranslations(file))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigurationError(
            f"{path}: no usable catalogue ({error}); run `bash provisioning/setup.sh` to compile it"
        ) from None
