"""A rollout that goes wrong is halted by itself: real releases, and what terminals say at a real broker."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.contract import configuration as terminals
from kiosk.contract import topics
from kiosk.contract.mqtt import Alert, Clock, UpdateState
from provisioning import broker, installation
from provisioning.__main__ import main
from provisioning.central import configuration
from provisioning.central.messages import connected
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Supervisor
from provisioning.release import publication, rings
from provisioning.release.offer import Rollout
from tests.fakes.releases import Publisher

RING = tuple(name for name in (f"nord.r{number}" for number in range(60)) if rings.is_in(name, 10))
"""Of ten percent."""


class Fleet:
    """Releases, and terminals that say how they do."""

    def __init__(
        self, made: installation.Installation, publisher: Publisher, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.made, self.publisher, self._capsys = made, publisher, capsys
        self.central = configuration.load(made.central_file)

    def say(self, terminal: str, **fields: str | int) -> None:
        """How its last update went."""
        self.publish(terminal, replace(UpdateState(time=datetime.now(UTC), clock=Clock.NTP), **fields))

    def publish(self, terminal: str, state: object) -> None:
        """With that terminal's own certificate, as the broker's rules ask."""
        file = self.made.terminal_file(terminal)
        own = replace(
            self.central,
            mqtt=terminals.load(file).mqtt,
            credentials_directory=self.made.credentials(file),
        )
        with connected(own) as connection:
            connection.publish(topics.terminal(terminal, "state", "update"), state)

    def watch(self, *options: str, code: int = 0) -> str:
        """The command that the timer runs; returns what it said."""
        folder = str(self.publisher.repository.directory)
        self._capsys.readouterr()
        assert main(["release", "watch", folder, "--config", str(self.made.central_file), *options]) == code
        return self._capsys.readouterr().out

    def status(self, code: int = 0) -> str:
        self._capsys.readouterr()
        assert main(["release", "status", "--config", str(self.made.central_file)]) == code
        return " ".join(self._capsys.readouterr().out.split())

    def rollout(self, *words: str) -> str:
        self._capsys.readouterr()
        assert main(["release", "rollout", str(self.publisher.repository.directory), *words]) == 0
        return self._capsys.readouterr().out

    @property
    def now(self) -> Rollout:
        return publication.rollout_of(self.publisher.repository)

    def alert(self) -> str:
        """What central's monitor is shown; empty: nothing."""
        with connected(self.central) as connection:
            alert: Alert | None = connection.read(topics.ROLLOUT_ALERT, Alert)
        return alert.text if alert else ""


@pytest.fixture
async def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Fleet]:
    port = free_port()
    made = installation.create(
        tmp_path / "house",
        installation.Plan(
            terminals=RING, hosts=(HOST,), broker_port=port, page="http://127.0.0.1:1", is_miniature=True
        ),
    )
    publisher = Publisher(tmp_path)
    publisher.release(8, 10)
    async with Supervisor(tmp_path / "logs") as supervisor:
        await supervisor.start(Program(name="broker", command=(broker.find_mosquitto(), "-c", str(made.broker_file))))
        await until_open(port)
        yield Fleet(made, publisher, capsys)


async def test_a_release_that_terminals_take_back_is_halted_until_people_go_on(fleet: Fleet) -> None:
    """Said in words, signed, an alert; who goes on knows of those that failed, and only further ones count."""
    failed = {"serial": 7, "offered": 8}
    fleet.say(RING[0], serial=8)
    fleet.say(RING[1], **failed, cause="no-frames")
    fleet.say(RING[2], **failed, cause="no-server")
    assert "1 of 3 terminals in its ring run it, 1 could not keep it" in fleet.watch()
    fleet.say(RING[3], **failed, cause="did-not-start")
    why = "2 of 3 terminals that tried it could not keep it: 1 × no-frames, 1 × did-not-start"
    assert why in fleet.watch("--dry-run", code=3)
    assert (fleet.now.is_halted, fleet.alert()) == (False, "")
    assert f"release 8: halted at 10 % of all terminals, by itself: {why}" in fleet.watch(code=3)
    assert fleet.now == Rollout(serial=8, percent=10, is_halted=True, why=why)
    assert fleet.alert() == f"release 8, at 10 %: {why}"
    assert f"halted by itself: release 8, at 10 %: {why}" in fleet.status()
    fleet.say(RING[1], serial=8)
    fleet.say(RING[3], serial=8)
    assert "halted at 10 %" in fleet.watch(), "however well it goes now"
    assert fleet.now.is_halted
    said = fleet.rollout()
    assert why in said
    assert f"to go on all the same: provision release rollout {fleet.publisher.repository.directory} 8 10" in said
    fleet.say(RING[1], **failed, cause="no-frames")
    fleet.say(RING[3], **failed, cause="no-frames")
    fleet.rollout("8", "10")
    assert "rolled out to 10 %" in fleet.watch()
    assert (fleet.now.is_halted, fleet.alert()) == (False, "")
    fleet.say(RING[0], **failed, cause="no-camera")
    fleet.say(RING[2], **failed, cause="no-camera")
    fleet.watch(code=3)
    assert json.loads(fleet.rollout("--json"))["why"].endswith("2 × no-camera")


async def test_another_release_begins_without_what_was(fleet: Fleet) -> None:
    """Those that failed before count again, for the new one; a halt by people has no alert and no reason."""
    for name in RING[:2]:
        fleet.say(name, serial=7, offered=8, cause="no-frames")
    fleet.watch(code=3)
    fleet.publisher.release(9, 10)
    fleet.watch()
    assert (fleet.now, fleet.alert()) == (Rollout(serial=9, percent=10), "")
    for name in RING[:2]:
        fleet.say(name, serial=7, offered=9, cause="no-frames")
    fleet.rollout("--halt")
    fleet.watch()
    assert (fleet.now, fleet.alert()) == (Rollout(serial=9, percent=10, is_halted=True), "")
    fleet.rollout("9", "10")
    fleet.watch(code=3)


async def test_what_one_terminal_says_hides_no_other(fleet: Fleet) -> None:
    """One that is broken, or in wrong hands: the rollout is halted all the same, and it is named."""
    fleet.publish(RING[0], {"serial": "eight"})
    for name in RING[1:4]:
        fleet.say(name, serial=7, offered=8, cause="no-frames")
    assert "halted at 10 %" in fleet.watch(code=3)
    assert fleet.now.is_halted
    assert "no-frames" in fleet.status(code=3)
