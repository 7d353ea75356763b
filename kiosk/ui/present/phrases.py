"""Sentences in tables: about persons, whom many languages name by gender, and one for every reason and notice."""

from kiosk.contract.errors import Reason
from kiosk.contract.privacy import Doubt
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
    Reason.MICROPHONE_BUSY: (
        "microphone-slash",
        mark("The microphone is in use elsewhere."),
        mark("Please ask for help."),
    ),
    Reason.LOUDSPEAKER_MISSING: ("speaker-slash", mark("There is no sound."), mark("Please ask for help.")),
    Reason.LOUDSPEAKER_BUSY: (
        "speaker-slash",
        mark("The loudspeaker is in use elsewhere."),
        mark("Please ask for help."),
    ),
    Reason.MEDIA_GONE: ("spinner-gap", mark("Picture and sound are gone."), mark("They will be back in a moment.")),
    Reason.HARDWARE_MISSING: (
        "plugs",
        mark("A part of the room does not answer."),
        mark("You can talk all the same."),
    ),
    Reason.LINE_CHATTERS: ("plugs", mark("A wire of the room is loose."), mark("You can talk all the same.")),
    Reason.LINE_BUSY: ("plugs", mark("A part of the room does not answer."), mark("You can talk all the same.")),
    Reason.BUTTON_STUCK: ("plugs", mark("A button is stuck."), mark("You can talk all the same.")),
    Reason.SENSOR_SILENT: ("plugs", mark("A sensor of the room is silent."), mark("You can talk all the same.")),
    Reason.SHUTTER_STUCK: (
        "video-camera-slash",
        mark("The camera's shutter is stuck."),
        mark("You can take part with sound."),
    ),
    Reason.SWITCHES_DISAGREE: (
        "video-camera-slash",
        mark("The camera's shutter is stuck."),
        mark("You can take part with sound."),
    ),
    Reason.PINS_MISSING: ("plugs", mark("The wires of the room are dead."), mark("You can talk all the same.")),
    Reason.PINS_FORBIDDEN: ("plugs", mark("The wires of the room are dead."), mark("You can talk all the same.")),
    Reason.BUS_SILENT: ("plugs", mark("The wires of the room are dead."), mark("You can talk all the same.")),
    Reason.LINK_WRONG: ("lock-key", mark("This way in is not right."), mark("Please ask for a new one.")),
    Reason.LINK_EXPIRED: ("clock", mark("This way in is not valid now."), mark("Please ask for a new one.")),
    Reason.LINK_REVOKED: ("lock-key", mark("This way in was withdrawn."), mark("Please ask for a new one.")),
    Reason.INTERNAL: ("warning-octagon", mark("Something went wrong here."), mark("Please ask for help.")),
}
"""Icon, what happened, what one can do."""

_CUT = mark("We have cut the connection.")
_NO_CAMERA = mark("We have closed the camera.")
_NO_MICROPHONE = mark("We have closed the microphone.")
DOUBTS: dict[Doubt, tuple[str, str, str]] = {
    Doubt.CAMERA_SENT: ("warning-octagon", mark("The camera did not close."), _CUT),
    Doubt.CAMERA_OPEN: ("warning-octagon", mark("The camera did not close."), _NO_CAMERA),
    Doubt.SHUTTER_OPEN: ("warning-octagon", mark("The camera cover does not close."), _NO_CAMERA),
    Doubt.SHUTTER_SHUT: ("warning-octagon", mark("The camera cover does not open."), _NO_CAMERA),
    Doubt.SHUTTER_FAULT: ("warning-octagon", mark("The camera cover is stuck."), _NO_CAMERA),
    Doubt.MICROPHONE_SENT: ("warning-octagon", mark("The microphone did not close."), _CUT),
    Doubt.MICROPHONE_OPEN: ("warning-octagon", mark("The microphone did not close."), _NO_MICROPHONE),
    Doubt.MUTE_SWITCH: ("warning-octagon", mark("The mute switch did not work."), _CUT),
    Doubt.SWITCH_LOST: ("warning-octagon", mark("The mute switch does not answer."), _NO_MICROPHONE),
    Doubt.SCREEN_SENT: ("warning-octagon", mark("The screen did not stop."), _CUT),
    Doubt.MEDIA_SILENT: ("warning-octagon", mark("Camera and microphone do not answer."), _CUT),
}
"""What is said where camera or microphone were not what they were said to be."""

SWITCH = (
    "microphone-slash",
    mark("The switch on the table is on mute."),
    mark("Please move the switch first."),
)

HARDWARE = {
    "door-sign": mark("The door sign does not answer."),
    "ceiling-light": mark("The light does not answer."),
    "help-button": mark("The help button on the wall does not work."),
    "help-lamp": mark("The help lamp does not answer."),
    "shutter": mark("The camera's shutter is stuck."),
    "privacy-led": mark("The light at the camera does not work."),
    "mute-switch": mark("The switch of the microphone does not work."),
    "start-button": mark("The start button does not work."),
}
"""What is said of a part of the room, by the names of `HardwareFault.part`."""
