"""Who is at the table or at the door: finding partners, and changing one without touching the others."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from kiosk.contract.directory import Texts
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


def words(texts: Texts, language: str) -> str:
    """The words in `language`, else in the language without its region, else in German."""
    return texts.get(language) or texts.get(language.split("-")[0]) or texts.get("de", "")


def office_words(state: State, partner: Partner, language: str) -> str:
    """What the partner's office is called; empty when neither directory nor calendar say."""
    desk = next((desk for desk in state.directory.desks if desk.id == partner.id), None)
    if desk is None:
        return partner.office
    office = next((office for office in state.directory.offices if office.id == desk.office), None)
    return words(office.name, language) if office else partner.office


def note(state: State, kind: str, partner: Partner | None = None) -> State:
    """The state with a notice, about a partner where there is one."""
    name = partner.name if partner else ""
    office = office_words(state, partner, state.language) if partner else ""
    return replace(state, notice=Notice(kind=kind, until=state.now + NOTICE, name=name, office=office))
