"""One truth about camera and microphone, out of four sources: capture, senders, shutter, mute switch.

`camera` and `microphone` are what screen, LED, door sign and MQTT show. Where the sources disagree for longer than a
doubt's grace, `settle` closes the part until somebody in the room touches its button again.
"""

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from kiosk.consultation import events
from kiosk.consultation.plan import media_plan
from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp, MediaReport, Plan, Sending, Showing
from kiosk.contract.privacy import Doubt, Part, Said, Sent
from kiosk.contract.room import ShutterPosition
from kiosk.contract.state import Notice, Phase, State

SWITCH = "switch"
GRACE = {
    Doubt.CAMERA_SENT: timedelta(seconds=1),
    Doubt.MICROPHONE_SENT: timedelta(seconds=1),
    Doubt.SCREEN_SENT: timedelta(seconds=1),
    Doubt.MUTE_SWITCH: timedelta(seconds=1),
    Doubt.CAMERA_OPEN: timedelta(seconds=8),
    Doubt.MICROPHONE_OPEN: timedelta(seconds=4),
    Doubt.SHUTTER_OPEN: timedelta(seconds=3),
    Doubt.SHUTTER_SHUT: timedelta(seconds=3),
    Doubt.SHUTTER_FAULT: timedelta(seconds=1),
    Doubt.MEDIA_SILENT: timedelta(seconds=2),
    Doubt.SWITCH_LOST: timedelta(0),
}
"""So long the sources may disagree: a gate closes in 0.1 s, a device in 3, a camera that takes a still in 7."""
SILENCE = timedelta(seconds=4)
"""In a call media tells its counters every second. With the grace it is six: a clock that is set is no silence."""
_SETTLED = timedelta(seconds=0.5)
"""What was on its way when a gate closed has been counted by then."""
_FRESH = timedelta(seconds=2.5)
"""So long a moving counter speaks for the present; media tells its counters every second."""
_SAID = timedelta(seconds=20)
_OPEN = (Lamp.HERE, Lamp.ON)
_PARTS = {
    Doubt.CAMERA_SENT: (Part.CAMERA, Part.MICROPHONE),
    Doubt.MICROPHONE_SENT: (Part.CAMERA, Part.MICROPHONE),
    Doubt.SCREEN_SENT: (Part.CAMERA, Part.MICROPHONE),
    Doubt.MUTE_SWITCH: (Part.CAMERA, Part.MICROPHONE),
    Doubt.MEDIA_SILENT: (Part.CAMERA, Part.MICROPHONE),
    Doubt.MICROPHONE_OPEN: (Part.MICROPHONE,),
    Doubt.SWITCH_LOST: (Part.MICROPHONE,),
}
"""What is closed; else the camera alone. Who sends what it must not is believed about neither part."""


def camera(state: State) -> Said:
    """The most open of what any source says; a doubt before all."""
    if doubt := _doubt(state, Part.CAMERA):
        return Said(lamp=Lamp.FAULT, why=doubt)
    lamp = Lamp.ON if _leaks(state, "camera") else state.media.camera
    return _said(state, lamp, state.media.camera_reason)


def microphone(state: State) -> Said:
    if doubt := _doubt(state, Part.MICROPHONE):
        return Said(lamp=Lamp.FAULT, why=doubt)
    lamp = Lamp.ON if _leaks(state, "microphone") else state.media.microphone
    said = _said(state, lamp, state.media.microphone_reason)
    is_muted = bool(state.room.is_mute_switch_on) and said.lamp is Lamp.OFF
    return replace(said, why=SWITCH) if is_muted else said


def _doubt(state: State, part: Part) -> Doubt | None:
    """What closed it, else what is about to."""
    if part in state.watch.closed:
        return state.watch.closed[part]
    return next(
        (doubt for doubt in map(Doubt, state.watch.doubts) if part in parts(doubt) and _is_over(state, doubt)), None
    )


