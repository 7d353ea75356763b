"""Who is at the table or at the door: finding partners, and changing one without touching the others."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from kiosk.contract.directory import Desk, Need, Texts
from kiosk.contract.state import Consent, Notice, Partner, Phase, Standing, State

NOTICE = timedelta(seconds=6)
"""So long a notice stays on the screen."""


def everybody(state: State) -> Iterator[Partner]:
    """Partners of the session, then those who wait for a later appointment."""
    if state.session:
        yield from state.session.partners
    yield from state.waiting


def by_call(state: State, call: str) -> Partner | None:
    """The partner of this visit."""
    return next((partner for partner in everybody(state) if call and partner.call == call), None)


def all_admitted(state: State) -> tuple[Partner, ...]:
    """Who takes part: admitted with a yes, in a session that runs."""
    if state.session is None or state.phase is not Phase.SESSION:
        return ()
    return tuple(
        partner
        for partner in state.session.partners
        if partner.standing is Standing.ADMITTED and partner.consent is not Consent.NONE
    )


def admitted(state: State, call: str) -> Partner | None:
    """The partner of this visit, if it takes part."""
    return next((partner for partner in all_admitted(state) if partner.call == call), None)


def change(state: State, call: str, **fields: object) -> State:
    """The state with one partner changed; `fields` are those of `Partner`."""

    def changed(partners: tuple[Partner, ...]) -> tuple[Partner, ...]:
        return tuple(replace(partner, **fields) if partner.call == call else partner for partner in partners)

    session = state.session and replace(state.session, partners=changed(state.session.partners))
    return replace(state, session=session, waiting=changed(state.waiting))


def find_desk(state: State, desk: str) -> Desk | None:
    """The desk of this id."""
    return next((found for found in state.directory.desks if found.id == desk), None)


def find_need(state: State, need: str) -> Need | None:
    """The need of this id."""
    return next((found for found in state.directory.needs if found.id == need), None)


def need_of(state: State, partner: Partner) -> Need | None:
    """What the partner is here for: what it was rung for, else what of the appointment's needs its desk serves."""
    if partner.need:
        return find_need(state, partner.need)
    desk = find_desk(state, partner.id)
    wanted = next((booking.needs for booking in state.appointments if booking.number == partner.number), ())
    served = desk.needs if desk else ()
    both = [need for need in wanted if need in served]
    return find_need(state, next(iter([*both, *served]), ""))


def is_interpreter(state: State, partner: Partner) -> bool:
    """Whether the partner interprets: never hidden, and no sound of ours falls into its words."""
    need = need_of(state, partner)
    return need is not None and bool(need.interprets)


def words(texts: Texts, language: str) -> str:
    """The words in `language`, else in the language without its region, else in German."""
    return texts.get(language) or texts.get(language.split("-")[0]) or texts.get("de", "")


def office_words(state: State, partner: Partner, language: str) -> str:
    """What the partner's office is called; empty when neither directory nor calendar say."""
    desk = find_desk(state, partner.id)
    if desk is None:
        return partner.office
    office = next((office for office in state.directory.offices if office.id == desk.office), None)
    return words(office.name, language) if office else partner.office


def one_line(words: str) -> str:
    """What a page says of somebody, without line ends and tabs: the screen has a line for it, not a column."""
    return " ".join(words.split())


def is_interpreted_now(state: State) -> bool:
    """Whether an interpreter's voice is heard at this moment."""
    speaking = {peer.call for peer in state.media.peers if peer.is_speaking}
    return any(partner.call in speaking and is_interpreter(state, partner) for partner in all_admitted(state))


def note(state: State, kind: str, partner: Partner | None = None) -> State:
    """The state with a notice, about a partner where there is one."""
    name = partner.name if partner else ""
    office = office_words(state, partner, state.language) if partner else ""
    return replace(state, notice=Notice(kind=kind, until=state.now + NOTICE, name=name, office=office))
