"""What staff do about enrolment from a command line, on the machine of the enrolment server."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.contract.errors import ConfigurationError
from provisioning import durable
from provisioning.central.enrolment import revocation
from provisioning.central.enrolment.configuration import Enrolment
from provisioning.central.enrolment.issuance import Issuance
from provisioning.central.enrolment.registry import Issued, Registry
from provisioning.enrolment import ticket
from provisioning.enrolment.ticket import Ticket
from provisioning.outcome import Done, Table


def _now() -> datetime:
    return datetime.now(UTC)


def _issuance(
    enrolment: Enrolment, registry: Registry, on_revoked: Callable[[str, bool], None] = lambda terminal, is_out: None
) -> Issuance:
    return Issuance(enrolment.authority, registry, enrolment.valid_days, _now, on_revoked)


def draw_ticket(enrolment: Enrolment, terminal: str, valid_for: timedelta, to: Path | None) -> Done:
    """A ticket for one terminal, into a file (0600) or to be read off."""
    if to is not None and not to.name:
        raise ConfigurationError(f"{to}: a file is wanted, and not a folder")

    cards: list[Ticket] = []

    def keep(token: str) -> None:
        url, fingerprint = enrolment.url, enrolment.authority.fingerprint
        cards.append(
            ticket.new(
                server=url, fingerprint=fingerprint, token=token, terminal=terminal, now=_now(), valid_for=valid_for
            )
        )
        if to is not None:
            durable.write(to, ticket.text(cards[0]).encode())

    with Registry(enrolment.registry_file) as registry:
        try:
            _issuance(enrolment, registry).draw_token(terminal, valid_for, keep)
        except OSError as error:
            raise ConfigurationError(f"{to}: {error.strerror}; earlier tickets stay good") from None
    card = cards[0]
    until = f"good for one enrolment, until {card.expires_at.astimezone():%d.%m.%Y %H:%M}"
    if to is None:
        return Done((f"# {until}", *ticket.text(card).splitlines()), facts={"ticket": card})
    lines = (f"wrote {to} for {terminal}, {until}", f"put it on the card's boot partition as {ticket.NAME}")
    return Done(lines, facts={"file": to, "terminal": terminal, "expires_at": card.expires_at})


def list_tokens(enrolment: Enrolment) -> Done:
    """All tickets that were drawn; none of them can be shown again."""
    now = _now()
    with Registry(enrolment.registry_file) as registry:
        rows = [
            (
                one.terminal,
                _day(one.issued_at),
                _day(one.expires_at),
                "used"
                if one.key_hash
                else "withdrawn"
                if one.withdrawn_at
                else "open"
                if one.expires_at > now
                else "old",
            )
            for one in registry.tokens.all()
        ]
    return Done(table=Table(("terminal", "drawn", "until", "state"), tuple(rows)))


def list_certificates(enrolment: Enrolment, terminal: str) -> Done:
    """Who has a certificate, and since when which was revoked."""
    with Registry(enrolment.registry_file) as registry:
        _issuance(enrolment, registry).adopt()
        rows = [
            (one.terminal, one.serial, _day(one.issued_at), _day(one.expires_at), _state(one))
            for one in registry.certificates.all(terminal)
        ]
    return Done(table=Table(("terminal", "serial", "from", "until", "state"), tuple(rows)))


def list_waiting(enrolment: Enrolment) -> Done:
    """Terminals that show a code."""
    with Registry(enrolment.registry_file) as registry:
        rows = [
            (
                one.code,
                one.says or "?",
                one.address,
                f"{one.since.astimezone():%H:%M}",
                "refused" if one.is_refused else one.terminal or "waits",
            )
            for one in registry.waiting.all()
        ]
    return Done(table=Table(("code", "its card says", "address", "since", "answer"), tuple(rows)))


def approve(enrolment: Enrolment, code: str, terminal: str) -> Done:
    """Yes, it is `terminal`; empty: what its card says."""
    with Registry(enrolment.registry_file) as registry:
        found = _issuance(enrolment, registry).approve(code, terminal)
    line = f"the terminal with the code {found.code} at {found.address} becomes {found.terminal} within seconds"
    return Done((line,), facts={"terminal": found.terminal, "address": found.address})


def refuse(enrolment: Enrolment, code: str) -> Done:
    """No."""
    with Registry(enrolment.registry_file) as registry:
        found = _issuance(enrolment, registry).refuse(code)
    return Done((f"the terminal with the code {found.code} at {found.address} is refused",))


def revoke(enrolment: Enrolment, terminal: str) -> Done:
    """Nothing of the terminal's is good any more; the broker knows, and it is thrown out, when this returns."""
    with Registry(enrolment.registry_file) as registry:
        count = _issuance(enrolment, registry).revoke(terminal)
        asyncio.run(revocation.tell_broker(enrolment, enrolment.authority, registry, _now, (terminal,)))
    lines = (
        f"{terminal}: {count} certificate{'' if count == 1 else 's'} revoked, open tickets withdrawn; the broker knows",
        f"to let a terminal in there again: provision central enrolment token new {terminal}",
    )
    return Done(lines, facts={"terminal": terminal, "revoked": count})


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%d.%m.%Y}"


def _state(one: Issued) -> str:
    if one.revoked_at:
        return f"revoked {_day(one.revoked_at)}"
    if one.expires_at <= _now():
        return "expired"
    return "ok" if one.is_confirmed else "not used yet"
