"""A state for every screen there is, for eyes (`screens_gallery`) and for the tests of the screens."""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.contract.display import Display, Wakefulness
from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp, MediaReport, Showing
from kiosk.contract.privacy import Doubt, Watch
from kiosk.contract.room import RoomReport
from kiosk.contract.schedule import Appointment, Guest
from kiosk.contract.state import Help, HelpOrigin, Notice, Partner, Phase, Session, Sheet, State
from tests.unit.ui.test_present_everywhere import SCREENS
from tests.unit.ui.visits import APPOINTMENTS, BRANDT, HADDAD, KAYA, OEZDEMIR, a_session, a_state, at, seen, with_peers

_ASKED = Help(asked=at("10:19"), origin=HelpOrigin.SCREEN)
_HERE = MediaReport(camera=Lamp.HERE, microphone=Lamp.HERE)
_FAULT = MediaReport(camera=Lamp.FAULT, camera_reason=Reason.CAMERA_MISSING)
_PLANNED = Session(
    id="s",
    number="4711",
    ends=at("11:10"),
    partners=tuple(
        Partner(id=f"g-{number}", is_guest=True, office=office, name=name)
        for number, (office, name) in enumerate(
            (
                ("Familienkasse", "Herr Brandt"),
                ("Schuldnerberatung", "Frau Özdemir"),
                ("Handwerkskammer Mittelfranken", "Herr Schmidt-Rottluff"),
                ("Ausländerbehörde", "Frau Lange"),
                ("Jugendamt", "Frau Kaya"),
            )
        )
    ),
)
_MANY = tuple(
    Appointment(number=f"48{i:02}", start=at(f"{14 + i // 2}:{i % 2 * 3}0"), end=at(f"{14 + i // 2}:{i % 2 * 3}9"))
    for i in range(5)
)
_LONG = Appointment(
    number="4726",
    start=at("12:15"),
    end=at("12:45"),
    guests=(
        Guest(id="g-2", office="Handwerkskammer Mittelfranken"),
        Guest(id="g-3", office="Integrationsfachdienst Nord"),
        Guest(id="g-4", office="Deutsche Rentenversicherung"),
    ),
)
_PREPARATION = replace(SCREENS["preparation"], media=_HERE)
_ENDED = SCREENS["ended"]
_NOTICE = Notice(kind=Reason.CAMERA_MISSING.value, until=at("23:59"))
_ROUND = with_peers(SCREENS["session"], *(seen(p.call) for p in (BRANDT, OEZDEMIR, HADDAD)))

STATES: dict[str, State] = {
    **SCREENS,
    "idle, in use": a_state("10:41"),
    "idle, greeting": a_state("10:12", display=Display(came_at=at("10:12"))),
    "idle, dimmed": a_state("10:12", display=Display(wakefulness=Wakefulness.DIMMED)),
    "corner, closing": a_state("10:12", sheet=Sheet.CORNER, closes_at=at("10:12") + timedelta(seconds=9)),
    "sleep": a_state("10:12", display=Display(wakefulness=Wakefulness.ASLEEP)),
    "idle, broken": a_state("10:12", hardware_faults=("door-sign",), media=_FAULT),
    "today, many": a_state("10:19", phase=Phase.TODAY, appointments=(*APPOINTMENTS, _LONG, *_MANY)),
    "today, none": a_state("10:19", phase=Phase.TODAY, appointments=()),
    "today, offline": a_state("10:19", phase=Phase.TODAY, is_broker_here=False),
    "preparation": _PREPARATION,
    "preparation, many": replace(_PREPARATION, session=_PLANNED),
    "preparation, broken": replace(_PREPARATION, media=_FAULT),
    "preparation, closing": replace(_PREPARATION, closes_at=at("10:24") + timedelta(seconds=9)),
    "sound, preparation": replace(_PREPARATION, sheet=Sheet.SOUND),
    "sound, off": replace(_PREPARATION, sheet=Sheet.SOUND, media=_FAULT),
    "corner, preparation": replace(_PREPARATION, sheet=Sheet.CORNER),
    "session, laptop": a_session(
        BRANDT,
        HADDAD,
        session={"showing": Showing.LAPTOP},
        media=MediaReport(screen=Lamp.FAULT, screen_reason=Reason.LAPTOP_SILENT),
    ),
    "session, notice": replace(_ROUND, notice=_NOTICE),
    "session, interpreter": a_session(BRANDT, HADDAD),
    "session, door": a_session(BRANDT, KAYA),
    "session, switch": replace(
        _ROUND, room=RoomReport(is_mute_switch_on=True), media=replace(_ROUND.media, microphone=Lamp.OFF)
    ),
    "session, doubt": replace(
        _ROUND,
        watch=Watch(closed={"camera": Doubt.SHUTTER_OPEN}),
        notice=Notice(kind="privacy", until=_ROUND.now + timedelta(seconds=9)),
    ),
    "idle, doubt": replace(SCREENS["idle"], watch=Watch(closed={"camera": Doubt.SHUTTER_FAULT})),
    "help, alone": replace(SCREENS["help"], is_broker_here=False),
    "help, bell": replace(SCREENS["help"], is_broker_here=False, has_help_relay=True),
    "help, nobody": replace(SCREENS["help"], help=replace(_ASKED, is_overdue=True)),
    "help, coming": replace(SCREENS["help"], help=replace(_ASKED, answered=at("10:20"), who="Frau Weber")),
    "help, somebody": replace(SCREENS["help"], help=replace(_ASKED, answered=at("10:20"))),
    "ended, rated": replace(_ENDED, has_rated=True),
    "ended, deleting": replace(_ENDED, deleted_at=None, closes_at=None),
}
"""`nothing` (before the agent has said anything) has no state: `kiosk.ui.present.present_nothing`."""
