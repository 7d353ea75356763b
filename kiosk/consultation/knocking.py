"""Partners at the door and at the table: knock, the customer's answer, leaving, what they send.

What a desk may not do is refused and counted; its page is told where it stands.
"""

from msgspec.structs import replace

from kiosk.consultation import partner_view, ringing, roster, schedule
from kiosk.consultation.commands import Command, Refuse, SendView, TellDesk
from kiosk.consultation.events import Fresh, Knocked, LookedAgain, PartnerLeft, PartnerMediaChanged
from kiosk.consultation.sheets import running
from kiosk.consultation.visit import expected
from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.partner import Door
from kiosk.contract.state import Consent, Partner, Sheet, Standing, State

_Step = tuple[State, tuple[Command, ...]]
_PRESENT = (Standing.WAITING, Standing.ADMITTED)
_MAY_OPEN = (Sheet.NONE, Sheet.NEEDS, Sheet.DESKS, Sheet.RINGING)
"""Sheets that a rung partner's door card may take the place of."""


def knock(state: State, event: Knocked, fresh: Fresh) -> _Step:
    """A partner comes, or comes again after its page was loaded anew: always to the door, never past it."""
    same = roster.by_call(state, event.call)
    if same is not None and same.id == event.desk and same.key == event.key and same.standing in _PRESENT:
        return state, (TellDesk(desk=event.desk, message=partner_view.door(state, event.call)),)
    found = _by_ring(state, event) if event.ring and not event.number else _by_number(state, event)
    if isinstance(found, Refuse):
        return state, (found, TellDesk(desk=event.desk, message=Door(call=event.call, standing=Standing.LEFT)))
    if found.standing is Standing.DECLINED:
        declined = Door(call=event.call, standing=Standing.DECLINED)
        return state, (_refuse(event.desk, "declined in this session"), TellDesk(desk=event.desk, message=declined))
    is_taken = same is not None and (same.id, same.number) != (found.id, found.number)
    if is_taken or event.call in ("", partner_view.ROOM):
        return state, (_refuse(event.desk, "a call of somebody else"),)
    return _at_the_door(state, found, event), ()


def _by_number(state: State, event: Knocked) -> Partner | Refuse:
    """The partner's place on the roster of the session, or of an appointment to come."""
    session = state.session
    appointment = schedule.find(state, event.number)
    if event.ring or not event.number:
        return _refuse(event.desk, "neither an appointment nor a ring, or both", Reason.MALFORMED)
    if session is not None and session.number == event.number:
        place = next((p for p in session.partners if p.id == event.desk and p.number == event.number), None)
        return place or _refuse(event.desk, "not on the roster")
    if appointment is None or event.desk not in schedule.partner_ids(appointment):
        return _refuse(event.desk, "not on the roster")
    if not schedule.is_open(appointment, state.now) or event.number in state.ended_numbers:
        return _refuse(event.desk, "too early or too late", Reason.LINK_EXPIRED)
    here = (p for p in state.waiting if p.id == event.desk and p.number == event.number)
    return next(here, None) or next(p for p in expected(appointment) if p.id == event.desk)


def _by_ring(state: State, event: Knocked) -> Partner | Refuse:
    """The place of a desk that was rung; one that comes a second time for its ring keeps it."""
    session = running(state)
    if session is None:
        return _refuse(event.desk, "nobody rings")
    place = next((p for p in session.partners if p.id == event.desk), None)
    if place is not None and place.ring == event.ring:
        return place
    if session.ring is None or not ringing.is_awaited(session.ring, event.desk, event.ring):
        return _refuse(event.desk, "not rung, or no longer")
    need = session.ring.need
    if place is None or place.number == "":
        return Partner(id=event.desk, need=need, ring=event.ring)
    return replace(place, need=need, ring=event.ring, standing=Standing.EXPECTED)


