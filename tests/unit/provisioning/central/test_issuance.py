"""Who gets a certificate, and who does not; without a network, at any time of the clock."""

import errno
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kiosk.contract.errors import ConfigurationError
from provisioning.authority import Authority
from provisioning.central.enrolment.allowance import Allowance
from provisioning.central.enrolment.issuance import Issuance
from provisioning.central.enrolment.registry import Registry
from provisioning.enrolment import request
from provisioning.enrolment.faults import Fault, FaultError

DAY = timedelta(days=1)


class Office:
    """The rules with a clock that a test sets."""

    def __init__(self, authority: Authority, registry: Registry) -> None:
        self.time = datetime.now(UTC)
        self.registry = registry
        self.revoked: list[tuple[str, bool]] = []
        self.rules = Issuance(authority, registry, 90, lambda: self.time, lambda *what: self.revoked.append(what))

    def states(self, terminal: str = "nord.r1") -> list[str]:
        return [one.reason or "good" for one in self.registry.certificates.all(terminal)]

    def enrol(self, terminal: str = "nord.r1", key: bytes | None = None) -> x509.Certificate:
        der = key or request.new(request.new_key(), terminal)
        return self.rules.enrol(der, terminal, self.rules.draw_token(terminal, DAY))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def office(authority: Authority, tmp_path: Path) -> Iterator[Office]:
    with Registry(tmp_path / "state" / "enrolment.sqlite") as registry:
        yield Office(authority, registry)


def _fault(caught: pytest.ExceptionInfo[FaultError]) -> Fault:
    return caught.value.fault


def test_a_token_is_good_once_and_for_the_same_key_again(office: Office) -> None:
    """The answer may be lost: who asks again with the same key gets the same; another key gets nothing."""
    token = office.rules.draw_token("nord.r1", DAY)
    mine, other = (request.new(request.new_key(), "nord.r1") for _ in range(2))
    first = office.rules.enrol(mine, "nord.r1", token)
    office.time += 2 * DAY
    assert office.rules.enrol(mine, "nord.r1", token) == first
    with pytest.raises(FaultError) as caught:
        office.rules.enrol(other, "nord.r1", token)
    assert _fault(caught) is Fault.TOKEN_USED
    assert office.states() == ["good"]


@pytest.mark.parametrize(
    ("change", "name", "expected"),
    [
        ("late", "nord.r1", Fault.TOKEN_EXPIRED),
        ("redrawn", "nord.r1", Fault.TOKEN_EXPIRED),
        ("guessed", "nord.r1", Fault.TOKEN_WRONG),
        ("", "nord.r2", Fault.TERMINAL_WRONG),
    ],
)
def test_a_token_that_is_not_good_opens_nothing(office: Office, change: str, name: str, expected: Fault) -> None:
    """Too old, replaced by a newer one, wrong, or drawn for another terminal; it says which."""
    token = office.rules.draw_token("nord.r1", DAY)
    if change == "late":
        office.time += DAY
    if change == "redrawn":
        office.rules.draw_token("nord.r1", DAY)
    with pytest.raises(FaultError) as caught:
        office.rules.enrol(request.new(request.new_key(), name), name, "x" * 43 if change == "guessed" else token)
    assert _fault(caught) is expected
    assert not office.registry.certificates.all()