def _said(state: State, lamp: Lamp, reason: Reason | None) -> Said:
    """Without the media process nothing can be open, which a session does not expect."""
    if state.is_media_here:
        return Said(lamp=lamp, why=reason.value if reason and lamp is Lamp.FAULT else "")
    session = state.session
    is_missed = state.phase is Phase.SESSION and session is not None and not session.is_paused
    return Said(lamp=Lamp.FAULT, why=Reason.MEDIA_GONE) if is_missed else Said()


def is_captured(state: State) -> bool:
    """Whether anything is, or for all we know may be, picked up in the room: what the LED beside the camera says."""
    media, plan = state.media, media_plan(state)
    is_open = any(lamp in _OPEN for lamp in (media.camera, media.microphone))
    return is_open or _may_send(plan) or any(doubt in state.watch.doubts for doubt in _PARTS)


def _may_send(plan: Plan) -> bool:
    return Sending.ON in (plan.camera, plan.microphone)


def parts(doubt: Doubt) -> tuple[Part, ...]:
    """What a doubt closes."""
    return _PARTS.get(doubt, (Part.CAMERA,))


def doubts(state: State) -> Iterator[Doubt]:
    """What does not fit at this moment."""
    plan = media_plan(state)
    yield from _shutter(state, plan)
    if not state.is_media_here:
        return
    media, watch = state.media, state.watch
    if plan.camera is not Sending.ON and (media.camera is Lamp.ON or _leaks(state, "camera")):
        yield Doubt.CAMERA_SENT
    elif plan.camera is Sending.OFF and plan.screen is not Showing.DOCUMENT and media.camera in _OPEN:
        yield Doubt.CAMERA_OPEN
    if plan.microphone is not Sending.ON and (media.microphone is Lamp.ON or _leaks(state, "microphone")):
        yield Doubt.MUTE_SWITCH if state.room.is_mute_switch_on else Doubt.MICROPHONE_SENT
    elif plan.microphone is Sending.OFF and media.microphone in _OPEN:
        yield Doubt.MICROPHONE_OPEN
    if plan.screen is Showing.NOTHING and (media.screen is Lamp.ON or _leaks(state, "screen")):
        yield Doubt.SCREEN_SENT
    if media.peers and _may_send(plan) and watch.reported_at and state.now - watch.reported_at > SILENCE:
        yield Doubt.MEDIA_SILENT


def _shutter(state: State, plan: Plan) -> Iterator[Doubt]:
    position, is_seeing = state.room.shutter, state.media.camera in _OPEN
    is_wanted = plan.camera is not Sending.OFF
    if position is ShutterPosition.FAULT:
        yield Doubt.SHUTTER_FAULT
    elif position is ShutterPosition.OPEN and not is_wanted and not is_seeing:
        yield Doubt.SHUTTER_OPEN
    elif position is ShutterPosition.SHUT and is_wanted and is_seeing:
        yield Doubt.SHUTTER_SHUT


def _leaks(state: State, line: str) -> bool:
    leaked_at = state.watch.leaked_at.get(line)
    return leaked_at is not None and state.now - leaked_at <= _FRESH


def _is_over(state: State, doubt: Doubt) -> bool:
    """Whether its grace is over."""
    return state.now - state.watch.doubts[doubt] >= GRACE[doubt]


def settle(before: State, state: State, event: events.Event) -> State:
    """After all rules about conversations: compares the sources, and closes what they disagree about."""
    if isinstance(event, events.MediaWent):
        state = replace(state, watch=replace(state.watch, sent=Sent(), reported_at=None, leaked_at={}))
    if isinstance(event, events.MediaReported):
        state = _counted(state, event.report)
    state = _with_shut_lines(before, _reopened(before, state, event))
    held = state.watch.doubts
    found = {doubt.value: held.get(doubt, state.now) for doubt in doubts(state)}
    if found != held:
        state = replace(state, watch=replace(state.watch, doubts=found))
    closed = dict(state.watch.closed)
    if before.room.is_mute_switch_on is not None and state.room.is_mute_switch_on is None:
        closed.setdefault(Part.MICROPHONE.value, Doubt.SWITCH_LOST)
    for doubt in map(Doubt, found):
        if _is_over(state, doubt):
            for part in parts(doubt):
                closed.setdefault(part.value, doubt)
    if not closed:
        return state
    is_news = closed.keys() - before.watch.closed.keys() or isinstance(event, intents.SetCamera | intents.SetMicrophone)
    return _closed(_noted(state) if is_news else state, closed)


