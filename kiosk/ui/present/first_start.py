"""A terminal that is not in service yet: how far it is, the code that staff approve, why it does not go on.

Shown until there is an agent, so without what an agent would know: camera, microphone, help.
"""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.contract.enrolment import Status, Step
from kiosk.contract.state import Sheet
from kiosk.ui.present import screen, sheets
from kiosk.ui.present.faults import FAULTS
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.present.top_bar import top_bar
from kiosk.ui.present.views import CornerView, FirstStartView
from kiosk.ui.texts import mark
from kiosk.ui.views import ButtonView, Mood, NoticeView, PlateView, StateView, TimeView

_STEPS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    (mark("Find the server"), (Step.BEGINNING, Step.FINDING_SERVER)),
    (mark("Make a key"), (Step.MAKING_KEY,)),
    (mark("Get the certificate"), (Step.ASKING, Step.WAITING_FOR_YES, Step.STORING)),
    (mark("Start the room"), (Step.DONE,)),
)
_APPROVE = ("provision central enrolment approve {code}", "--terminal {terminal}")
"""Typed on the enrolment server's machine, the same in every language."""


def first_start(scene: Scene, status: Status) -> CornerView | FirstStartView:
    """The screen, or the sheet with language and letters over it."""
    if scene.state.sheet is Sheet.CORNER:
        sheet = sheets.corner(scene)
        return screen.changed(sheet, top=replace(sheet.top, plate=PlateView(), time=TimeView(), help=ButtonView()))
    bar = replace(top_bar(scene), plate=PlateView(), room=scene.setting.room, time=TimeView(), help=ButtonView())
    return screen.changed(screen.fill(scene, FirstStartView, **_what(scene, status)), top=bar)


def _what(scene: Scene, status: Status) -> dict[str, object]:
    say = scene.language.say
    if status.fault is not None:
        what, advice = FAULTS[status.fault]
        return {
            "title": say(what),
            "fault": NoticeView(icon="warning-octagon", text=say(what), detail=say(advice)),
            "seen": screen.ltr(scene, status.seen or status.server),
            "again": _again(scene, status),
        }
    if status.step is Step.WAITING_FOR_YES and status.code:
        values = {"code": status.code, "terminal": status.terminal or "SITE.ROOM"}
        return {
            "title": say("Staff have to approve this code."),
            "code": screen.ltr(scene, status.code if scene.form is Form.UPRIGHT else status.code.replace("-", "\n")),
            "qr": status.qr,
            "ask": say("Approve it on the server:"),
            "command": "\n".join(screen.ltr(scene, line.format(**values)) for line in _APPROVE),
        }
    is_done = status.step is Step.DONE
    title = say("One moment, please.") if is_done else say("This terminal is being set up.")
    return {
        "title": title,
        "steps": tuple(_steps(scene, status.step)),
        "seen": screen.ltr(scene, status.server),
    }


def _steps(scene: Scene, step: Step) -> list[StateView]:
    """Done, under way (the spinner), still to come."""
    now = next(place for place, (_, steps) in enumerate(_STEPS) if step in steps)
    looks = (
        [("check-circle", Mood.OK)] * now
        + [("spinner-gap", Mood.BUSY)]
        + [("hourglass-medium", Mood.IDLE)] * len(_STEPS)
    )
    return [
        StateView(icon=icon, text=scene.language.say(text), mood=mood)
        for (text, _), (icon, mood) in zip(_STEPS, looks, strict=False)
    ]


def _again(scene: Scene, status: Status) -> StateView:
    """When it is tried again; a clock that was set meanwhile makes no sense of the seconds."""
    if status.step is Step.DONE:
        return StateView()
    left = scene.seconds_to(status.at + timedelta(seconds=status.retry_s))
    text = scene.language.say("It is tried again by itself.")
    if 0 < left <= status.retry_s:
        text = scene.language.count_of("Once more in {count} s.", "Once more in {count} s.", left)
    return StateView(icon="arrows-clockwise", text=text, mood=Mood.BUSY)