def _at_the_door(state: State, place: Partner, event: Knocked) -> State:
    """The partner waits, under its new call; `admitted_at` stays, so that the chip can say "is back"."""
    partner = replace(
        place,
        call=event.call,
        key=event.key,
        room_key=state.key,
        name=roster.one_line(event.introduction.name),
        why=roster.one_line(event.introduction.why),
        standing=Standing.WAITING,
        consent=Consent.NONE,
        is_sharing=False,
        sharing_since=None,
        is_muted=False,
        has_camera_off=False,
        knocked_at=state.now,
    )
    session = state.session
    if session is None or (event.number and session.number != event.number):
        others = tuple(p for p in state.waiting if (p.id, p.number) != (partner.id, partner.number))
        return replace(state, waiting=(*others, partner))
    at_door = partner.call if place.call and session.at_door == place.call else session.at_door
    session = replace(session, partners=_seated(session.partners, partner), at_door=at_door)
    state = replace(state, session=session)
    state = ringing.fulfil(state, event.desk)
    return state if partner.admitted_at or not event.ring else _with_card_open(state, partner)


def _seated(partners: tuple[Partner, ...], partner: Partner) -> tuple[Partner, ...]:
    """In its old place, or last."""
    if all(other.id != partner.id for other in partners):
        return (*partners, partner)
    return tuple(partner if other.id == partner.id else other for other in partners)


def _with_card_open(state: State, partner: Partner) -> State:
    """Who was called is not kept waiting for a touch on the chip, unless the customer is busy with another sheet."""
    if state.session is None or state.sheet not in _MAY_OPEN:
        return state
    return replace(state, sheet=Sheet.DOOR, session=replace(state.session, at_door=partner.call))


def admit(state: State, intent: intents.Admit, fresh: Fresh) -> State:
    """Yes, sound only, or not today."""
    session, partner = running(state), roster.by_call(state, intent.call)
    if session is None or partner not in session.partners or partner.standing is not Standing.WAITING:
        return state
    if session.at_door == intent.call:
        state = replace(state, sheet=Sheet.NONE)
    if intent.consent is Consent.NONE:
        state = roster.note(state, "partner-declined", partner)
        return roster.change(state, intent.call, standing=Standing.DECLINED)
    return roster.change(state, intent.call, standing=Standing.ADMITTED, consent=intent.consent, admitted_at=state.now)


def send_away(state: State, intent: intents.SendAway, fresh: Fresh) -> State:
    return _gone(state, intent.call) if roster.admitted(state, intent.call) else state


def leave(state: State, event: PartnerLeft, fresh: Fresh) -> _Step:
    """A partner who goes unasked is missed by name; one who was never let in is expected again."""
    partner = _of_desk(state, event.desk, event.call)
    if partner is None:
        return state, (_refuse(event.desk, "a call that is not its own"),)
    if partner.standing not in _PRESENT:
        return state, ()
    if partner in state.waiting:
        return replace(state, waiting=tuple(p for p in state.waiting if p is not partner)), ()
    if partner.standing is Standing.ADMITTED:
        state = roster.note(state, "partner-left", partner)
    return _gone(state, event.call), ()


def _gone(state: State, call: str) -> State:
    return roster.change(
        state,
        call,
        standing=Standing.LEFT,
        consent=Consent.NONE,
        is_sharing=False,
        sharing_since=None,
        is_muted=False,
        has_camera_off=False,
    )


def change_media(state: State, event: PartnerMediaChanged, fresh: Fresh) -> _Step:
    partner = _of_desk(state, event.desk, event.call)
    if partner is None or partner.standing not in _PRESENT:
        return state, (_refuse(event.desk, "a call that is not its own"),)
    media = event.media
    since = (partner.sharing_since or state.now) if media.is_sharing else None
    return roster.change(
        state,
        event.call,
        is_sharing=media.is_sharing,
        sharing_since=since,
        is_muted=media.is_muted,
        has_camera_off=media.has_camera_off,
    ), ()


def look_again(state: State, event: LookedAgain, fresh: Fresh) -> _Step:
    """Where the page stands, and the round when it takes part."""
    partner = _of_desk(state, event.desk, event.call)
    if partner is None:
        left = Door(call=event.call, standing=Standing.LEFT)
        return state, (_refuse(event.desk, "a call that is not its own"), TellDesk(desk=event.desk, message=left))
    answer = TellDesk(desk=event.desk, message=partner_view.door(state, event.call))
    return state, (answer, SendView(call=event.call)) if roster.admitted(state, event.call) else (answer,)


def _of_desk(state: State, desk: str, call: str) -> Partner | None:
    partner = roster.by_call(state, call)
    return partner if partner is not None and partner.id == desk else None


def _refuse(desk: str, why: str, reason: Reason = Reason.NOT_AUTHORISED) -> Refuse:
    return Refuse(source=f"desk {desk}", detail=why, reason=reason)