def _noted(state: State) -> State:
    """Said in words for a while; the plate says it as long as it lasts."""
    return replace(state, notice=Notice(kind="privacy", until=state.now + _SAID))


def _lines(state: State) -> dict[str, bool]:
    """Of each line, whether it may carry anything."""
    plan = media_plan(state)
    return {
        "camera": plan.camera is Sending.ON,
        "microphone": plan.microphone is Sending.ON,
        "screen": plan.screen is not Showing.NOTHING,
    }


def _counted(state: State, report: MediaReport) -> State:
    """A counter that moves between two reports, both well after its line was shut, is a leak."""
    watch = state.watch
    now = Sent(
        frames=sum(peer.frames_sent for peer in report.peers),
        screen_frames=sum(peer.screen_frames_sent for peer in report.peers),
        audio_packets=sum(peer.audio_packets_sent for peer in report.peers),
    )
    moved = {
        "camera": now.frames > watch.sent.frames,
        "microphone": now.audio_packets > watch.sent.audio_packets,
        "screen": now.screen_frames > watch.sent.screen_frames,
    }
    leaked = dict(watch.leaked_at)
    for line, may_send in _lines(state).items():
        since = watch.shut_since.get(line)
        is_settled = watch.reported_at and (since is None or watch.reported_at >= since + _SETTLED)
        if moved[line] and is_settled and not may_send:
            leaked[line] = state.now
    return replace(state, watch=replace(watch, sent=now, reported_at=state.now, leaked_at=leaked))


def _with_shut_lines(before: State, state: State) -> State:
    was, shut = _lines(before), dict(state.watch.shut_since)
    for line, may_send in _lines(state).items():
        if may_send:
            shut.pop(line, None)
        elif was[line]:
            shut[line] = state.now
    return state if shut == state.watch.shut_since else replace(state, watch=replace(state.watch, shut_since=shut))


def _reopened(before: State, state: State, event: events.Event) -> State:
    """A new touch is what opens again, where nothing disagrees any more; or everybody has gone and nothing does."""
    if not state.watch.closed:
        return state
    touched: tuple[Part, ...] = ()
    match event:
        case intents.SetCamera(is_on=True) if state.phase is Phase.SESSION:
            touched = (Part.CAMERA,)
        case intents.SetMicrophone(is_on=True) if state.phase is Phase.SESSION:
            touched = (Part.MICROPHONE,)
        case intents.Choose() | intents.JoinAppointment() | intents.StartWithoutAppointment():
            touched = tuple(Part) if state.phase is not before.phase else ()
    if state.phase is Phase.IDLE:
        touched = tuple(Part)
    doubted = {part for doubt in doubts(state) for part in parts(doubt)}
    closed = {part: why for part, why in state.watch.closed.items() if part not in touched or part in doubted}
    return state if closed == state.watch.closed else replace(state, watch=replace(state.watch, closed=closed))


def _closed(state: State, closed: dict[str, Doubt]) -> State:
    """What is closed is no longer wanted, so that its button opens it again."""
    session = state.session
    if session is not None:
        sees, hears = Part.CAMERA not in closed, Part.MICROPHONE not in closed
        session = replace(
            session,
            camera_wanted=session.camera_wanted and sees,
            microphone_wanted=session.microphone_wanted and hears,
        )
    return replace(state, session=session, watch=replace(state.watch, closed=closed))
