"""The course of an enrolment. Each step looks at what is on the disk, so that a cut at any moment is a pause.

Order: key, certificate, identity, who we are; only then is the ticket destroyed, and last the key's first place.
"""

import hashlib
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from kiosk.contract import configuration
from kiosk.contract.enrolment import Step
from kiosk.contract.errors import ConfigurationError
from provisioning import durable, toml
from provisioning.enrolment import agent, clock, identity, request, ticket
from provisioning.enrolment.faults import Fault, FaultError
from provisioning.enrolment.identity import Identity
from provisioning.enrolment.places import Places
from provisioning.enrolment.status import Board
from provisioning.enrolment.store import Store
from provisioning.enrolment.ticket import Ticket
from provisioning.enrolment.wire import Server

USUAL_SERVER = "https://rundtisch-enrolment:8444"
"""Asked by a terminal without a ticket; a name for the site's DNS, with its search domain."""
_READABLE = 0o644
_POLL_S = 5.0
_PAUSES_S = (5.0, 10.0, 20.0, 40.0, 60.0)


class Enrolled(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who this terminal is, and whom it asks for renewal. No secret."""

    server: str
    fingerprint: str
    terminal: str
    ticket: str = ""
    """Hash of the token that was used, by which a ticket that could not be destroyed is known again."""


@dataclass(frozen=True)
class Course:
    """One terminal's way to its certificate."""

    places: Places
    store: Store
    board: Board
    server: str = USUAL_SERVER
    """Where there is no ticket."""
    signal: Sequence[str] = agent.SIGNAL
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    wait: Callable[[float], None] = time.sleep

    def run(self, *, is_patient: bool = True) -> Enrolled:
        """Until this terminal is enrolled. Who is patient tries again after faults that may pass.

        Raises:
            FaultError: people have to do something first, or (not patient) any fault.
        """
        tries, has_new_key = 0, False
        while True:
            try:
                return self._once(is_patient)
            except FaultError as error:
                if error.fault in (Fault.KEY_REUSED, Fault.CODE_REFUSED):
                    durable.destroy(self.places.new_key)
                if error.fault is Fault.KEY_REUSED and not has_new_key:
                    has_new_key = True
                    continue
                may_pass = error.is_passing and is_patient
                pause_s = max(error.retry_s, _PAUSES_S[min(tries, len(_PAUSES_S) - 1)]) if may_pass else 0.0
                self.board.show_fault(error, pause_s)
                if not may_pass:
                    raise
                tries += 1
                self.wait(pause_s)

    def _once(self, is_patient: bool) -> Enrolled:
        try:
            enrolled = read_enrolled(self.places) if self.store.load() else None
            card = self._ticket()
            if enrolled and (card is None or _hash(card) == enrolled.ticket):
                return self._finish(enrolled)
            self.board.show(Step.BEGINNING, terminal=card.terminal if card else _name(self.places))
            clock.check(self.now(), *([card.issued_at] if card else []))
            server = Server(card.server, card.fingerprint) if card else Server(self.server, "")
            self.board.show(Step.FINDING_SERVER, server=server.url)
            authority = server.authority()
            self.board.show(Step.MAKING_KEY)
            key = load_or_make(self.places.new_key)
            new = self._ask(server, authority, key, card, is_patient)
            self.board.show(Step.STORING, terminal=new.terminal)
            return self._keep(new, authority, server, card)
        except OSError as error:
            raise FaultError(Fault.DISK, f"{error.filename}: {error.strerror}") from None

    def _ticket(self) -> Ticket | None:
        """None where there is none, or only what is left of one that was being destroyed."""
        file = self.places.ticket
        try:
            if not file.exists() or (self.places.enrolled.exists() and not file.read_bytes().strip(b"\0")):
                return None
            return ticket.read(file)
        except (OSError, ConfigurationError) as error:
            detail = error.detail if isinstance(error, ConfigurationError) else f"{file}: {error.strerror}"
            raise FaultError(Fault.TICKET_DAMAGED, detail) from None

    def _ask(
        self,
        server: Server,
        authority: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        card: Ticket | None,
        is_patient: bool,
    ) -> Identity:
        name = card.terminal if card else _name(self.places)
        der = request.new(key, name)
        if card:
            self.board.show(Step.ASKING)
        while (answer := server.enrol(authority, der, name, card.token if card else "")) is None:
            code = request.code(request.key_hash(key.public_key()), _fingerprint(authority))
            self.board.show(Step.WAITING_FOR_YES, code=code)
            if not is_patient:
                raise FaultError(Fault.NO_YES_YET)
            self.wait(_POLL_S)
        return identity.join(key, answer, name, authority)

    def _keep(self, new: Identity, authority: x509.Certificate, server: Server, card: Ticket | None) -> Enrolled:
        self.store.save(new)
        durable.write(self.places.authority, authority.public_bytes(serialization.Encoding.PEM), _READABLE)
        enrolled = Enrolled(
            server=server.url,
            fingerprint=_fingerprint(authority),
            terminal=new.terminal,
            ticket=_hash(card) if card else "",
        )
        durable.write(self.places.enrolled, toml.text(enrolled).encode(), _READABLE)
        durable.remove(self.places.outcome)  # of the certificate before
        return self._finish(enrolled)

    def _finish(self, enrolled: Enrolled) -> Enrolled:
        """What remains when the identity is stored; may be repeated."""
        is_news = self.places.new_key.exists()
        stays = self._destroy_ticket()
        if is_news:
            if self.places.is_real:
                agent.run(agent.READ_UNITS)
            stored = self.store.load()
            if stored:
                agent.hand_over(self.places, stored.pem, self.signal)
            durable.destroy(self.places.next_key)
            durable.destroy(self.places.new_key)
        self.board.show(Step.DONE, terminal=enrolled.terminal, server=enrolled.server)
        if stays:
            self.board.show_fault(FaultError(Fault.TICKET_STAYS, stays), 0.0)
        return enrolled

    def _destroy_ticket(self) -> str:
        """Why it could not be; empty where it is gone."""
        try:
            durable.destroy(self.places.ticket)
        except OSError as error:
            return f"{self.places.ticket}: {error.strerror}"
        return ""


def read_enrolled(places: Places) -> Enrolled | None:
    """None where this terminal is not enrolled. Raises FaultError (DISK) when the file is damaged."""
    if not places.enrolled.exists():
        return None
    try:
        return configuration.read(places.enrolled, Enrolled)
    except ConfigurationError as error:
        raise FaultError(Fault.DISK, error.detail) from None


def load_or_make(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key that waits for its certificate: the one of a life that was cut off, or a new one. Raises OSError."""
    try:
        return request.load_key(path.read_bytes())
    except (FileNotFoundError, ValueError):
        key = request.new_key()
        durable.write(path, request.key_pem(key))
        return key


def _name(places: Places) -> str:
    """What the card was written for, as the terminal's configuration has it; empty where there is none."""
    try:
        return str(tomllib.loads(places.configuration.read_text(encoding="utf-8"))["terminal"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _hash(card: Ticket) -> str:
    return hashlib.sha256(card.token.encode()).hexdigest()
