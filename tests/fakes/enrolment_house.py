"""A real enrolment server on a real authority, and terminals that are folders."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from provisioning.authority import Authority
from provisioning.central.enrolment import configuration
from provisioning.central.enrolment.configuration import Enrolment, Listen, Revocations
from provisioning.central.enrolment.issuance import Issuance
from provisioning.central.enrolment.registry import Issued, Registry
from provisioning.central.enrolment.server import Server
from provisioning.demo.ports import HOST
from provisioning.enrolment import ticket
from provisioning.enrolment.course import Course
from provisioning.enrolment.places import Places
from provisioning.enrolment.renewal import Renewal
from provisioning.enrolment.status import Board
from provisioning.enrolment.store import Store
from provisioning.enrolment.ticket import Ticket

TERMINAL = "nord.r1"


def now() -> datetime:
    return datetime.now(UTC)


class Machine:
    """A terminal: a root file system with a boot partition. Its credential is plain unless a test wants systemd's."""

    def __init__(self, root: Path) -> None:
        self.places = Places(root, root / "boot")
        (root / "boot").mkdir(parents=True)
        self.lines: list[str] = []
        self.board = Board(self.places.state, self.lines.append)
        self.store = Store(self.places, is_encrypted=False)

    def insert(self, card: Ticket) -> None:
        self.places.ticket.write_text(ticket.text(card), encoding="utf-8")

    def course(
        self,
        *,
        server: str = "",
        signal: Sequence[str] = (),
        clock: Callable[[], datetime] = now,
        wait: Callable[[float], None] = lambda _: None,
    ) -> Course:
        return Course(self.places, self.store, self.board, server=server, signal=signal, now=clock, wait=wait)

    def renewal(self, signal: Sequence[str] = (), clock: Callable[[], datetime] = now) -> Renewal:
        return Renewal(self.places, self.store, signal=signal, restart=(), now=clock)

    @property
    def leftovers(self) -> list[Path]:
        """Files of a step that was not finished."""
        names = {self.places.new_key.name, self.places.next_key.name}
        return [one for one in self.places.root.rglob("*") if one.name in names or one.name.endswith(".new")]


class EnrolmentHouse:
    """The central side of it."""

    def __init__(self, directory: Path, enrolment: Enrolment) -> None:
        self.directory = directory
        self.enrolment = enrolment
        self.authority = enrolment.authority
        self.url = ""
        self.revoked: list[tuple[str, bool]] = []
        self.registry = Registry(enrolment.registry_file)
        self.issuance = Issuance(
            self.authority, self.registry, enrolment.valid_days, now, lambda *what: self.revoked.append(what)
        )

    @contextlib.asynccontextmanager
    async def serving(self, host: str = HOST) -> AsyncIterator[None]:
        """The server runs; `url` leads to it."""
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        with Registry(self.enrolment.registry_file) as registry:
            task = asyncio.create_task(Server(self.enrolment, registry).run(ready.set_result), name="enrolment")
            self.url = f"https://{host}:{await asyncio.wait_for(ready, 10)}"
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def machine(self, name: str) -> Machine:
        return Machine(self.directory / "machines" / name)

    def ticket(self, terminal: str = TERMINAL, valid_for: timedelta = timedelta(days=1), **changes: str) -> Ticket:
        """A good one, with `changes` in it."""
        card = ticket.new(
            server=self.url,
            fingerprint=self.authority.fingerprint,
            token=self.issuance.draw_token(terminal, valid_for),
            terminal=terminal,
            now=now(),
            valid_for=valid_for,
        )
        return replace(card, **changes)

    def valid(self, terminal: str = TERMINAL) -> list[Issued]:
        return [one for one in self.registry.certificates.all(terminal) if not one.revoked_at]

    async def enrolled(self, name: str, terminal: str = TERMINAL) -> Machine:
        """A machine that went the whole way."""
        machine = self.machine(name)
        machine.insert(self.ticket(terminal))
        await asyncio.to_thread(machine.course().run, is_patient=False)
        return machine


def make(directory: Path, **settings: Any) -> EnrolmentHouse:
    """Authority, unless there is one, file and registry; nothing runs."""
    authority = Authority(directory / "authority")
    if not authority.ca_file.exists():
        Authority.create(authority.directory)
    file = directory / "enrolment" / "enrolment.toml"
    enrolment = Enrolment(
        url=f"https://{HOST}:1",
        authority_directory=directory / "authority",
        state_directory=directory / "state",
        listen=Listen(host=HOST, port=0),
        revocations=Revocations(file=directory / "revoked.crl"),
    )
    configuration.write(file, enrolment, authority, (HOST,))
    return EnrolmentHouse(directory, replace(configuration.load(file), **settings))


@contextlib.asynccontextmanager
async def enrolment_house(directory: Path, **settings: Any) -> AsyncIterator[EnrolmentHouse]:
    """One that serves."""
    house = make(directory, **settings)
    with house.registry:
        async with house.serving():
            yield house
