"""What the parts of a room do in which situation: the words of each role, and the defaults. Pure data and functions.

A rule is a situation, a role or a part's own name, and a word. Of several situations at once the strongest that has a
word for a part counts; in one situation a part's own name counts more than its role, and the file more than this.
"""

from kiosk.contract.room import Sign, Situation
from kiosk.contract.wiring import DoorSign, Face, Light, Name, Parts, Rules

FOLLOW = "follow"
OFF = "off"
ON = "on"
BLINK = "blink"
SHUT = "shut"
SOUND = "sound"

WORDS: dict[str, tuple[str, ...]] = {
    "door-sign": (*(sign.value for sign in Sign), OFF),
    "light": (OFF, "welcome", "talk"),
    "shutter": (FOLLOW, SHUT),
    "privacy-led": (FOLLOW, ON, OFF),
    "help-lamp": (ON, BLINK, OFF),
    "buzzer": (SOUND, OFF),
    "screen-relay": (ON, OFF),
    "amplifier-relay": (ON, OFF),
    "help-relay": (ON, OFF),
}
"""What may be said to a role. A light has its own scenes beside these, or instead."""

ALWAYS: dict[Name, Name] = {
    "door-sign": Sign.FREE,
    "light": OFF,
    "shutter": FOLLOW,
    "privacy-led": FOLLOW,
    "help-lamp": OFF,
    "buzzer": OFF,
    "screen-relay": ON,
    "amplifier-relay": OFF,
    "help-relay": OFF,
}
"""Where no rule says anything else."""

DEFAULTS: Rules = {
    Situation.ASLEEP: {"screen-relay": OFF},
    Situation.OCCUPIED: {"light": "welcome"},
    Situation.TODAY: {"light": "welcome"},
    Situation.PREPARATION: {"door-sign": Sign.BUSY, "light": "talk", "amplifier-relay": ON},
    Situation.SESSION: {"door-sign": Sign.BUSY, "light": "talk", "amplifier-relay": ON},
    Situation.ENDED: {"door-sign": Sign.BUSY, "light": "welcome"},
    Situation.OVERTIME: {"door-sign": Sign.WAIT},
    Situation.NOT_READY: {"door-sign": Sign.NOT_READY},
    Situation.MAINTENANCE: {"door-sign": Sign.NOT_READY},
    Situation.SENDING: {"door-sign": Sign.BUSY},
    Situation.DOUBT: {"shutter": SHUT},
    Situation.HELP_COMING: {"help-lamp": ON},
    Situation.HELP: {"help-lamp": BLINK, "buzzer": SOUND, "help-relay": ON},
    Situation.SILENT_HELP: {"help-relay": ON},
}


def word(rules: Rules, situations: tuple[Situation, ...], role: str, name: str = "") -> str:
    """What is said to a part, or to a role where no name is given."""
    said = ALWAYS[role]
    for situation in sorted(situations, key=list(Situation).index):
        default, own = DEFAULTS.get(situation, {}), rules.get(situation, {})
        said = own.get(name, own.get(role, default.get(role, said)))
    return said


def words(part: Parts, role: str) -> tuple[str, ...]:
    """What may be said to this part; empty for inputs and for what follows no rule."""
    return (OFF, *part.scenes) if isinstance(part, Light) else WORDS.get(role, ())


def face(sign: DoorSign, word: str) -> Face:
    """How the sign says it: as configured, by a lamp of that name, by colours, or by what comes nearest.

    Without a lamp for "please wait" it says "in use", and "not ready" is "in use", blinking.
    """
    if word in sign.shows:
        return sign.shows[Sign(word)]
    if word in sign.lamps:
        return Face(lamps=(word,))
    red, green, blue = ((colour,) if colour in sign.lamps else () for colour in ("red", "green", "blue"))
    if red or green:
        colours = {
            Sign.FREE: Face(lamps=green),
            Sign.BUSY: Face(lamps=red),
            Sign.WAIT: Face(lamps=(*red, *green)) if blue else Face(lamps=red, is_blinking=True),
            Sign.NOT_READY: Face(lamps=blue or (*red, *green), is_blinking=not blue),
        }
        return colours[Sign(word)] if word in set(Sign) else Face(lamps=())
    busy = (Sign.BUSY,) if Sign.BUSY in sign.lamps else tuple(sign.lamps)[:1] if len(sign.lamps) == 1 else ()
    nearest = {
        Sign.BUSY: Face(lamps=busy),
        Sign.WAIT: Face(lamps=busy),
        Sign.NOT_READY: Face(lamps=busy, is_blinking=True),
    }
    return nearest.get(Sign(word), Face(lamps=())) if word in set(Sign) else Face(lamps=())
