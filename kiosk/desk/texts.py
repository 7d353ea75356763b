"""What a person reads who opens a link that is no good, in German and English. The page's own words are in `page/`."""

from datetime import datetime
from enum import StrEnum


class Closed(StrEnum):
    """Why there is no page behind a link."""

    WRONG = "wrong"
    EARLY = "early"
    EXPIRED = "expired"
    REVOKED = "revoked"
    LATER = "later"
    """The server has no connection to the rooms yet."""


LANGUAGES = ("de", "en")

_TEXTS: dict[str, dict[Closed, tuple[str, str]]] = {
    "de": {
        Closed.WRONG: (
            "Dieser Link stimmt nicht.",
            "Vielleicht fehlt ein Stück. Öffnen Sie bitte den ganzen Link, so wie Sie ihn bekommen haben.",
        ),
        Closed.EARLY: ("Dieser Link gilt noch nicht.", "Er öffnet sich am {when}. Kommen Sie dann bitte wieder."),
        Closed.EXPIRED: (
            "Dieser Link gilt nicht mehr.",
            "Seine Zeit ist vorbei. Die Stelle, die ihn geschickt hat, kann Ihnen einen neuen geben.",
        ),
        Closed.REVOKED: (
            "Dieser Link wurde zurückgenommen.",
            "Die Stelle, die ihn geschickt hat, kann Ihnen einen neuen geben.",
        ),
        Closed.LATER: (
            "Einen Moment bitte.",
            "Der Weg zu den Räumen wird gerade aufgebaut. Laden Sie die Seite bitte gleich noch einmal.",
        ),
    },
    "en": {
        Closed.WRONG: (
            "This link is not right.",
            "A part of it may be missing. Please open the whole link, just as you received it.",
        ),
        Closed.EARLY: ("This link is not open yet.", "It opens on {when}. Please come back then."),
        Closed.EXPIRED: (
            "This link is no longer good.",
            "Its time is over. The office that sent it can give you a new one.",
        ),
        Closed.REVOKED: ("This link was taken back.", "The office that sent it can give you a new one."),
        Closed.LATER: (
            "One moment, please.",
            "The way to the rooms is being set up. Please load this page again in a moment.",
        ),
    },
}


def language_for(accept: str) -> str:
    """The one of our languages that an Accept-Language header likes best; German where it names none."""
    wishes: list[tuple[float, str]] = []
    for part in accept.split(",")[:20]:
        tag, _, weight = part.partition(";q=")
        try:
            wishes.append((float(weight) if weight else 1.0, tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    known = [(weight, tag) for weight, tag in wishes if tag in LANGUAGES and weight > 0]
    return max(known, key=lambda wish: wish[0], default=(1.0, "de"))[1]


def sentences(why: Closed, language: str, when: datetime | None = None) -> tuple[str, str]:
    """Headline and advice; `when`, for EARLY, is in the reader's time zone."""
    headline, advice = _TEXTS[language][why]
    spoken = ""
    if when is not None:
        spoken = f"{when:%d.%m. um %H:%M} Uhr" if language == "de" else f"{when.day} {when:%B at %H:%M}"
    return headline, advice.format(when=spoken)
