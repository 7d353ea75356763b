"""A terminal and the enrolment server, over real TLS: the way in, and every plain fault on it."""

import asyncio
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.contract.enrolment import Step
from provisioning.demo.ports import HOST, free_port
from provisioning.enrolment import request, ticket
from provisioning.enrolment.faults import Fault, FaultError
from provisioning.enrolment.ticket import Ticket
from provisioning.enrolment.wire import Server
from tests.fakes import certificates
from tests.fakes.certificates import DAY
from tests.fakes.enrolment_house import TERMINAL, EnrolmentHouse, Machine, enrolment_house, make
from tests.fakes.impostor import Impostor


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[EnrolmentHouse]:
    async with enrolment_house(tmp_path) as house:
        yield house


async def _fault(machine: Machine, card: Ticket | None = None, **options: object) -> Fault:
    """How it fails, and that the screen says so too."""
    if card:
        machine.insert(card)
    with pytest.raises(FaultError) as caught:
        await asyncio.to_thread(machine.course(**options).run, is_patient=False)  # type: ignore[arg-type]
    said = json.loads(machine.places.state.read_bytes())
    assert (said["fault"], bool(said["advice"])) == (caught.value.fault, True)
    assert machine.store.load() is None
    return caught.value.fault


async def test_a_ticket_becomes_a_certificate_and_is_gone(
    house: EnrolmentHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing secret stays on the card, and none is in a log, on the console or in the state file."""
    caplog.set_level(logging.DEBUG)
    machine = house.machine("a")
    card = house.ticket()
    machine.insert(card)
    enrolled = await asyncio.to_thread(machine.course().run)
    assert enrolled.terminal == TERMINAL
    stored = machine.store.load()
    assert stored
    assert stored.terminal == TERMINAL
    assert machine.board.status.step is Step.DONE
    assert machine.places.authority.read_bytes() == house.authority.ca_file.read_bytes()
    assert machine.leftovers == []
    assert not list((machine.places.root / "boot").iterdir())
    said = caplog.text + "".join(machine.lines) + machine.places.state.read_text() + machine.places.enrolled.read_text()
    assert TERMINAL in said
    for secret in (card.token, stored.pem.decode().splitlines()[1]):
        assert secret not in said
    before = stored.pem
    await asyncio.to_thread(machine.course().run)  # again: nothing happens
    again = machine.store.load()
    assert again
    assert again.pem == before


async def test_a_ticket_that_is_not_good_is_named(house: EnrolmentHouse) -> None:
    """Used by another card, too old, of another terminal, invented: four different sentences."""
    card = house.ticket()
    first = house.machine("first")
    first.insert(card)
    await asyncio.to_thread(first.course().run, is_patient=False)
    assert await _fault(house.machine("copy"), card) is Fault.TOKEN_USED
    assert await _fault(house.machine("old"), house.ticket("nord.r2", timedelta(seconds=-1))) is Fault.TOKEN_EXPIRED
    assert (
        await _fault(house.machine("other"), replace(house.ticket("nord.r3"), terminal="nord.r4"))
        is Fault.TERMINAL_WRONG
    )
    assert await _fault(house.machine("made-up"), house.ticket("nord.r5", token="x" * 43)) is Fault.TOKEN_WRONG
    assert [one.terminal for one in house.registry.certificates.all()] == [TERMINAL]


@pytest.mark.parametrize("content", ["", "not toml [", 'server = "https://h"\n', "\0" * 300])
async def test_a_damaged_ticket_is_named(house: EnrolmentHouse, content: str) -> None:
    """Empty, no TOML, half of it, zeros: no request is made."""
    machine = house.machine("a")
    machine.places.ticket.write_text(content)
    assert await _fault(machine) is Fault.TICKET_DAMAGED


async def test_another_authority_gets_no_token(house: EnrolmentHouse, tmp_path: Path) -> None:
    """The fingerprint is wrong, or DNS lies and leads to another house: the token stays here."""
    wrong = house.ticket(fingerprint="0" * 64)
    assert await _fault(house.machine("a"), wrong) is Fault.FINGERPRINT_WRONG
    async with enrolment_house(tmp_path / "other") as other:
        assert await _fault(house.machine("b"), house.ticket(server=other.url)) is Fault.FINGERPRINT_WRONG


async def test_who_sits_in_the_middle_sees_no_token(house: EnrolmentHouse, tmp_path: Path) -> None:
    """Even one who hands the true authority's certificate on, as a firewall that opens TLS does."""
    card = house.ticket()
    async with Impostor(tmp_path).between(house.url) as impostor:
        assert await _fault(house.machine("a"), replace(card, server=impostor.url)) is Fault.MAN_IN_THE_MIDDLE
        assert b"cacerts" in impostor.seen
        assert b"simpleenroll" not in impostor.seen
        assert card.token.encode() not in impostor.seen


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://login/\r\nContent-Length: 0\r\n\r\n", Fault.SIGN_IN_PAGE),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", Fault.SIGN_IN_PAGE),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Fault.NOT_THE_SERVER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Fault.NOT_THE_SERVER),
        (b"220 mail.example.org ESMTP\r\n", Fault.NOT_THE_SERVER),
        (b"", Fault.NOT_THE_SERVER),
    ],
    ids=["redirect", "page", "404", "rubbish", "mail", "nothing"],
)
async def test_a_sign_in_page_or_another_service_is_named(
    house: EnrolmentHouse, tmp_path: Path, answer: bytes, expected: Fault
) -> None:
    """A captive portal is what it is called; all else is not our server."""
    async with Impostor(tmp_path).saying(answer) as impostor:
        assert await _fault(house.machine("a"), house.ticket(server=impostor.url)) is expected


