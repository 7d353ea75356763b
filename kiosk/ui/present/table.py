"""Who sits where at the round table: the customer nearest, the counsellor beside, then the partners, empty chairs."""

from kiosk.consultation import roster
from kiosk.contract.state import Partner, RungDesk, Session, Standing, State
from kiosk.ui.present import people
from kiosk.ui.views import Seat, SeatView

NEAR_DEG = 180.0
CHAIRS = 6


def empty_table() -> tuple[SeatView, ...]:
    """Nobody is here; the customer's chair is offered."""
    step = 360 / CHAIRS
    return tuple(
        SeatView(angle_deg=place * step, seat=Seat.MINE if place * step == NEAR_DEG else Seat.EMPTY)
        for place in range(CHAIRS)
    )


def seats(state: State) -> tuple[SeatView, ...]:
    """The round of the session, clockwise from the customer; six chairs, more when more come."""
    session = state.session
    if session is None:
        return empty_table()
    taken = [(Seat.CUSTOMER, "user"), (Seat.TAKEN, "briefcase"), *_partners(state, session), *_rung(session)]
    chairs = max(CHAIRS, len(taken))
    taken += [(Seat.EMPTY, "")] * (chairs - len(taken))
    return tuple(
        SeatView(angle_deg=(NEAR_DEG + 360 / chairs * place) % 360, seat=seat, icon=icon or "user")
        for place, (seat, icon) in enumerate(taken)
    )


def _partners(state: State, session: Session) -> list[tuple[Seat, str]]:
    """Those who take part, then those at the door: the door is at the end of the table."""
    inside = [partner for partner in session.partners if partner.standing is Standing.ADMITTED]
    waiting = [partner for partner in session.partners if partner.standing is Standing.WAITING]
    return [(Seat.TAKEN, _icon(state, partner)) for partner in inside] + [(Seat.WAITING, "door-open")] * len(waiting)


def _icon(state: State, partner: Partner) -> str:
    return "translate" if roster.is_interpreter(state, partner) else people.icon(state, partner)


def _rung(session: Session) -> list[tuple[Seat, str]]:
    ring = session.ring
    if ring is None or ring.is_over:
        return []
    open_ones = (RungDesk.RINGING, RungDesk.ANSWERED)
    return [(Seat.RINGING, "phone-call")] * sum(how in open_ones for how in ring.desks.values())
