"""The seven languages of the terminal: sentences from gettext catalogues, dates and times, words of the directory.

Sentences stand in the code in English. `{tag}/LC_MESSAGES/rundtisch.po` holds each language; set-up compiles them.
After a change of sentences in the code, `tests/unit/ui/test_texts.py` says what is missing or left over in which one.
"""

from kiosk.ui.texts.language import DOMAIN, KEYWORDS, LANGUAGES, Language, Name, mark, mark_in, of, tag_for

__all__ = ["DOMAIN", "KEYWORDS", "LANGUAGES", "Language", "Name", "mark", "mark_in", "of", "tag_for"]