async def test_a_port_without_tls_is_not_the_server(house: EnrolmentHouse, tmp_path: Path) -> None:
    """The token is not said in the clear."""
    async with Impostor(tmp_path, has_tls=False).saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as impostor:
        url = impostor.url.replace("http:", "https:")
        assert await _fault(house.machine("a"), house.ticket(server=url)) is Fault.NOT_THE_SERVER


async def test_the_ways_not_to_reach_it(house: EnrolmentHouse) -> None:
    """Nobody listens, nobody knows the name."""
    closed = house.ticket(server=f"https://{HOST}:{free_port()}")
    assert await _fault(house.machine("a"), closed) is Fault.UNREACHABLE
    unknown = house.ticket(server="https://enrolment.invalid:1")
    assert await _fault(house.machine("b"), unknown) is Fault.NAME_UNKNOWN


@pytest.mark.parametrize("proxy", ["proxy.invalid:3128", f"{HOST}:{free_port()}"], ids=["no name", "nobody there"])
async def test_a_proxy_that_is_not_there_is_what_is_named(
    house: EnrolmentHouse, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """And not the enrolment server, whose name the terminal never looks up then."""
    monkeypatch.setenv("https_proxy", f"http://{proxy}")
    monkeypatch.setenv("no_proxy", "localhost")
    machine = house.machine("a")
    assert await _fault(machine, house.ticket()) is Fault.PROXY_MISSING
    assert proxy.partition(":")[0] in machine.board.status.seen


@pytest.mark.parametrize(
    ("begin", "end", "host", "expected"),
    [
        (-2 * DAY, -DAY, HOST, Fault.SERVER_EXPIRED),
        (DAY, 2 * DAY, HOST, Fault.CLOCK_WRONG),
        (-DAY, DAY, "elsewhere.example.org", Fault.SERVER_NAME_WRONG),
    ],
    ids=["expired", "not yet", "other name"],
)
async def test_a_server_whose_certificate_is_not_good_gets_no_token(
    tmp_path: Path, begin: timedelta, end: timedelta, host: str, expected: Fault
) -> None:
    """Expired; not valid yet, so this clock is behind; for another name."""
    house = make(tmp_path)
    certificate, key = certificates.issue(house.authority, tmp_path / "bad", "enrolment", begin, end, host)
    shutil.copyfile(certificate, house.enrolment.listen.certificate_file)
    shutil.copyfile(key, house.enrolment.credential(house.enrolment.listen.key_credential))
    with house.registry:
        async with house.serving():
            assert await _fault(house.machine("a"), house.ticket()) is expected


async def test_a_clock_that_begins_in_1970_waits_for_its_time(house: EnrolmentHouse) -> None:
    """Nothing is asked before; when NTP has set it, the rest follows by itself."""
    machine = house.machine("a")
    machine.insert(house.ticket())
    times = iter([datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC) - 2 * DAY])
    waited: list[float] = []
    course = machine.course(clock=lambda: next(times, datetime.now(UTC)), wait=waited.append)
    assert (await asyncio.to_thread(course.run)).terminal == TERMINAL
    assert waited == [5, 10]
    assert sum("The clock of this terminal is wrong" in line for line in machine.lines) == 2


