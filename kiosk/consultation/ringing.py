"""Bringing in the right person on the spot: a need, the desks that serve it, ringing; the first that answers wins."""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.consultation import roster
from kiosk.consultation.commands import Command, Refuse, TellDesk
from kiosk.consultation.events import Fresh, RingAnswered
from kiosk.consultation.sheets import running
from kiosk.contract import intents
from kiosk.contract.directory import Presence
from kiosk.contract.errors import Reason
from kiosk.contract.partner import RingEnd, RingOver, RingReply
from kiosk.contract.state import Partner, Ring, RungDesk, Session, Sheet, Standing, State

RING = timedelta(seconds=45)
"""So long a desk rings before the next is offered."""
_ARRIVAL = timedelta(seconds=15)
"""So long a desk that has answered may take to knock."""
_OPEN = (RungDesk.RINGING, RungDesk.ANSWERED)


def free_desks(state: State, need: str) -> tuple[str, ...]:
    """Desks that serve the need, are free now and are not here already, in the directory's order."""
    session = state.session
    here = {
        partner.id
        for partner in (session.partners if session else ())
        if partner.standing in (Standing.WAITING, Standing.ADMITTED)
    }
    return tuple(
        desk.id
        for desk in state.directory.desks
        if need in desk.needs and desk.id not in here and is_free(state, desk.id)
    )


def is_free(state: State, desk: str) -> bool:
    """Whether the desk says that it can be rung now."""
    presence = state.presence.get(desk)
    return presence is not None and presence.state is Presence.FREE


def next_desks(state: State) -> tuple[str, ...]:
    """Whom to offer for the chosen need: free desks not rung for it yet; empty is an honest "nobody now"."""
    session = state.session
    if session is None or not session.chosen_need:
        return ()
    tried = _tried(session)
    return tuple(desk for desk in free_desks(state, session.chosen_need) if desk not in tried)


def _tried(session: Session) -> tuple[str, ...]:
    """Desks that were rung for the chosen need since it was chosen, and did not come."""
    ring = session.ring
    if ring is None or ring.need != session.chosen_need:
        return ()
    silent = (desk for desk, how in ring.desks.items() if how is not RungDesk.ANSWERED)
    return tuple(dict.fromkeys((*ring.tried, *silent)))


def open_needs(state: State, intent: intents.OpenNeeds, fresh: Fresh) -> State:
    """The needs, or the ring that is under way."""
    session = running(state)
    if session is None:
        return state
    return replace(state, sheet=Sheet.RINGING if _is_under_way(session) else Sheet.NEEDS)


def choose_need(state: State, intent: intents.ChooseNeed, fresh: Fresh) -> State:
    """A new choice begins anew: desks tried before are offered again."""
    session = running(state)
    needs = {need.id for need in state.directory.needs if not need.by_appointment_only}
    if session is None or state.sheet not in (Sheet.NEEDS, Sheet.DESKS) or intent.need not in needs:
        return state
    if _is_under_way(session):
        return state
    return replace(state, sheet=Sheet.DESKS, session=replace(session, chosen_need=intent.need, ring=None))


def ring_desks(state: State, intent: intents.RingDesks, fresh: Fresh) -> State:
    """Rings desks that are free; with nobody to ring the ring is over at once, which the sheet says."""
    session = running(state)
    if session is None or state.sheet not in (Sheet.DESKS, Sheet.RINGING) or not session.chosen_need:
        return state
    if _is_under_way(session):
        return state
    free = free_desks(state, session.chosen_need)
    desks = tuple(desk for desk in free if desk in intent.desks) if intent.desks else next_desks(state)
    ring = Ring(
        id=fresh.id,
        need=session.chosen_need,
        desks=dict.fromkeys(desks, RungDesk.RINGING),
        started=state.now,
        deadline=state.now + RING,
        tried=_tried(session),
        is_over=not desks,
    )
    return replace(state, sheet=Sheet.RINGING, session=replace(session, ring=ring))


