"""Everything media is to do, as a function of the state. Nothing is sent before media has said that it is open."""

from kiosk.consultation import roster, rounds, self_test
from kiosk.contract.media import Lamp, Plan, PlannedPeer, Sending, Showing
from kiosk.contract.privacy import LEAKS, Part
from kiosk.contract.state import Consent, Phase, State


def is_cut(state: State) -> bool:
    """Whether media is not believed any more, so that nobody may be connected; see `privacy`."""
    return any(why in LEAKS for why in state.watch.closed.values())


def media_plan(state: State) -> Plan:
    """In a private pause, with the switch on mute, and after a doubt, camera and microphone are closed."""
    session = state.session
    may_hear = Part.MICROPHONE not in state.watch.closed and not state.room.is_mute_switch_on
    may_see = Part.CAMERA not in state.watch.closed
    if session is None:
        return self_test.plan(state.self_test, may_see=may_see, may_hear=may_hear)
    if state.phase is not Phase.SESSION:
        return Plan(
            camera=Sending.HERE if may_see else Sending.OFF,
            microphone=Sending.HERE if may_hear else Sending.OFF,
            volume_pct=session.volume_pct,
        )
    peers = tuple(
        PlannedPeer(
            call=partner.call, has_picture=partner.consent is Consent.ALL, feed=rounds.feed(state, partner.call)
        )
        for partner in roster.all_admitted(state)
    )
    cut = is_cut(state)
    may_send = not session.is_paused and not cut
    return Plan(
        camera=_sending(state, state.media.camera, session.camera_wanted and may_send and may_see),
        microphone=_sending(state, state.media.microphone, session.microphone_wanted and may_send and may_hear),
        is_paused=session.is_paused,
        peers=() if cut else peers,
        volume_pct=session.volume_pct,
        screen=Showing.NOTHING if cut else session.showing,
        still=session.stills,
        seat=None if cut else rounds.seat(state, rounds.ROOM),
        sound_seat=None if cut else rounds.sound_seat(state, rounds.ROOM),
    )


def _sending(state: State, measured: Lamp, is_wanted: bool) -> Sending:
    """First open, then sent: in between the LED is lit, so that it is on before anything leaves."""
    if not is_wanted:
        return Sending.OFF
    return Sending.ON if state.is_media_here and measured in (Lamp.HERE, Lamp.ON) else Sending.HERE
