"""`python -m tests.fakes.enrolment_cuts PART DIRECTORY URL`: cuts an enrolment, a renewal or the server at every call.

After each cut everything is as before or as after, and a second run ends well. Prints how many cuts there were.
"""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

from msgspec.structs import replace

from kiosk.contract.enrolment import Status
from provisioning.authority import Authority
from provisioning.central.enrolment import configuration
from provisioning.central.enrolment.registry import Registry
from provisioning.central.enrolment.server import Server
from provisioning.demo.ports import HOST, free_port
from provisioning.enrolment import request, ticket
from provisioning.enrolment.faults import Fault, FaultError
from provisioning.enrolment.identity import Identity
from provisioning.enrolment.status import Board
from provisioning.enrolment.store import Store
from tests.fakes.cut_calls import arm, cuts, in_child
from tests.fakes.enrolment_house import TERMINAL, EnrolmentHouse, Machine


def _house(directory: Path, url: str) -> EnrolmentHouse:
    house = EnrolmentHouse(directory, configuration.load(directory / "enrolment" / "enrolment.toml"))
    house.url = url
    return house


def _check(condition: bool, at: int, what: str) -> None:
    if not condition:
        raise SystemExit(f"cut {at}: {what}")


class _Silence(Board):
    """No status: its file is on tmpfs, and cuts in it are of no interest."""

    def _publish(self, status: Status) -> None:
        self.status = status


def _enrol(machine: Machine) -> None:
    machine.board = _Silence(machine.places.state, machine.lines.append)
    machine.course().run(is_patient=False)


def cut_enrolment(house: EnrolmentHouse) -> int:
    """The terminal, from the ticket to the last file."""
    numbers = itertools.count()

    def prepare() -> Machine:
        machine = house.machine(f"m{next(numbers)}")
        machine.insert(house.ticket())
        for file in (machine.places.plain_credential, machine.places.new_key):
            file.parent.mkdir(parents=True)  # as units and packages make them
        return machine

    at = 0
    for at, machine in cuts(prepare, _enrol):
        stored = machine.store.load()  # whole, or not there; half of it would raise
        has_ticket = machine.places.ticket.exists() and bool(machine.places.ticket.read_bytes().strip(b"\0"))
        _check(
            has_ticket or (stored is not None and machine.places.enrolled.exists()), at, "neither ticket nor identity"
        )
        if has_ticket:
            ticket.read(machine.places.ticket)
        _check(in_child(lambda machine=machine: _enrol(machine)) == 0, at, "the second run failed")  # type: ignore[misc]
        stored = machine.store.load()
        valid = [one.serial for one in house.valid()]
        _check(stored is not None and valid == [f"{stored.certificate.serial_number:x}"], at, f"valid: {valid}")
        _check(not machine.places.ticket.exists(), at, "the ticket is still there")
        _check(not machine.leftovers, at, f"left over: {machine.leftovers}")
    return at


def cut_renewal(house: EnrolmentHouse) -> int:
    """The terminal, from the new key to the server's word that the old one is over. The same terminal all the time."""
    machine = house.machine("m")
    machine.insert(house.ticket())
    _enrol(machine)
    machine.places.handed_over.parent.mkdir(parents=True)

    def prepare() -> Machine:
        if machine.places.next_key.exists():  # of the cut before; every renewal shall begin at its beginning
            in_child(lambda: _renew(machine, is_forced=True))
        return machine

    at = 0
    for at, _ in cuts(prepare, lambda one: _renew(one, is_forced=True)):
        stored = machine.store.load()
        _check(stored is not None, at, "no identity")
        assert stored
        serial = f"{stored.certificate.serial_number:x}"
        _check(serial in [one.serial for one in house.valid()], at, "what is stored is not good any more")
        _check(in_child(lambda: _renew(machine)) == 0, at, "the second run failed")
        stored = machine.store.load()
        _check(stored is not None and stored.terminal == TERMINAL, at, "no identity afterwards")
        assert stored
        if not machine.places.next_key.exists():  # finished: one certificate, and the agent has it or will load it
            valid = [one.serial for one in house.valid()]
            _check(f"{stored.certificate.serial_number:x}" in valid and len(valid) <= 2, at, f"valid: {valid}")
    return at


def _renew(machine: Machine, *, is_forced: bool = False) -> None:
    machine.renewal().run(is_forced=is_forced)


def cut_sealing(house: EnrolmentHouse) -> int:
    """Only the storing, over an identity that is there: as systemd keeps it, encrypted."""
    store = Store(house.machine("m").places, is_encrypted=True)
    old, new = (_identity(house.authority) for _ in range(2))
    at = 0
    for at, _ in cuts(lambda: store.save(old), lambda _: store.save(new)):
        stored = store.load()
        _check(stored is not None and stored.pem in (old.pem, new.pem), at, "neither the old one nor the new one")
        _check(not store.places.plain_credential.exists(), at, "a plain copy is left")
        store.save(new)
        stored = store.load()
        _check(stored is not None and stored.pem == new.pem, at, "the second run failed")
    return at


def _identity(authority: Authority) -> Identity:
    key = request.new_key()
    return Identity(key, authority.sign(key.public_key(), TERMINAL))


def cut_server(house: EnrolmentHouse) -> int:
    """The server, from the request to the last byte of the answer; then it is started again, and asked again."""
    for at in itertools.count(1):
        house.url = f"https://{HOST}:{(port := free_port())}"
        machine = house.machine(f"m{at}")
        card = house.ticket()
        machine.insert(card)
        was_cut = _with_server(house, port, at, machine)
        if not was_cut:
            return at - 1
        _check(not _with_server(house, port, 0, machine), at, "the second run failed")
        stored = machine.store.load()
        valid = [one.serial for one in house.valid()]
        _check(stored is not None and valid == [f"{stored.certificate.serial_number:x}"], at, f"valid: {valid}")
        _check(_refusal(house, card) is Fault.TOKEN_USED, at, "the token is good for another key")
    raise AssertionError


def _refusal(house: EnrolmentHouse, card: ticket.Ticket) -> Fault | None:
    try:
        house.issuance.enrol(request.new(request.new_key(), card.terminal), card.terminal, card.token)
    except FaultError as error:
        return error.fault
    return None


def _with_server(house: EnrolmentHouse, port: int, cut_after: int, machine: Machine) -> bool:
    """The machine enrols at a server of its own, which is cut after so many calls; whether that failed."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(_serve(house, port, cut_after, there))
        finally:
            os._exit(1)
    os.close(there)
    os.read(here, 1)  # it listens; or is gone
    os.close(here)
    try:
        _enrol(machine)
        has_failed = False
    except FaultError:
        has_failed = True
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return has_failed


async def _serve(house: EnrolmentHouse, port: int, cut_after: int, there: int) -> None:
    listen = replace(house.enrolment.listen, port=port)
    with Registry(house.enrolment.registry_file) as registry:
        server = Server(replace(house.enrolment, listen=listen), registry)

        def begin(_: int) -> None:
            os.write(there, b"!")
            if cut_after:
                arm(cut_after)

        await server.run(begin)


_PARTS = {"enrolment": cut_enrolment, "renewal": cut_renewal, "sealing": cut_sealing, "server": cut_server}


def main() -> None:
    part, directory, url = sys.argv[1:]
    print(_PARTS[part](_house(Path(directory), url)))


if __name__ == "__main__":
    main()