def test_a_token_that_cannot_be_kept_leaves_the_one_before(office: Office) -> None:
    """A full disk in the place of the ticket's file."""

    def fail(token: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    office.rules.draw_token("nord.r1", DAY)
    with pytest.raises(OSError, match="No space left"):
        office.rules.draw_token("nord.r1", DAY, fail)
    assert [one.withdrawn_at for one in office.registry.tokens.all()] == [None]


def test_the_registry_holds_no_token(office: Office, tmp_path: Path) -> None:
    """Who reads the file cannot enrol with it; only its owner may read it."""
    token = office.rules.draw_token("nord.r1", DAY)
    files = list((tmp_path / "state").iterdir())
    assert not any(token.encode() in file.read_bytes() for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_replacement_revokes_what_was_before_and_throws_it_out(office: Office) -> None:
    """One terminal, one certificate."""
    office.enrol()
    assert office.revoked == []
    office.enrol()
    assert office.states() == ["superseded", "good"]
    assert office.revoked == [("nord.r1", True)]


def test_a_key_is_good_for_one_certificate(office: Office) -> None:
    """A copied card: neither the terminal itself nor another one comes again with a key that had one."""
    key = request.new_key()
    office.enrol("nord.r1", request.new(key, "nord.r1"))
    for terminal in ("nord.r1", "nord.r2"):
        with pytest.raises(FaultError) as caught:
            office.enrol(terminal, request.new(key, terminal))
        assert _fault(caught) is Fault.KEY_REUSED
    with pytest.raises(FaultError) as caught:
        office.rules.ask(request.new(key, ""), "192.0.2.1")
    assert _fault(caught) is Fault.KEY_REUSED


def test_a_renewal_leaves_the_old_one_good_until_the_new_one_is_used(office: Office) -> None:
    """Asked twice with the same key, it is the same; with another, the first is worthless."""
    old = office.enrol()
    lost, kept = (request.new(request.new_key(), "nord.r1") for _ in range(2))
    office.rules.renew(lost, old)
    new = office.rules.renew(kept, old)
    assert office.rules.renew(kept, old) == new
    assert office.states() == ["good", "superseded", "good"]
    assert office.rules.confirm(new)
    assert office.states() == ["superseded", "superseded", "good"]
    assert not office.rules.confirm(new)
    assert ("nord.r1", True) not in office.revoked


def test_who_has_no_good_certificate_gets_no_new_one(office: Office, tmp_path: Path) -> None:
    """Revoked, expired, under another's name, or one that this house never gave."""
    old, der = office.enrol(), request.new(request.new_key(), "nord.r1")
    stranger = Authority.create(tmp_path / "other").sign(request.new_key().public_key(), "nord.r1")
    with pytest.raises(FaultError) as caught:
        office.rules.renew(der, stranger)
    assert _fault(caught) is Fault.CERTIFICATE_UNKNOWN
    with pytest.raises(FaultError) as caught:
        office.rules.renew(request.new(request.new_key(), "nord.r2"), old)
    assert _fault(caught) is Fault.TERMINAL_WRONG
    office.time += 91 * DAY
    with pytest.raises(FaultError) as caught:
        office.rules.renew(der, old)
    assert _fault(caught) is Fault.CERTIFICATE_EXPIRED
    office.time -= 91 * DAY
    office.rules.revoke("nord.r1")
    with pytest.raises(FaultError) as caught:
        office.rules.renew(der, old)
    assert _fault(caught) is Fault.REVOKED


def test_what_the_installation_issued_can_be_revoked_and_renewed(office: Office, authority: Authority) -> None:
    """It was there before the enrolment server; desks and central are none of its business."""
    folder = authority.directory / "made"
    authority.issue("west.r1", folder / "c.pem", folder / "k")
    authority.issue("desk-1", folder / "c2.pem", folder / "k2")
    certificate = x509.load_pem_x509_certificate((folder / "c.pem").read_bytes())
    office.rules.adopt()
    office.rules.renew(request.new(request.new_key(), "west.r1"), certificate)
    assert office.rules.revoke("west.r1") == 2
    assert {one.terminal for one in office.registry.certificates.all()} == {"west.r1"}
    with pytest.raises(ConfigurationError, match="never had"):
        office.rules.revoke("west.r9")


def test_revoking_makes_open_tickets_worthless_too(office: Office) -> None:
    """Who stole the terminal may have its card as well."""
    office.enrol()
    token = office.rules.draw_token("nord.r1", DAY)
    office.rules.revoke("nord.r1")
    with pytest.raises(FaultError):
        office.rules.enrol(request.new(request.new_key(), "nord.r1"), "nord.r1", token)


def test_a_code_needs_staffs_yes_and_names_the_key(office: Office, authority: Authority) -> None:
    """Until then there is nothing; afterwards the same, however often it is asked."""
    key = request.new_key()
    der = request.new(key, "")
    assert office.rules.ask(der, "192.0.2.1") is None
    assert office.rules.ask(der, "192.0.2.1") is None
    code = request.code(request.key_hash(key.public_key()), authority.fingerprint)
    for wrong in ("K7QF-3MZP-T2WA", code[:-5], ""):
        with pytest.raises(ConfigurationError, match="letter by letter"):
            office.rules.approve(wrong, "nord.r1")
    with pytest.raises(ConfigurationError, match="no terminal"):
        office.rules.approve(code, "Nord")
    with pytest.raises(ConfigurationError, match="say which"):
        office.rules.approve(code, "")
    office.rules.approve(code.lower(), "nord.r1")
    certificate = office.rules.ask(der, "192.0.2.1")
    assert certificate
    assert request.common_name(certificate.subject) == "nord.r1"
    assert office.rules.ask(der, "192.0.2.1") == certificate


def test_a_terminal_that_knows_its_name_gets_no_other(office: Office, authority: Authority) -> None:
    """Its card was written for a room: staff need not name it, and cannot mistake it."""
    key = request.new_key()
    office.rules.ask(request.new(key, "nord.r1"), "192.0.2.1")
    code = request.code(request.key_hash(key.public_key()), authority.fingerprint)
    with pytest.raises(ConfigurationError, match=r"written for nord\.r1, not for nord\.r2"):
        office.rules.approve(code, "nord.r2")
    assert office.rules.approve(code, "").terminal == "nord.r1"


def test_a_code_is_refused_and_grows_old(office: Office, authority: Authority) -> None:
    """A no is said to the terminal; after an hour nobody can say yes any more."""
    refused, late = request.new_key(), request.new_key()
    for key in (refused, late):
        office.rules.ask(request.new(key, ""), "192.0.2.1")
    codes = [request.code(request.key_hash(key.public_key()), authority.fingerprint) for key in (refused, late)]
    office.rules.refuse(codes[0])
    with pytest.raises(FaultError) as caught:
        office.rules.ask(request.new(refused, ""), "192.0.2.1")
    assert _fault(caught) is Fault.CODE_REFUSED
    office.time += timedelta(hours=1, seconds=1)
    with pytest.raises(ConfigurationError):
        office.rules.approve(codes[1], "nord.r1")


def test_one_address_cannot_fill_the_waiting_room(office: Office) -> None:
    """Others still get in."""
    for _ in range(40):
        office.rules.ask(request.new(request.new_key(), ""), "192.0.2.1")
    with pytest.raises(FaultError) as caught:
        office.rules.ask(request.new(request.new_key(), ""), "192.0.2.1")
    assert _fault(caught) is Fault.TOO_MANY
    assert office.rules.ask(request.new(request.new_key(), ""), "192.0.2.2") is None


def test_a_refused_enrolment_changes_nothing(office: Office) -> None:
    """Not even a part: the terminal's good certificate stays when its replacement is refused."""
    key = request.new_key()
    office.enrol("nord.r1", request.new(key, "nord.r1"))
    with pytest.raises(FaultError):
        office.enrol("nord.r1", request.new(key, "nord.r1"))
    assert office.states() == ["good"]
    assert office.revoked == []


def test_guessing_is_slow(office: Office) -> None:
    """Thirty wrong tokens from one address within ten minutes, then a pause; other addresses notice nothing."""
    seconds = 0.0
    allowance = Allowance(lambda: seconds)
    for _ in range(30):
        assert allowance.wait_s("a") == 0
        allowance.fail("a")
    seconds = 100.0
    assert allowance.wait_s("a") == 500
    assert allowance.wait_s("b") == 0
    seconds = 600.0
    assert allowance.wait_s("a") == 0
