"""From what goes on in the room to what each output is to do. Pure: knows neither pins nor gpiozero."""

from msgspec import Struct

from kiosk.consultation import RoomPlan
from kiosk.contract import rules, wiring
from kiosk.contract.wiring import Parts


class Setting(Struct, frozen=True, kw_only=True):
    """What one output is to do."""

    word: str
    """What the rules say to it."""
    levels: dict[str, float]
    """Its lines as in `wiring.lines`, from 0 to 1 and before polarity; a shutter has one, `open`."""
    is_blinking: bool = False


def settings(room: wiring.Room, plan: RoomPlan) -> dict[str, Setting]:
    """For every part that follows rules, by name."""
    found = {}
    for name, part in room.parts.items():
        role = wiring.role(part)
        if role in rules.ALWAYS:
            word = rules.word(room.rules, plan.situations, role, name)
            found[name] = _setting(part, word, plan)
    return found


def _setting(part: Parts, word: str, plan: RoomPlan) -> Setting:
    match part:
        case wiring.DoorSign():
            face = rules.face(part, word)
            levels = {f"lamps.{lamp}": float(lamp in face.lamps) for lamp in part.lamps}
            return Setting(word=word, levels=levels, is_blinking=face.is_blinking)
        case wiring.Light():
            return Setting(word=word, levels={"pin": brightness(part, word)})
        case wiring.Shutter():
            return Setting(word=word, levels={"open": float(word == rules.FOLLOW and plan.is_shutter_open)})
        case wiring.PrivacyLed() if word == rules.FOLLOW:
            return Setting(word=word, levels={"pin": float(plan.is_led_on)})
        case _:
            level = float(word in (rules.ON, rules.SOUND, rules.BLINK))
            return Setting(word=word, levels={"pin": level}, is_blinking=word == rules.BLINK)


def brightness(light: wiring.Light, scene: str) -> float:
    """From 0 to 1; a scene that the light does not name is its full light."""
    pct = 0 if scene == rules.OFF else light.scenes.get(scene, 100)
    return pct / 100 if light.is_dimmed else float(pct > 0)
