"""What follows from the state for partners: where they stand, what they may see, with whom they may signal."""

from collections.abc import Sequence
from datetime import timedelta

from kiosk.consultation import roster, rounds, schedule
from kiosk.contract.media import IceServer, Showing
from kiosk.contract.partner import Door, HelpCall, Invitation, Invitations, PeerView, RoomView, Rung
from kiosk.contract.schedule import Appointment
from kiosk.contract.state import Consent, Partner, Phase, RungDesk, Standing, State

ROOM = rounds.ROOM
"""What the room is called among peers, see `kiosk.contract.media.Signal`."""
_AHEAD = timedelta(hours=24)


def room_key(state: State, call: str) -> str:
    """The room's secret key for what is said with `call`: that of the time it knocked, else (a new call) today's."""
    partner = roster.by_call(state, call)
    return partner.room_key if partner and partner.room_key else state.key


def invited(state: State) -> tuple[str, ...]:
    """Desks and guests that have an invitation; who is no longer among them has it taken back."""
    return tuple(sorted({name for booking in _bookings(state) for name in schedule.partner_ids(booking)}))


def invitations(state: State, desk: str, room: str, public_key: str) -> Invitations:
    """What the room expects of this desk or guest within the next 24 h.

    Args:
        room: what people call the room.
        public_key: `kiosk.runtime.sealing.public_of(state.key)`.
    """
    items = tuple(
        Invitation(number=booking.number, start=booking.start, end=booking.end)
        for booking in _bookings(state)
        if desk in schedule.partner_ids(booking)
    )
    return Invitations(room=room, key=public_key, items=items)


def _bookings(state: State) -> list[Appointment]:
    running = state.session.number if state.session else ""
    return [
        booking
        for booking in state.appointments
        if booking.number == running
        or (
            booking.number not in state.ended_numbers and state.now < booking.end and booking.start < state.now + _AHEAD
        )
    ]


def rung(state: State, desk: str, room: str, public_key: str) -> Rung | None:
    """The call to a desk that is being rung; None when it is no longer."""
    ring = state.session.ring if state.session else None
    if ring is None or ring.desks.get(desk) is not RungDesk.RINGING:
        return None
    return Rung(
        ring=ring.id, room=room, need=ring.need, language=state.language, deadline=ring.deadline, key=public_key
    )


def help_call(state: State, room: str, public_key: str) -> HelpCall | None:
    """The call for help as the desks see it that may answer; None while there is none."""
    help = state.help
    if help is None or not help.id:
        return None
    return HelpCall(
        help=help.id,
        room=room,
        asked=help.asked,
        key=public_key,
        is_silent=help.is_silent,
        is_answered=help.answered is not None,
    )


def door(state: State, call: str) -> Door:
    """Where this visit stands; one that is not known (any more) has left."""
    partner = roster.by_call(state, call)
    if partner is None:
        return Door(call=call, standing=Standing.LEFT)
    return Door(call=call, standing=partner.standing, consent=partner.consent)


def room_view(
    state: State, call: str, room: str = "", ice_servers: Sequence[IceServer] = (), is_relay_only: bool = False
) -> RoomView | None:
    """The round as the admitted partner of `call` may see it; None for anybody else."""
    session = state.session
    me = roster.admitted(state, call)
    if session is None or me is None:
        return None
    sees = me.consent is Consent.ALL
    peers = tuple(
        PeerView(
            call=peer.call,
            name=peer.name,
            office=roster.office_words(state, peer, state.house_language),
            offers=_seat(me) > _seat(peer),
            has_picture=sees and peer.consent is Consent.ALL,
            feed=rounds.feed(state, peer.call),
        )
        for peer in roster.all_admitted(state)
        if peer.call != call
    )
    return RoomView(
        room=room,
        ends=session.ends,
        is_paused=session.is_paused,
        has_camera=sees and session.camera_wanted and not session.is_paused,
        has_microphone=session.microphone_wanted and not session.is_paused,
        showing=session.showing.value if sees and session.showing is not Showing.NOTHING else "",
        peers=peers,
        ice_servers=tuple(ice_servers),
        is_relay_only=is_relay_only,
        seat=rounds.seat(state, call),
        sound_seat=rounds.sound_seat(state, call),
        room_feed=rounds.feed(state, rounds.ROOM),
    )


def _seat(partner: Partner) -> tuple[str, str]:
    """Order in which two partners came in; those admitted by the same touch are told apart by their calls."""
    return (partner.admitted_at.isoformat() if partner.admitted_at else "", partner.call)


def may_signal(state: State, source: str, target: str) -> bool:
    """Whether signaling may pass: both are the room or admitted, and not the same."""
    if source == target or state.phase is not Phase.SESSION:
        return False
    return all(peer == ROOM or roster.admitted(state, peer) is not None for peer in (source, target))