def stop_ringing(state: State, intent: intents.StopRinging, fresh: Fresh) -> State:
    """Back to the desks, where somebody else can be chosen."""
    session = running(state)
    if session is None or session.ring is None or session.ring.is_over:
        return state
    sheet = Sheet.DESKS if state.sheet is Sheet.RINGING else state.sheet
    return replace(_with(state, _settled(session.ring, RungDesk.TOLD)), sheet=sheet)


def answer(state: State, event: RingAnswered, fresh: Fresh) -> tuple[State, tuple[Command, ...]]:
    """The first that accepts wins. Who is too late is told so again; who was not rung is refused."""
    session = running(state)
    ring = session.ring if session else None
    if ring is None or ring.id != event.ring or event.desk not in ring.desks:
        refusal = Refuse(source=f"desk {event.desk}", detail="not rung, or no longer", reason=Reason.NOT_AUTHORISED)
        return state, (refusal,)
    how, is_yes = ring.desks[event.desk], event.reply is RingReply.ACCEPT
    if ring.is_over or how not in _OPEN:
        too_late = RingOver(ring=ring.id, why=RingEnd.ELSEWHERE if _has_winner(ring) else RingEnd.TIMEOUT)
        is_news = is_yes and how is not RungDesk.ANSWERED
        return state, (TellDesk(desk=event.desk, message=too_late),) if is_news else ()
    if is_yes and how is RungDesk.ANSWERED:
        return state, ()
    if is_yes:
        return _with(state, replace(_won(ring, event.desk), deadline=state.now + _ARRIVAL)), ()
    reply = RungDesk.LATER if event.reply is RingReply.LATER else RungDesk.DECLINED
    state = roster.note(state, "ring-declined", Partner(id=event.desk))
    return _with(state, _over_when_nobody_is_left(replace(ring, desks={**ring.desks, event.desk: reply}))), ()


def _has_winner(ring: Ring) -> bool:
    return RungDesk.ANSWERED in ring.desks.values()


def is_awaited(ring: Ring, desk: str, ring_id: str) -> bool:
    """Whether a knock of this desk for this ring is welcome: it rings there still, or there first was an answer."""
    return ring.id == ring_id and not ring.is_over and ring.desks.get(desk) in _OPEN


def fulfil(state: State, desk: str) -> State:
    """A desk that is awaited has come, whichever way: the ring is over, the others are told."""
    ring = state.session.ring if state.session else None
    if ring is None or not is_awaited(ring, desk, ring.id):
        return state
    return _with(state, replace(_won(ring, desk), is_over=True, tried=()))


def drop(state: State, desk: str) -> State:
    """A desk that is gone does not answer any more."""
    ring = state.session.ring if state.session else None
    if ring is None or ring.is_over or ring.desks.get(desk) not in _OPEN:
        return state
    return _with(state, _over_when_nobody_is_left(replace(ring, desks={**ring.desks, desk: RungDesk.SILENT})))


def time_out(state: State) -> State:
    """Ends a ring nobody answered in time, and offers the next by opening the sheet where none is open."""
    ring = state.session.ring if state.session else None
    if ring is None or ring.is_over or state.now < ring.deadline:
        return state
    sheet = Sheet.RINGING if state.sheet is Sheet.NONE else state.sheet
    return replace(_with(state, _settled(ring, RungDesk.SILENT)), sheet=sheet)


def _is_under_way(session: Session) -> bool:
    return session.ring is not None and not session.ring.is_over


def _won(ring: Ring, winner: str) -> Ring:
    """The first that answers wins; where it rings still, it is told off."""
    others = {desk: RungDesk.TOLD if how in _OPEN else how for desk, how in ring.desks.items()}
    return replace(ring, desks={**others, winner: RungDesk.ANSWERED})


def _settled(ring: Ring, how: RungDesk) -> Ring:
    desks = {desk: how if was in _OPEN else was for desk, was in ring.desks.items()}
    return replace(ring, desks=desks, is_over=True)


def _over_when_nobody_is_left(ring: Ring) -> Ring:
    return replace(ring, is_over=not any(how in _OPEN for how in ring.desks.values()))


def _with(state: State, ring: Ring) -> State:
    return replace(state, session=replace(state.session, ring=ring)) if state.session else state
