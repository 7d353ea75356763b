"""Who this terminal is, by its certificate, for how long, and whether its clock can tell."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from kiosk.contract import codec, configuration
from kiosk.contract.errors import ConfigurationError, MalformedError
from kiosk.contract.renewal import GRACE, Outcome
from provisioning.enrolment import request
from provisioning.enrolment.faults import SENTENCES, Fault
from provisioning.enrolment.identity import due
from provisioning.enrolment.places import Places
from provisioning.inside.machine import Machine
from provisioning.outside.verdict import Verdict, fault, ok, skipped

_FILE, _CERTIFICATE, _AUTHORITY = "etc/rundtisch/terminal.toml", "etc/rundtisch/certificate.pem", "etc/rundtisch/ca.pem"
_RENEW = "provision enrol renew; a server that is away is told by provision central check"
_ENROL = "put a new ticket on the card: provision central enrolment token new SITE.ROOM"
_BIRTH = datetime(2026, 1, 1, tzinfo=UTC)
"""Before this moment there was no such terminal."""


def check(machine: Machine) -> Iterator[Verdict]:
    """All verdicts on configuration, certificate and clock."""
    name = ""
    try:
        name = configuration.load(machine.path(_FILE)).terminal.name
        yield ok("configuration", f"/{_FILE}", f"of {name}")
    except ConfigurationError as error:
        yield fault("configuration", f"/{_FILE}", error.detail, "mend the value, then: systemctl start kiosk.target")
    certificate = _read(machine, _CERTIFICATE)
    if certificate is None:
        yield fault("certificate", "enrolment", "this terminal is not enrolled", _ENROL)
    else:
        yield _life(certificate, machine.now())
        yield _renewal(machine)
        yield _name(certificate, name)
        yield _issuer(certificate, _read(machine, _AUTHORITY))
    yield _clock(machine)


def _read(machine: Machine, path: str) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(machine.path(path).read_bytes())
    except (OSError, ValueError):
        return None


def _life(certificate: x509.Certificate, now: datetime) -> Verdict:
    end, due_at = certificate.not_valid_after_utc, due(certificate)
    seen = f"good until {end:%Y-%m-%d}, renewed from {due_at:%Y-%m-%d} on"
    if end < now:
        return fault("certificate", "life", f"expired on {end:%Y-%m-%d}", _ENROL)
    if due_at + GRACE < now:
        return fault("certificate", "life", f"{seen}, and was not", _RENEW)
    return ok("certificate", "life", seen)


def _renewal(machine: Machine) -> Verdict:
    places = Places(machine.root)
    if not places.enrolled.exists():
        return skipped("certificate", "renewal", "it did not come by enrolment: nobody renews it by itself")
    try:
        outcome: Outcome = codec.decode(places.outcome.read_bytes(), Outcome, str(places.outcome))
    except (OSError, MalformedError):
        return skipped("certificate", "renewal", "not tried since the machine started: systemctl list-timers")
    tried = f"tried {outcome.at:%Y-%m-%d %H:%M} UTC"
    if outcome.fault:
        is_known = outcome.fault in {*Fault}
        what, advice = SENTENCES[Fault(outcome.fault)] if is_known else ("It was not renewed.", _RENEW)
        return fault("certificate", "renewal", f"{what} ({tried}: {outcome.fault})", advice)
    return ok("certificate", "renewal", f"{tried}: {'a new one' if outcome.is_new else 'not due'}")


def _name(certificate: x509.Certificate, name: str) -> Verdict:
    has = request.common_name(certificate.subject)
    if name and has != name:
        return fault("certificate", "name", f"it is of {has}, the configuration of {name}", _ENROL)
    return ok("certificate", "name", has)


def _issuer(certificate: x509.Certificate, authority: x509.Certificate | None) -> Verdict:
    if authority is None:
        return fault("certificate", "authority", f"/{_AUTHORITY} cannot be read", _ENROL)
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return fault("certificate", "authority", f"it was not issued by /{_AUTHORITY}", _ENROL)
    return ok("certificate", "authority", request.common_name(authority.subject))


def _clock(machine: Machine) -> Verdict:
    now = machine.now()
    remedy = "let it reach a time server: FallbackNTP= or NTP= in /etc/systemd/timesyncd.conf"
    if now < _BIRTH:
        return fault("clock", "time", f"it says {now:%Y-%m-%d %H:%M}", remedy)
    said = machine.ask(("timedatectl", "show", "--property=NTPSynchronized", "--value")).strip()
    if said == "no":
        return fault("clock", "time", f"{now:%Y-%m-%d %H:%M} UTC, by no time server", remedy)
    if not said:
        return skipped("clock", "time", f"{now:%Y-%m-%d %H:%M} UTC; nobody says whether a time server agrees")
    return ok("clock", "time", f"{now:%Y-%m-%d %H:%M} UTC, by a time server")
