"""What follows from the state for media, the room and the monitor. The agent compares and sends what changed."""

from enum import StrEnum

from msgspec import Struct

from kiosk.consultation import roster, rounds, schedule
from kiosk.contract.media import Plan, PlannedPeer, Sending
from kiosk.contract.mqtt import CallDesk, CallState, Clock, Condition, DeskState, SessionState
from kiosk.contract.state import Consent, Phase, State


class Sign(StrEnum):
    """What the door sign says."""

    FREE = "free"
    BUSY = "busy"
    """In use."""
    WAIT = "wait"
    """Please wait: a session runs into the next booking."""


class RoomPlan(Struct, frozen=True, kw_only=True):
    """What the wires of the room are to show."""

    sign: Sign
    ceiling_light: bool
    help_lamp: bool


def media_plan(state: State) -> Plan:
    """Everything media is to do; in a private pause camera and microphone are closed."""
    session = state.session
    if session is None:
        return Plan()
    if state.phase is not Phase.SESSION:
        return Plan(camera=Sending.HERE, microphone=Sending.HERE, volume_pct=session.volume_pct)
    peers = tuple(
        PlannedPeer(
            call=partner.call, has_picture=partner.consent is Consent.ALL, feed=rounds.feed(state, partner.call)
        )
        for partner in roster.all_admitted(state)
    )
    return Plan(
        camera=Sending.ON if session.camera_wanted and not session.is_paused else Sending.OFF,
        microphone=Sending.ON if session.microphone_wanted and not session.is_paused else Sending.OFF,
        is_paused=session.is_paused,
        peers=peers,
        volume_pct=session.volume_pct,
        screen=session.showing,
        still=session.stills,
        seat=rounds.seat(state, rounds.ROOM),
        sound_seat=rounds.sound_seat(state, rounds.ROOM),
    )


def room_plan(state: State) -> RoomPlan:
    """Door sign, ceiling light and the lamp in the help button."""
    return RoomPlan(sign=_sign(state), ceiling_light=state.phase is not Phase.IDLE, help_lamp=state.is_help_asked)


def _sign(state: State) -> Sign:
    if state.phase in (Phase.IDLE, Phase.TODAY):
        return Sign.FREE
    if state.phase is Phase.SESSION and schedule.is_next_waiting(state):
        return Sign.WAIT
    return Sign.BUSY


def condition(state: State) -> Condition:
    """Busy from preparation until the goodbye has left the screen; ready otherwise."""
    return Condition.READY if state.phase in (Phase.IDLE, Phase.TODAY) else Condition.BUSY


def session_state(state: State, clock: Clock = Clock.NTP) -> SessionState:
    """`state/session`; its `time` is the state's, so leave that out when comparing. Lamps are as media measured."""
    session = state.session
    lamps = (state.media.camera.value, state.media.microphone.value)
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
