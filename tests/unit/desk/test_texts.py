"""The words for closed links, and those of the page, in both languages."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.desk import texts
from kiosk.desk.texts import Closed

PAGE = Path(texts.__file__).with_name("page")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "de"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("uk,en;q=0.7,de;q=0.3", "en"),
        ("fr", "de"),
        ("en;q=nonsense", "de"),
        ("en;q=0", "de"),
    ],
)
def test_language_follows_the_browser(header: str, language: str) -> None:
    """The best liked of ours, German where none is."""
    assert texts.language_for(header) == language


@pytest.mark.parametrize("why", list(Closed))
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_reason_has_two_sentences(why: Closed, language: str) -> None:
    """A headline and what to do."""
    headline, advice = texts.sentences(why, language, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    assert headline
    assert advice
    assert "{" not in advice


def test_early_link_says_from_when() -> None:
    """In the way of each language."""
    when = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
    assert "23.11. um 09:05 Uhr" in texts.sentences(Closed.EARLY, "de", when)[1]
    assert "23 November at 09:05" in texts.sentences(Closed.EARLY, "en", when)[1]


def test_page_says_everything_in_both_languages() -> None:
    """The same keys in German and English, every key that the page names, and the same blanks."""
    source = (PAGE / "texts.js").read_text().partition("export const")[0]
    german, english = (dict(re.findall(r"(\w+): '((?:[^'\\]|\\.)*)'", part)) for part in source.split("  en: {"))
    assert german.keys() == english.keys()
    for key, words in german.items():
        assert re.findall(r"\{\w+\}", words) == re.findall(r"\{\w+\}", english[key]), key
    named = set(re.findall(r'data-text="(\w+)"', (PAGE / "index.html").read_text()))
    for path in PAGE.glob("*.js"):
        named |= set(re.findall(r"say\('(\w+)'", path.read_text()))
    assert named <= german.keys()


def test_every_icon_of_the_page_is_in_its_table() -> None:
    """A missing glyph would be an empty box."""
    known = set(re.findall(r"'?([a-z-]+)'?: 0x", (PAGE / "icons.js").read_text()))
    named = set(re.findall(r'data-icon="([a-z-]+)"', (PAGE / "index.html").read_text()))
    for path in PAGE.glob("*.js"):
        named |= set(re.findall(r"icon\('([a-z-]+)'\)", path.read_text()))
    assert named <= known
