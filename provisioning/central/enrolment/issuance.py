"""The rules by which a terminal gets a certificate, a new one, or loses it; no network, no clock of its own.

One terminal has one certificate: a new enrolment revokes what was before, a renewal does when the new one is in use.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from kiosk.contract import topics
from kiosk.contract.errors import ConfigurationError
from provisioning.authority import Authority
from provisioning.central.enrolment.registry import Issued, Registry, Token, Waiting
from provisioning.enrolment import request
from provisioning.enrolment.faults import Fault, FaultError

CODE_HOURS = 1
"""How long a code on a screen is good."""
_MAX_WAITING = 200
_MAX_WAITING_FROM = 40
"""From one address: a site may come from one."""
_TOKEN_BYTES = 32


class Issuance:
    """The rules, on a registry and an authority."""

    def __init__(
        self,
        authority: Authority,
        registry: Registry,
        valid_days: int,
        now: Callable[[], datetime],
        on_revoked: Callable[[str, bool], None],
    ) -> None:
        """`on_revoked` is told of a terminal, and whether it has to be thrown out, when the disk knows already."""
        self._authority = authority
        self._registry = registry
        self._valid_days = valid_days
        self._now = now
        self._on_revoked = on_revoked
        self._gone: dict[str, bool] = {}
        self._fingerprint = authority.fingerprint

    def draw_token(self, terminal: str, valid_for: timedelta, keep: Callable[[str], None] = lambda token: None) -> str:
        """A new token; earlier ones of the terminal that nobody used are worthless from now on.

        Where `keep` cannot put it to where it is needed, the earlier ones stay good.

        Raises:
            ConfigurationError: that is no terminal.
        """
        if not topics.is_terminal(terminal):
            raise ConfigurationError(f"{terminal!r} is no terminal: site.room, each 1 to 32 of a-z, 0-9 and -")
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._now()
        with self._change():
            self._registry.tokens.withdraw(terminal, now)
            self._registry.tokens.add(
                Token(hash=_hash(token), terminal=terminal, issued_at=now, expires_at=now + valid_for)
            )
            keep(token)
        return token

    def enrol(self, der: bytes, terminal: str, token: str) -> x509.Certificate:
        """The certificate for who has a token. Asked again with the same token and key, it gives the same again.

        `terminal` is who the asker says it is, empty where it does not say.

        Raises:
            FaultError: why not.
        """
        name, key = request.check(der)
        key_hash = request.key_hash(key)
        with self._change():
            known = self._registry.tokens.find(_hash(token))
            if known is None:
                raise FaultError(Fault.TOKEN_WRONG)
            if {name, terminal} - {known.terminal, ""}:
                raise FaultError(Fault.TERMINAL_WRONG, f"asked by {name or terminal!r}")
            before = self._registry.certificates.of_key(key_hash)
            if known.key_hash is not None:
                if known.key_hash != key_hash or before is None or before.revoked_at:
                    raise FaultError(Fault.TOKEN_USED)
                return _load(before)
            if known.withdrawn_at is not None or self._now() >= known.expires_at:
                raise FaultError(Fault.TOKEN_EXPIRED, f"since {known.withdrawn_at or known.expires_at:%d.%m.%Y %H:%M}")
            self._refuse_used(before)
            certificate = self._replace(known.terminal, key)
            self._registry.tokens.use(known.hash, key_hash)
        return certificate

    def ask(self, der: bytes, address: str) -> x509.Certificate | None:
        """For who has no token: None while staff have not said yes to the code.

        Raises:
            FaultError: staff said no, the key had a certificate before, or too many are waiting.
        """
        says, key = request.check(der)
        key_hash = request.key_hash(key)
        now = self._now()
        with self._change():
            self._registry.waiting.forget(now - timedelta(hours=CODE_HOURS))
            waiting = self._registry.waiting.all()
            mine = next((one for one in waiting if one.key_hash == key_hash), None)
            before = self._registry.certificates.of_key(key_hash)
            if mine and mine.terminal and before and not before.revoked_at:
                return _load(before)
            self._refuse_used(before)
            if mine is None:
                if len(waiting) >= _MAX_WAITING or sum(one.address == address for one in waiting) >= _MAX_WAITING_FROM:
                    raise FaultError(Fault.TOO_MANY, "terminals that wait for a yes")
                code = request.code(key_hash, self._fingerprint)
                says = says if topics.is_terminal(says) else ""
                self._registry.waiting.add(Waiting(key_hash=key_hash, code=code, address=address, since=now, says=says))
                return None
            if mine.is_refused:
                raise FaultError(Fault.CODE_REFUSED)
            return self._replace(mine.terminal, key) if mine.terminal else None

    def approve(self, code: str, terminal: str) -> Waiting:
        """Staff's yes to a code on a screen. An empty `terminal` is the one that the asker says it is.

        Raises:
            ConfigurationError: that is no terminal or not the one that its card was written for, or nobody shows it.
        """
        with self._change():
            found = self._shows(code)
            named = terminal or found.says
            if not topics.is_terminal(named):
                raise ConfigurationError(f"{named!r} is no terminal: say which with --terminal SITE.ROOM")
            if found.says not in ("", named):
                raise ConfigurationError(f"the card of that terminal was written for {found.says}, not for {named}")
            self._registry.waiting.answer(found.key_hash, named)
        return replace(found, terminal=named)

    def refuse(self, code: str) -> Waiting:
        """Staff's no. Raises ConfigurationError when nobody shows this code."""
        with self._change():
            found = self._shows(code)
            self._registry.waiting.answer(found.key_hash, None)
        return found

    def _shows(self, code: str) -> Waiting:
        self._registry.waiting.forget(self._now() - timedelta(hours=CODE_HOURS))
        found = [one for one in self._registry.waiting.all() if one.code == request.tidy_code(code)]
        if len(found) != 1:
            raise ConfigurationError(
                f"no terminal that asked here within {CODE_HOURS} h shows the code {code!r}. Compare it letter by"
                " letter; if it is the same, somebody sits between that terminal and this server"
            )
        return found[0]

    def renew(self, der: bytes, peer: x509.Certificate) -> x509.Certificate:
        """A new certificate for a new key, for who has a good one under the same name. The same again when repeated.

        Raises:
            FaultError: why not.
        """
        name, key = request.check(der)
        key_hash = request.key_hash(key)
        with self._change():
            old = self._good(peer)
            if name != old.terminal:
                raise FaultError(Fault.TERMINAL_WRONG, f"{old.terminal} asked for {name!r}")
            before = self._registry.certificates.of_key(key_hash)
            if before and before.renews == old.serial and not before.revoked_at:
                return _load(before)
            self._refuse_used(before)
            for one in self._valid(old.terminal):
                if one.renews == old.serial:
                    self._revoke(one, "superseded")
            return self._issue(old.terminal, key, renews=old.serial)

    def confirm(self, peer: x509.Certificate) -> bool:
        """A terminal uses its new certificate: the ones before are revoked. Returns whether any was.

        Raises:
            FaultError: why the certificate is not good.
        """
        with self._change():
            new = self._good(peer)
            self._registry.certificates.confirm(new.serial)
            others = [one for one in self._valid(new.terminal) if one.serial != new.serial and one.renews != new.serial]
            for one in others:
                self._revoke(one, "superseded")
        return bool(others)

    def revoke(self, terminal: str) -> int:
        """All certificates and tokens of a terminal are worthless from now on; returns how many certificates were.

        Raises:
            ConfigurationError: it never had any.
        """
        self.adopt()
        with self._change():
            if not self._registry.certificates.all(terminal):
                raise ConfigurationError(f"{terminal}: never had a certificate of this house")
            valid = self._valid(terminal)
            for one in valid:
                self._revoke(one, "unspecified", is_out=True)
            self._registry.tokens.withdraw(terminal, self._now())
        return len(valid)

    def adopt(self) -> None:
        """What `provision central init` issued becomes known here, so that it can be renewed and revoked."""
        for certificate in self._authority.issued():
            name = request.common_name(certificate.subject)
            if not topics.is_terminal(name):
                continue
            with self._change():
                if self._registry.certificates.find(_serial(certificate)) is None:
                    self._registry.certificates.add(_issued(certificate, name, None))

    def _good(self, peer: x509.Certificate) -> Issued:
        """What is known of a certificate with which somebody came; TLS has seen that the authority signed it."""
        serial = _serial(peer)
        known = self._registry.certificates.find(serial)
        if known is None or known.pem != peer.public_bytes(serialization.Encoding.PEM):
            raise FaultError(Fault.CERTIFICATE_UNKNOWN, f"serial number {serial}")
        if known.revoked_at:
            raise FaultError(Fault.REVOKED, f"on {known.revoked_at:%d.%m.%Y}")
        if self._now() >= known.expires_at:
            raise FaultError(Fault.CERTIFICATE_EXPIRED, f"on {known.expires_at:%d.%m.%Y}")
        return known

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        self._gone = {}
        with self._registry.change():
            yield
        for terminal, is_out in self._gone.items():
            self._on_revoked(terminal, is_out)

    def _revoke(self, one: Issued, reason: str, *, is_out: bool = False) -> None:
        self._registry.certificates.revoke(one.serial, self._now(), reason)
        self._gone[one.terminal] = self._gone.get(one.terminal, False) or is_out

    def _refuse_used(self, before: Issued | None) -> None:
        if before is not None:
            raise FaultError(Fault.KEY_REUSED, f"by {before.terminal}")

    def _valid(self, terminal: str) -> list[Issued]:
        now = self._now()
        return [one for one in self._registry.certificates.all(terminal) if not one.revoked_at and one.expires_at > now]

    def _replace(self, terminal: str, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        """A first certificate; whatever the terminal had is revoked."""
        for one in self._valid(terminal):
            self._revoke(one, "superseded", is_out=True)
        return self._issue(terminal, key, renews=None)

    def _issue(self, terminal: str, key: ec.EllipticCurvePublicKey, renews: str | None) -> x509.Certificate:
        certificate = self._authority.sign(key, terminal, valid_days=self._valid_days)
        self._registry.certificates.add(_issued(certificate, terminal, renews))
        return certificate


def _hash(token: str) -> str:
    """Enough for 256 random bits; nobody guesses them from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _serial(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:x}"


def _issued(certificate: x509.Certificate, terminal: str, renews: str | None) -> Issued:
    return Issued(
        serial=_serial(certificate),
        terminal=terminal,
        key_hash=request.key_hash(request.public_key(certificate)),
        pem=certificate.public_bytes(serialization.Encoding.PEM),
        issued_at=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc,
        renews=renews,
        is_confirmed=renews is None,
    )


def _load(one: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(one.pem)
