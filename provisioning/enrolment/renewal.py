"""A new certificate when two thirds of the old one's life are over: new key, swapped in one step, taken up at once."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from kiosk.contract import codec
from kiosk.contract.renewal import Outcome
from provisioning import durable
from provisioning.enrolment import agent, clock, identity, request
from provisioning.enrolment.course import Enrolled, load_or_make, read_enrolled
from provisioning.enrolment.faults import Fault, FaultError
from provisioning.enrolment.identity import Identity
from provisioning.enrolment.places import Places
from provisioning.enrolment.store import Store
from provisioning.enrolment.wire import Server

_logger = logging.getLogger(__name__)

_READABLE = 0o644


@dataclass(frozen=True)
class Renewal:
    """Run by a timer, once a day, and when the agent asks; what a cut left half done is finished by the next."""

    places: Places
    store: Store
    signal: Sequence[str] = agent.SIGNAL
    restart: Sequence[str] = agent.RESTART
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def run(self, *, is_forced: bool = False) -> tuple[Identity, bool]:
        """The identity that is good now, and whether it is new. How it went is left for the agent, who tells people.

        Raises:
            FaultError: why there is no new one; the old one stays, and is good until it expires.
        """
        request = self._take_request()
        try:
            good, is_new = self._renew(is_forced or request != 0)
        except FaultError as error:
            self._leave(Outcome(at=self.now(), fault=error.fault, request=request))
            raise
        self._leave(Outcome(at=self.now(), is_new=is_new, good_until=good.expires_at, request=request))
        return good, is_new

    def _take_request(self) -> int:
        """See `Outcome.request`. The folder is the agent's: nothing in it is opened."""
        try:
            written_at = self.places.request.lstat().st_mtime_ns
            self.places.request.unlink()
        except OSError:
            return 0
        return written_at

    def _leave(self, outcome: Outcome) -> None:
        if not self.places.outcome.parent.is_dir():
            return
        try:
            durable.write(self.places.outcome, codec.encode(outcome), _READABLE)
        except OSError as error:
            _logger.warning("%s: %s; nobody hears how the renewal went", self.places.outcome, error.strerror)

    def _renew(self, is_forced: bool) -> tuple[Identity, bool]:
        """As `run`."""
        enrolled = read_enrolled(self.places)
        old = self.store.load()
        if enrolled is None or old is None:
            raise FaultError(Fault.NOT_ENROLLED)
        try:
            authority = x509.load_pem_x509_certificate(self.places.authority.read_bytes())
            server = Server(enrolled.server, enrolled.fingerprint)
            if self._is_half_done(old):
                self._finish(server, authority, old)
                return old, True
            clock.check(self.now(), old.certificate.not_valid_before_utc)
            if not is_forced and self.now() < old.due_at:
                return old, False
            if self.now() >= old.expires_at:
                raise FaultError(Fault.CERTIFICATE_EXPIRED, f"on {old.expires_at:%d.%m.%Y}")
            new = self._ask(server, authority, old, enrolled)
            self.store.save(new)
            self._finish(server, authority, new)
        except (OSError, ValueError) as error:
            raise FaultError(Fault.DISK, str(error)) from None
        return new, True

    def _is_half_done(self, stored: Identity) -> bool:
        """The new identity is stored, and whoever should know may not know yet."""
        if not self.places.next_key.exists():
            return False
        try:
            return request.load_key(self.places.next_key.read_bytes()).public_key() == stored.key.public_key()
        except ValueError:
            return False

    def _ask(self, server: Server, authority: x509.Certificate, old: Identity, enrolled: Enrolled) -> Identity:
        for _ in range(2):
            key = load_or_make(self.places.next_key)
            try:
                answer = server.renew(authority, request.new(key, enrolled.terminal), old)
            except FaultError as error:
                if error.fault is not Fault.KEY_REUSED:
                    raise
                durable.destroy(self.places.next_key)
            else:
                return identity.join(key, answer, enrolled.terminal, authority)
        raise FaultError(Fault.KEY_REUSED)

    def _finish(self, server: Server, authority: x509.Certificate, new: Identity) -> None:
        """The agent first: when the server knows that the new one is in use, the old one opens nothing any more."""
        if not agent.hand_over(self.places, new.pem, self.signal):
            agent.run(self.restart)
        server.confirm(authority, new)
        durable.destroy(self.places.next_key)
