"""The catalogues: complete, filled in alike, in plain words, each in its own letters."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from kiosk.ui import texts
from kiosk.ui.texts import DOMAIN, KEYWORDS, LANGUAGES

TEXTS = Path(texts.__file__).parent
PLACE = re.compile(r"{[^}]*}")
LETTERS = {"tr": "LATIN", "en": "LATIN", "de": "LATIN", "de-easy": "LATIN", "ar": "ARABIC", "uk": "CYRILLIC"}
FOREIGN = {"uk": "ыэёъ", "ru": "іїєґ", "de": "ğışİ", "de-easy": "ğışİ"}


def catalogue(tag: str) -> Catalog:
    with (TEXTS / tag / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def messages(tag: str) -> list[Message]:
    return [message for message in catalogue(tag) if message.id]


def key(message: Message) -> tuple[str, str]:
    return (message.context or "", message.id if isinstance(message.id, str) else message.id[0])


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def translations(tag: str) -> Iterator[str]:
    for message in messages(tag):
        if message.context != "date":
            yield from forms(message)


def used() -> set[tuple[str, str]]:
    """Every sentence in the code of the touch app."""
    found = extract_from_dir(TEXTS.parent, [("**.py", "python")], {"**.py": {}}, KEYWORDS)
    return {(context or "", text if isinstance(text, str) else text[0]) for _, _, text, _, context in found}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_sentence_of_the_code_is_in_every_catalogue(tag):
    """Nothing is missing, nothing is left over, nothing is empty or doubtful."""
    there = messages(tag)
    assert {key(message) for message in there} == used()
    assert [message.id for message in there if message.fuzzy or not all(forms(message))] == []


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_fills_in_the_same_places(tag):
    """A plural form that stands for one number only may say it as a word."""
    for message in messages(tag):
        wanted = set(PLACE.findall(key(message)[1]))
        for index, form in enumerate(forms(message)):
            places = set(PLACE.findall(form))
            is_one_number = isinstance(message.id, tuple) and index < {"ar": 3, "uk": 0, "ru": 0}.get(tag, 1)
            assert wanted - ({"{count}"} if is_one_number else set()) <= places <= wanted, (message.id, form)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_lines_break_where_the_english_ones_do(tag):
    """What has two lines in the bar has two lines in every language."""
    for message in messages(tag):
        assert {form.count("\n") for form in forms(message)} == {key(message)[1].count("\n")}, message.id


@pytest.mark.parametrize("tag", ["de", "de-easy", "en"])
def test_a_sentence_has_at_most_ten_words(tag):
    """The rule for all words that customers read."""
    for text in translations(tag):
        for sentence in re.split(r"(?<=[.?!:])\s+", text):
            assert len(sentence.split()) <= 10, sentence


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_is_written_in_its_own_letters(tag):
    """No letter of a neighbour that looks alike or was left behind."""
    script = LETTERS.get(tag, "CYRILLIC")
    for text in translations(tag):
        for letter in PLACE.sub("", text):
            if letter.isalpha():
                assert unicodedata.name(letter).startswith(script), text
            assert letter.lower() not in FOREIGN.get(tag, ""), text


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("How would you like to take part?", "Wie möchten Sie teilnehmen?"),
        ("Touch your language to begin", "Zum Beginnen Ihre Sprache berühren"),
        ("Nobody sees or hears you yet. You decide.", "Noch sieht und hört Sie niemand. Sie entscheiden."),
        ("Did the conversation help you?", "Hat Ihnen das Gespräch geholfen?"),
        ("What do you need help with?", "Wobei brauchen Sie Hilfe?"),
    ],
)
def test_german_says_what_the_pictures_say(sentence, words):
    """The words of the target pictures, to the letter."""
    assert texts.of("de").say(sentence) == words


def test_german_says_nothing_in_capitals_but_the_states_of_the_plate():
    """AN, AUS, NUR HIER and GESTÖRT."""
    capitals = {word for text in translations("de") for word in re.findall(r"\b[A-ZÄÖÜ]{2,}\b", PLACE.sub("", text))}
    assert capitals == {"AN", "AUS", "NUR", "HIER", "GESTÖRT"}