async def test_a_terminal_without_a_ticket_waits_for_staffs_yes(house: EnrolmentHouse) -> None:
    """It shows a code that the server knows; the name is what staff say."""
    machine = house.machine("a")

    def say_yes(_: float) -> None:
        """From the loop's thread, where the registry was opened."""
        asyncio.run_coroutine_threadsafe(approve(), loop).result(5)

    async def approve() -> None:
        assert machine.board.status.step is Step.WAITING_FOR_YES
        assert [one.code for one in house.registry.waiting.all()] == [machine.board.status.code]
        house.issuance.approve(machine.board.status.code, "nord.r7")

    loop = asyncio.get_running_loop()
    enrolled = await asyncio.to_thread(machine.course(server=house.url, wait=say_yes).run)
    assert (enrolled.terminal, enrolled.ticket) == ("nord.r7", "")


async def test_who_guesses_tokens_has_to_wait(house: EnrolmentHouse) -> None:
    """After thirty, for minutes; who comes without one, or to renew, is not held up."""
    server = Server(house.url, house.authority.fingerprint)
    der = request.new(request.new_key(), TERMINAL)

    def guess() -> Fault:
        with pytest.raises(FaultError) as caught:
            server.enrol(house.authority.certificate, der, TERMINAL, "x" * 43)
        assert caught.value.retry_s > 500 or caught.value.fault is Fault.TOKEN_WRONG
        return caught.value.fault

    guesses = [await asyncio.to_thread(guess) for _ in range(31)]
    assert (guesses[0], guesses[29], guesses[30]) == (Fault.TOKEN_WRONG, Fault.TOKEN_WRONG, Fault.TOO_MANY)
    assert await asyncio.to_thread(server.enrol, house.authority.certificate, der, "", "") is None


async def test_a_code_seen_through_the_middle_is_unknown_to_staff(house: EnrolmentHouse, tmp_path: Path) -> None:
    """Without a fingerprint somebody in the middle can have his own authority; then the codes differ."""
    async with enrolment_house(tmp_path / "fake") as fake:
        machine = house.machine("a")
        with pytest.raises(FaultError):
            await asyncio.to_thread(machine.course(server=fake.url).run, is_patient=False)
        other = house.machine("b")
        other.places.new_key.parent.mkdir(parents=True)
        shutil.copyfile(machine.places.new_key, other.places.new_key)  # what he hands on: the same key
        with pytest.raises(FaultError):
            await asyncio.to_thread(other.course(server=house.url).run, is_patient=False)
    assert len({"", machine.board.status.code, other.board.status.code}) == 3


async def _provision(machine: Machine, prelude: str, apart: str = "--mount") -> tuple[int, str]:
    """`provision enrol run` in mounts or a network of its own, after `prelude` (shell): exit code, standard error."""
    root = machine.places.root
    command = f"{sys.executable} -m provisioning enrol run --once --keep plain --root {root} --boot {root}/boot"
    done = await asyncio.to_thread(
        subprocess.run,
        ["unshare", apart, "sh", "-c", f"{prelude} && exec {command}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "ROOT": str(root)},
    )
    return done.returncode, done.stderr


async def test_without_an_address_it_is_the_network(house: EnrolmentHouse) -> None:
    """No DHCP, no cable: the real command on a machine that has loopback only, by name and by address."""
    for name, server in (("a", "https://192.0.2.1:8444"), ("b", "https://enrolment.example.org:8444")):
        machine = house.machine(name)
        machine.insert(house.ticket(server=server))
        code, said = await _provision(machine, "ip link set lo up", "--net")
        assert code == 1
        assert "There is no network. Check cable" in said


async def test_a_card_that_cannot_be_written_is_named(house: EnrolmentHouse) -> None:
    """A read-only boot partition keeps its ticket, which opens nothing any more; a full disk stops everything."""
    machine = house.machine("a")
    machine.insert(house.ticket())
    read_only = 'mount --bind "$ROOT/boot" "$ROOT/boot" && mount -o remount,bind,ro "$ROOT/boot"'
    code, _ = await _provision(machine, read_only)
    assert (code, machine.places.ticket.exists()) == (0, True)
    assert json.loads(machine.places.state.read_bytes())["fault"] == Fault.TICKET_STAYS
    await asyncio.to_thread(machine.course().run)
    assert not machine.places.ticket.exists()
    full = house.machine("full")
    full.insert(house.ticket("nord.r2"))
    fill = (
        'mkdir "$ROOT/var" && mount -t tmpfs -o size=16k tmpfs "$ROOT/var" && head -c 16384 /dev/zero > "$ROOT/var/x"'
    )
    code, said = await _provision(full, fill)
    assert code == 1
    assert "The card cannot be written" in said
    assert ticket.read(full.places.ticket).terminal == "nord.r2"
