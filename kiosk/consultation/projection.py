"""What follows from the state for the monitor (for the room see `room`, for media `plan`). What changed is sent."""

from kiosk.consultation import privacy, wakefulness
from kiosk.consultation.room import room_plan
from kiosk.contract.mqtt import (
    CallDesk,
    CallState,
    Clock,
    Condition,
    DeskState,
    DisplayState,
    PrivacyState,
    SessionState,
)
from kiosk.contract.state import Phase, State


def condition(state: State) -> Condition:
    """Busy from preparation until the goodbye has left the screen; else ready, or sleeping with the screen."""
    if wakefulness.is_asleep(state):
        return Condition.SLEEPING
    return Condition.READY if state.phase in (Phase.IDLE, Phase.TODAY) else Condition.BUSY


def session_state(state: State, clock: Clock = Clock.NTP) -> SessionState:
    """`state/session`; its `time` is the state's, so leave that out when comparing. Lamps are those of `privacy`."""
    session = state.session
    lamps = (privacy.camera(state).lamp.value, privacy.microphone(state).lamp.value)
    if session is None:
        return SessionState(time=state.now, clock=clock, phase=state.phase, camera=lamps[0], microphone=lamps[1])
    links = {peer.call: peer.link.value for peer in state.media.peers}
    return SessionState(
        time=state.now,
        clock=clock,
        phase=state.phase,
        appointment=session.number,
        started=session.started,
        ends=session.ends,
        desks=tuple(
            DeskState(desk=partner.id, standing=partner.standing, link=links.get(partner.call, ""))
            for partner in session.partners
        ),
        camera=lamps[0],
        microphone=lamps[1],
    )


def privacy_state(state: State, clock: Clock = Clock.NTP) -> PrivacyState:
    """`state/privacy`: what plate, LED and door sign say. Its `time` is the state's, as in `session_state`."""
    camera, microphone, room = privacy.camera(state), privacy.microphone(state), state.room
    switch = {True: "on", False: "off", None: "none"}[room.is_mute_switch_on]
    return PrivacyState(
        time=state.now,
        clock=clock,
        camera=camera.lamp,
        camera_reason=camera.why,
        microphone=microphone.lamp,
        microphone_reason=microphone.why,
        shutter=room.shutter,
        mute_switch=switch,
        led=room_plan(state).is_led_on,
    )


def display_state(state: State, clock: Clock = Clock.NTP) -> DisplayState:
    """`state/display`. Its `time` is the state's, as in `session_state`."""
    display, report = state.display, state.display.report
    return DisplayState(
        time=state.now,
        clock=clock,
        state=display.wakefulness,
        is_lit=report.is_lit,
        wanted=display.power,
        power=report.power,
        brightness=report.brightness,
        brightness_pct=report.brightness_pct,
        screen=report.screen,
    )


def call_state(state: State, clock: Clock = Clock.NTP) -> CallState:
    """`state/call`, by desk; who sits there is nobody's business. Its `time` is the state's, as in `session_state`."""
    media, session = state.media, state.session
    if session is None or not media.peers:
        return CallState(time=state.now, clock=clock)
    desks = {partner.call: partner.id for partner in session.partners}
    return CallState(
        time=state.now,
        clock=clock,
        engine=media.engine,
        encoder=media.encoder,
        showing=session.showing,
        desks=tuple(
            CallDesk(
                desk=desks[peer.call],
                link=peer.link,
                quality=peer.quality,
                codec=peer.stats.codec,
                route=peer.stats.route,
                width_px=peer.stats.width_px,
                height_px=peer.stats.height_px,
            )
            for peer in media.peers
            if peer.call in desks
        ),
    )
