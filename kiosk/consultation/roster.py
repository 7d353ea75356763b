"""Who is at the table or at the door: finding partners, and changing one without touching the others."""

from collections.abc import Iterator

from msgspec.structs import replace

from kiosk.contract.state import Consent, Partner, Phase, Standing, State


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
