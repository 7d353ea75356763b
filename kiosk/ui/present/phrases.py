"""Sentences in tables: about persons, whom many languages name by gender, and one for every reason and notice."""

from kiosk.contract.errors import Reason
from kiosk.ui.texts import Language, mark, mark_in

Phrase = dict[str, str]
"""The same sentence about a woman, a man, and somebody of whom that is not known."""

SHOWS: Phrase = {
    "she": mark_in("she", "{name} is showing her screen"),
    "he": mark_in("he", "{name} is showing his screen"),
    "they": mark_in("they", "{name} is showing a screen"),
}
WAITS: Phrase = {
    "she": mark_in("she", "{name} is waiting"),
    "he": mark_in("he", "{name} is waiting"),
    "they": mark_in("they", "{name} is waiting"),
}
IS_BACK: Phrase = {
    "she": mark_in("she", "{name} is back"),
    "he": mark_in("he", "{name} is back"),
    "they": mark_in("they", "{name} is back"),
}
WOULD_JOIN: Phrase = {
    "she": mark_in("she", "{name} would like to join."),
    "he": mark_in("he", "{name} would like to join."),
    "they": mark_in("they", "{name} would like to join."),
}
SEES_AND_HEARS: Phrase = {
    "she": mark_in("she", "After your yes she sees and hears:"),
    "he": mark_in("he", "After your yes he sees and hears:"),
    "they": mark_in("they", "After your yes this person sees and hears:"),
}
HAS_LEFT: Phrase = {
    "she": mark_in("she", "{name} has left."),
    "he": mark_in("he", "{name} has left."),
    "they": mark_in("they", "{name} has left."),
}
DOES_NOT_COME: Phrase = {
    "she": mark_in("she", "{name} is not coming in today."),
    "he": mark_in("he", "{name} is not coming in today."),
    "they": mark_in("they", "{name} is not coming in today."),
}
SPEAKS: Phrase = {
    "she": mark_in("she", "speaking"),
    "he": mark_in("he", "speaking"),
    "they": mark_in("they", "speaking"),
}

_TITLES = {"Frau": "she", "Ms": "she", "Mrs": "she", "Herr": "he", "Mr": "he"}


def gender(name: str) -> str:
    """`she` or `he` where the partner's own way to write the name says so, else `they`."""
    return _TITLES.get(name.split(" ")[0].rstrip("."), "they")


def about(language: Language, phrase: Phrase, name: str) -> str:
    """The phrase about this person."""
    who = gender(name)
    return language.say_in(who, phrase[who], name=name)


REASONS: dict[Reason, tuple[str, str, str]] = {
    Reason.MALFORMED: ("warning", mark("A message could not be read."), mark("Please try again.")),
    Reason.OVERSIZED: ("warning", mark("A message was too long."), mark("Please try again.")),
    Reason.NOT_AUTHORISED: ("lock-key", mark("That is not allowed here."), mark("Please ask for help.")),
    Reason.VERSION_MISMATCH: ("wrench", mark("Two parts do not fit together."), mark("Please ask for help.")),
    Reason.NETWORK_LOST: ("wifi-slash", mark("The connection is gone."), mark("We are connecting again.")),
    Reason.FAR_SIDE_REFUSED: ("phone-x", mark("The other side said no."), mark("You can call somebody else.")),
    Reason.NO_ANSWER: ("phone-x", mark("Nobody answered."), mark("You can call somebody else.")),
    Reason.CAMERA_MISSING: (
        "video-camera-slash",
        mark("The camera does not answer."),
        mark("You can take part with sound."),
    ),
    Reason.CAMERA_BUSY: (
        "video-camera-slash",
        mark("The camera is in use elsewhere."),
        mark("You can take part with sound."),
    ),
    Reason.LAPTOP_MISSING: ("plugs", mark("The laptop cannot be shown."), mark("Please ask for help.")),
    Reason.LAPTOP_SILENT: ("plugs", mark("No picture comes from the laptop."), mark("Please check its cable.")),
    Reason.MICROPHONE_MISSING: (
        "microphone-slash",
        mark("The microphone does not answer."),
        mark("Please ask for help."),
    ),
    Reason.LOUDSPEAKER_MISSING: ("speaker-slash", mark("There is no sound."), mark("Please ask for help.")),
    Reason.MEDIA_GONE: ("spinner-gap", mark("Picture and sound are gone."), mark("They will be back in a moment.")),
    Reason.HARDWARE_MISSING: (
        "plugs",
        mark("A part of the room does not answer."),
        mark("You can talk all the same."),
    ),
    Reason.LINK_WRONG: ("lock-key", mark("This way in is not right."), mark("Please ask for a new one.")),
    Reason.LINK_EXPIRED: ("clock", mark("This way in is not valid now."), mark("Please ask for a new one.")),
    Reason.LINK_REVOKED: ("lock-key", mark("This way in was withdrawn."), mark("Please ask for a new one.")),
    Reason.INTERNAL: ("warning-octagon", mark("Something went wrong here."), mark("Please ask for help.")),
}
"""Icon, what happened, what one can do."""

HARDWARE = {
    "door-sign": mark("The door sign does not answer."),
    "ceiling-light": mark("The light does not answer."),
    "help-button": mark("The help button on the wall does not work."),
    "help-lamp": mark("The help lamp does not answer."),
}
"""What is said of a part of the room, by the names of `HardwareFault.part`."""
